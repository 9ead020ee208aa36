"""Comments and blanks go, meaning stays: table by table, and over every script of the project by Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from app.assets.minify import minified_script, minified_style

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))

CASES = (
    ("const a = 1; /* b */ const c = 2; // d", "const a=1;const c=2;"),
    ("return value;", "return value;"),
    ("a\nb", "a\nb"),  # two statements
    ("a +\nb", "a+b"),
    ("call(\n  one,\n  two,\n);", "call(one,two,);"),
    ("a + +b - -c", "a+ +b- -c"),
    ("x = a / b / c;", "x=a/b/c;"),
    ("x = \"// kept\" + '/* kept */';", "x=\"// kept\"+'/* kept */';"),
    (r'x = "a\" // b"; y', r'x="a\" // b";y'),
    (r"x = text.replace(/ +\/\/[/ ]/g, ' ');", r"x=text.replace(/ +\/\/[/ ]/g,' ');"),
    ("if (/ x/.test(y)) z", "if(/ x/.test(y))z"),
    ("return / x/.test(y)", "return/ x/.test(y)"),
    ("(a) / 2 / b", "(a)/2/b"),
    ("`a  ${ b + `c  ${ { d: 1 }.d }` }  // e`", "`a  ${ b + `c  ${ { d: 1 }.d }` }  // e`"),
    ("class A { #b = 1; get c() { return this.#b; } }", "class A{#b=1;get c(){return this.#b;}}"),
    ("x = 1.5e-3 + .5", "x=1.5e-3+.5"),
    ("x = 1.toFixed", "x=1.toFixed"),
    ("const { a, ...b } = c ?? d?.e;", "const{a,...b}=c??d?.e;"),
    ("async function* f() { yield 1 }", "async function*f(){yield 1}"),
    ("a = b ? .5 : 1", "a=b?.5:1"),
    ("", ""),
)


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_script_loses_what_says_nothing(text: str, expected: str) -> None:
    assert minified_script(text) == expected


@pytest.mark.parametrize("text", ["`open", "`${a", "`${`b}"])
def test_a_template_that_does_not_end_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not end"):
        minified_script(text)


def test_a_second_time_changes_nothing() -> None:
    for script in SCRIPTS:
        once = minified_script(script.read_text("utf-8"))
        assert minified_script(once) == once, script.name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:hover { color : red ; }", "a:hover{color : red}"),
        (
            "@media (max-width: 760px) { .a { top: calc(100% + 8px); } }",
            "@media (max-width:760px){.a{top:calc(100% + 8px)}}",
        ),
        ('.a::before { content: "; } "; }', '.a::before{content:"; } "}'),
        (".a .b , .c > d { margin: 0 -2px; }", ".a .b,.c > d{margin:0 -2px}"),
    ],
)
def test_a_style_loses_what_says_nothing(text: str, expected: str) -> None:
    assert minified_style(text) == expected


TOKENS = """
const fs = require("node:fs");
const vm = require("node:vm");
for (const path of JSON.parse(process.argv[1])) new vm.SourceTextModule(fs.readFileSync(path, "utf8"));
"""


@pytest.mark.skipif(
    shutil.which("node") is None, reason="there is no node; cure: install Node.js 18 or later"
)
def test_every_script_of_the_project_still_parses(tmp_path: Path) -> None:
    paths = []
    for index, script in enumerate(SCRIPTS):
        path = tmp_path / f"{index}-{script.name}"
        path.write_text(minified_script(script.read_text("utf-8")), "utf-8")
        paths.append(str(path))
    node = ["node", "--no-warnings", "--experimental-vm-modules", "-e", TOKENS, json.dumps(paths)]
    subprocess.run(node, check=True, timeout=60)
