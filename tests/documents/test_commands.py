"""Every shell command of the documents is run: here against a server, or by the test that is named for it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.documents.shell import DOCUMENTS, HERE, ROOT, RUN_BY, blocks, commands, run_by
from tests.serving import free_port, serving

RUNNABLE = [
    (document.name, block)
    for document in DOCUMENTS[
        1:
    ]  # tests/test_readme.py runs those of the README, and says more about their answers
    for block in blocks(document)
    if {run_by(command) for command in commands(block)} == {HERE}
]
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def with_this_python() -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


@dataclass
class Reader:
    """Somebody who types a document's commands in their order, with the ids that were answered before."""

    port: int
    folder: Path
    ids: dict[str, str] = field(default_factory=dict)

    def types(self, block: str) -> str:
        """Run ``block`` in a shell that stops at the first failure, of curl also at an answer from 400 on."""
        text = re.sub(r"localhost:\d+", f"localhost:{self.port}", block)
        for name, value in self.ids.items():
            text = text.replace(name, value)
        outcome = subprocess.run(
            ["sh", "-euc", f'curl() {{ command curl -sS --fail-with-body "$@"; }}\n{text}'],
            cwd=self.folder,
            env=with_this_python(),
            capture_output=True,
            text=True,
            timeout=120,
        )
        lacks_mnist = '"mnist"' in block and "Put mnist.npz" in outcome.stdout  # this server has no data
        assert outcome.returncode == 0 or lacks_mnist, outcome.stdout + outcome.stderr
        self._remember(text, outcome.stdout)
        return outcome.stdout

    def _remember(self, text: str, output: str) -> None:
        """Keep the id in the last answer of a block that starts something."""
        for what, name in (("/api/train", "RUN_ID"), ("/api/sweeps", "SWEEP_ID")):
            if re.search(rf"{what}\s", text):
                *_, last = objects(output)
                self.ids[name] = last["id"]


def objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that stand in ``text`` one after another."""
    while text := text.strip():
        found, end = json.JSONDecoder().raw_decode(text)
        yield found
        text = text[end:]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    port, folder = free_port(), tmp_path_factory.mktemp("reader")
    rows = [
        f"{hours},{('bus', 'bike', 'on foot')[hours % 3]},{('no', 'yes')[hours > 9]}" for hours in range(20)
    ]
    (folder / "people.csv").write_text("\n".join(["hours,way,passed", *rows * 15]) + "\n")
    with serving([sys.executable, "run.py"], port=port, home=tmp_path_factory.mktemp("home")):
        yield Reader(port, folder)


@needs_curl
@pytest.mark.parametrize(("document", "block"), RUNNABLE)
def test_a_block_of_commands_succeeds(document: str, block: str, reader: Reader) -> None:
    assert reader.types(block) or " -o " in block


def test_the_measurement_of_the_accuracies_starts(tmp_path: Path) -> None:
    (command,) = (
        command
        for block in blocks(ROOT / "docs/accuracy.md")
        for command in commands(block)
        if "benchmarks.accuracy" in command
    )
    at_once = command.replace("/path/to/data", str(tmp_path)).replace("--minutes 60", "--minutes 0")
    assert at_once.endswith("--minutes 0")
    outcome = subprocess.run(
        ["sh", "-c", at_once], cwd=ROOT, env=with_this_python(), capture_output=True, text=True
    )
    assert outcome.returncode == 0, outcome.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_command_is_run_by_somebody(document: Path) -> None:
    written = [command for block in blocks(document) for command in commands(block)]
    assert [command for command in written if run_by(command) is None] == []


def test_whoever_runs_a_command_exists() -> None:
    named = {test for test in RUN_BY.values() if not test.startswith("not run: ")}
    assert [test for test in named if not (ROOT / test).exists()] == []
