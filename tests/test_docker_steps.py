"""The Dockerfile, read as text, because CI has no Docker: what it copies, runs and opens really exists."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import ROOT, free_port, serving


def steps() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions with their arguments, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text())
    lines = [line.strip() for line in text.splitlines()]
    pairs = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return [(name, arguments) for name, arguments in pairs]


def arguments_of(instruction: str) -> list[str]:
    return [arguments for name, arguments in steps() if name == instruction]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in arguments_of("ENV") for pair in line.split())


def start_command() -> list[str]:
    (command,) = arguments_of("CMD")
    return list(json.loads(command))  # the exec form is JSON; the shell form is not


def app_port() -> str:
    match = re.search(r"^app_port: (\d+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert match, "README.md's front matter names no app_port"
    return match.group(1)


def copied_sources() -> list[str]:
    words = [arguments.split() for arguments in arguments_of("COPY")]
    return [word for line in words for word in line[:-1] if not word.startswith("--")]


def test_every_copied_source_exists_and_is_sent_to_the_builder() -> None:
    let_through = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert [source for source in copied_sources() if not (ROOT / source).exists()] == []
    assert set(copied_sources()) == let_through


def test_everything_after_the_first_steps_runs_as_user_1000() -> None:
    names = [name for name, _ in steps()]
    assert any("--uid 1000 user" in step for step in arguments_of("RUN"))
    assert arguments_of("USER") == ["user"]
    assert names.index("USER") < names.index("CMD")


def test_port_is_the_one_that_the_space_expects() -> None:
    assert arguments_of("EXPOSE") == [app_port()]
    assert f"127.0.0.1:{app_port()}/healthz" in arguments_of("HEALTHCHECK")[0]
    assert (environment()["DPSGD_HOST"], environment()["DPSGD_PORT"]) == ("0.0.0.0", app_port())


def inline_python() -> list[str]:
    """Return every program that the Dockerfile hands to ``python -c``."""
    (health_check,) = arguments_of("HEALTHCHECK")
    commands = [shlex.split(step) for step in arguments_of("RUN")]
    commands.append(json.loads(health_check.split("CMD", 1)[1]))
    return [command[2] for command in commands if command[:2] == ["python", "-c"]]


def test_data_are_fetched_and_the_health_check_is_valid_python() -> None:
    fetch, check = inline_python()
    assert "load('mnist', train_size=60_000" in fetch
    assert "/healthz" in check
    for program in (fetch, check):
        compile(program, "Dockerfile", "exec")


def copy_into(folder: Path) -> Path:
    for source in map(ROOT.joinpath, copied_sources()):
        if source.is_dir():
            shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    return folder


@pytest.fixture(scope="module")
def served_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """What the image holds, and nothing else, served by the image's start command."""
    port, folder = free_port(), tmp_path_factory.mktemp("image")
    command = start_command()
    command[0] = str(Path(sys.executable).with_name(command[0]))
    with serving(command, port=port, home=folder, folder=copy_into(folder)):
        yield port


@pytest.mark.parametrize("path", ["/", "/learning", "/attacks", "/api/parameters", "/api/docs", "/readyz"])
def test_what_is_copied_serves(path: str, served_port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{served_port}{path}", timeout=20) as answer:
        assert answer.status == 200
