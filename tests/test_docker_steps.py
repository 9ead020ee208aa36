"""The Dockerfile, read as text, because CI has no Docker: what it copies, runs and opens really exists."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

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


def test_nothing_needs_a_shell_once_it_is_built() -> None:
    (health_check,) = arguments_of("HEALTHCHECK")
    for command in (start_command(), json.loads(health_check.split("CMD", 1)[1])):
        assert Path(command[0]).name in ("gunicorn", "python")


STUBS = {
    "useradd": 'mkdir -p "$ROOT/home/$4"',
    # What is asked for is here already, or this fails; nothing is installed and nothing fetched.
    "pip": 'shift 3; exec python -m pip install --quiet --dry-run --no-index "$@"',
}


def build(root: Path, *, mnist_address: str) -> subprocess.CompletedProcess[str]:
    """Run the Dockerfile's steps as one script below ``root``, stopping at the first that fails.

    Only the account and the installation of packages are played; ``root`` stands for /.
    """
    programs = root / "programs"
    programs.mkdir(parents=True)
    for name, body in STUBS.items():
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(0o755)
    lines = ["set -eu", f'cd "{ROOT}"']
    for name, arguments in steps():
        if name == "RUN":
            lines.append(f'(cd "$FOLDER" && {arguments})')
        elif name == "WORKDIR":
            lines.append(f'FOLDER="$ROOT{arguments}"; mkdir -p "$FOLDER"')
        elif name == "COPY":
            *sources, target = [word for word in arguments.split() if not word.startswith("--")]
            lines.append(f'cp -R {" ".join(sources)} "$FOLDER/{target}"')
        elif name == "ENV":
            lines.append(f"export {arguments}")
        elif name == "ARG":
            lines.append(f'export {arguments.split("=")[0]}="{mnist_address}"')
    path = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DPSGD_", "KERAS_"))}
    environment = {**kept, "ROOT": str(root), "FOLDER": str(root), "HOME": f"{root}/home/user", "PATH": path}
    return subprocess.run(
        ["sh", "-c", "\n".join(lines)], env=environment, capture_output=True, text=True, timeout=120
    )


@contextmanager
def offering(folder: Path) -> Iterator[str]:
    """Serve the files of ``folder`` on loopback and give the address."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize("content", [None, b"not the digits"], ids=["missing", "damaged"])
def test_the_build_fails_without_the_right_mnist(content: bytes | None, tmp_path: Path) -> None:
    offered = tmp_path / "offered"
    offered.mkdir()
    if content:
        (offered / "mnist.npz").write_bytes(content)
    with offering(offered) as address:
        outcome = build(tmp_path / "root", mnist_address=address)
    assert outcome.returncode != 0
    assert "DataUnavailable" in outcome.stderr
    assert not list(tmp_path.glob("root/**/mnist.npz"))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the image holds, built with MNIST where this machine has it."""
    root = tmp_path_factory.mktemp("image")
    with offering(Path(os.environ.get("DPSGD_DATA_DIR", root))) as address:
        outcome = build(root, mnist_address=address)
    assert outcome.returncode == 0 or "DPSGD_DATA_DIR" not in os.environ, outcome.stderr
    return root


@pytest.fixture(scope="module")
def served_port(image: Path) -> Iterator[int]:
    """What the image holds, and nothing else, served by the image's start command."""
    port, (folder,) = free_port(), arguments_of("WORKDIR")
    command = start_command()
    command[0] = str(Path(sys.executable).with_name(command[0]))
    with serving(command, port=port, home=image / "home/user/.keras", folder=Path(f"{image}{folder}")):
        yield port


def answer(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as response:
        assert response.status == 200
        return bytes(response.read())


@pytest.mark.parametrize("path", ["/", "/learning", "/attacks", "/api/parameters", "/api/docs", "/readyz"])
def test_what_is_copied_serves(path: str, served_port: int) -> None:
    assert answer(served_port, path)


@pytest.mark.skipif("DPSGD_DATA_DIR" not in os.environ, reason="DPSGD_DATA_DIR names no folder with MNIST")
def test_mnist_is_there_without_a_network(served_port: int) -> None:
    datasets = {each["name"]: each for each in json.loads(answer(served_port, "/api/parameters"))["datasets"]}
    assert (datasets["mnist"]["available"], datasets["mnist"]["needs_download"]) == (True, False)
    assert not datasets["fashion_mnist"]["available"]


def test_the_health_check_passes_while_it_serves_and_only_then(served_port: int) -> None:
    _, check = inline_python()
    for port, healthy in ((served_port, True), (free_port(), False)):
        program = check.replace(f":{app_port()}/", f":{port}/")
        outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=20)
        assert (outcome.returncode == 0) is healthy
