"""Modules in one script do what they did apart; forms that are not known are refused, not guessed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from app.assets.minify import minified_script
from app.assets.modules import UnknownModuleForm, joined, modules_of

MODULES = {
    # Two modules have a helper of one name, two export one name, and one shadows what another imports.
    "words.js": """
        export const one = "one";
        export function both(a, b) { return helper(a) + b; }
        function helper(text) { return `${text} and `; }
        export class Box { constructor(value) { this.value = value; } }
    """,
    "numbers.js": """
        import { both as joinedWords } from "./words.js";
        const helper = 2;
        export const one = 1;
        export const sum = (list) => list.reduce((a, b) => a + b, 0) * helper / 2;
        export const text = joinedWords("x", "y");
    """,
    "passed_on.js": """
        export { sum, one } from "./numbers.js";
        export async function later() { return 7; }
    """,
    "deep/main.js": """
        import { one, both, Box } from "../words.js";
        import * as numbers from "../numbers.js";
        import {
          later,
          one as again,
          sum,
        } from "../passed_on.js";
        const { value } = new Box(one);
        later().then((seven) => console.log(JSON.stringify(
          [one, numbers.one, again, sum([1, 2, 3]), numbers.text, both("p", "q"), value, seven,
           Object.keys(numbers).sort()])));
    """,
}
OUTPUT = '["one",1,1,6,"x and y","p and q","one",7,["one","sum","text"]]'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in MODULES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(line[8:] for line in text.splitlines()), "utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    return tmp_path


def test_a_module_stands_behind_those_it_imports(folder: Path) -> None:
    names = [path.name for path in modules_of(folder / "deep" / "main.js")]
    assert names == ["words.js", "numbers.js", "passed_on.js", "main.js"]


@pytest.mark.skipif(
    shutil.which("node") is None, reason="there is no node; cure: install Node.js 18 or later"
)
@pytest.mark.parametrize("minified", [str, minified_script])
def test_joined_modules_do_what_they_did_apart(folder: Path, minified: object) -> None:
    def run(path: Path) -> str:
        return subprocess.run(
            ["node", path], check=True, timeout=60, capture_output=True, text=True
        ).stdout.strip()

    assert run(folder / "deep" / "main.js") == OUTPUT
    together = folder / "together.js"
    together.write_text(joined(folder / "deep" / "main.js", minified=minified, address_of=str), "utf-8")  # type: ignore[arg-type]
    assert run(together) == OUTPUT


@pytest.mark.parametrize(
    "text",
    [
        "export default 1;",
        'export * from "./words.js";',
        'import "./words.js";',
        "const here = import.meta.dirname;",
        'const late = () => import("./words.js");',
        "export { one };",
        'import { one } from "./words.js"; export let two = one;',
    ],
)
def test_a_form_that_is_not_known_is_refused(folder: Path, text: str) -> None:
    (folder / "odd.js").write_text(text, "utf-8")
    with pytest.raises(UnknownModuleForm, match=r"odd\.js"):
        joined(folder / "odd.js", minified=str, address_of=str)


def test_a_module_s_own_address_stays_that_of_the_module_by_itself(folder: Path) -> None:
    (folder / "here.js").write_text('export const data = new URL("../data.json", import.meta.url);', "utf-8")
    script = joined(folder / "here.js", minified=str, address_of=lambda path: f"/static/js/{path.name}")
    assert script == 'const data = new URL("../data.json", new URL("/static/js/here.js",location));'


def test_modules_that_import_each_other_are_refused(folder: Path) -> None:
    (folder / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;', "utf-8")
    (folder / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;', "utf-8")
    with pytest.raises(UnknownModuleForm, match="by way of"):
        joined(folder / "a.js", minified=str, address_of=str)
