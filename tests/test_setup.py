"""The set-up behind ``make run`` and ``make test``: which Python is taken, what is said when none fits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str, cwd: Path = ROOT, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = None if path is None else {"PATH": path}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def fake_python(folder: Path, *, name: str = "python3", before: str) -> Path:
    """Return a command that behaves like this Python after the statements ``before``."""
    prelude = folder / f"{name}.prelude"
    prelude.write_text(f"import sys\n{before}\nsys.argv.pop(0)\nexec(sys.argv[1])\n")
    command = folder / name
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{prelude}" "$@"\n')
    command.chmod(0o755)
    return command


def version(*numbers: int) -> str:
    return f"sys.version_info = {numbers!r}"


UNSUITABLE = [
    (version(3, 9, 18), "is Python 3.9.18, and the project needs Python 3.10 to 3.13"),
    (version(3, 14, 0), "is Python 3.14.0, and the project needs Python 3.10 to 3.13"),
    (version(2, 7, 18), "is Python 2.7.18, and the project needs Python 3.10 to 3.13"),
    (
        version(3, 12, 1) + "; sys.modules['ensurepip'] = None",
        "lacks the modules venv and ensurepip: "
        "install them (Debian and Ubuntu: apt-get install python3.12-venv)",
    ),
    ("sys.maxsize = 2**31 - 1", "is a 32-bit Python, and TensorFlow needs a 64-bit one"),
    ("sys.exit(127)", "cannot be started"),
]


@pytest.mark.parametrize(("before", "message"), UNSUITABLE)
def test_unsuitable_python_is_named_with_the_cure_in_one_sentence(
    before: str, message: str, tmp_path: Path
) -> None:
    python = fake_python(tmp_path, before=before)
    outcome = run(".ci/find-python", str(python))
    assert outcome.returncode != 0
    assert outcome.stdout == ""
    assert f"{python} {message}" in outcome.stderr
    assert "PYTHON=/path/to/python3.11" in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


def test_missing_python_is_named_with_the_cure(tmp_path: Path) -> None:
    outcome = run("/bin/sh", ".ci/find-python", path=str(tmp_path))
    assert outcome.returncode != 0
    assert outcome.stderr.startswith("No Python was found: install Python 3.11")


def test_first_suitable_python_is_taken(tmp_path: Path) -> None:
    fake_python(tmp_path, name="python3.11", before="sys.exit(127)")
    fake_python(tmp_path, name="python3.12", before=version(3, 9, 18))
    fake_python(tmp_path, name="python3.13", before="sys.executable = 'the third'")
    outcome = run("/bin/sh", ".ci/find-python", path=str(tmp_path))
    assert (outcome.returncode, outcome.stdout.strip()) == (0, "the third")


def test_make_shows_the_message_and_fails(tmp_path: Path) -> None:
    python = fake_python(tmp_path, before=version(3, 9, 18))
    outcome = run("make", "run", f"PYTHON={python}", f"VENV={tmp_path / 'environment'}")
    assert outcome.returncode != 0
    assert "is Python 3.9.18" in outcome.stderr
    assert "make run PYTHON=" in outcome.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose requirements are empty, so that installing them needs no network."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text("")
    return tmp_path


def make_environment(
    project: Path, requirements: str = "requirements.txt"
) -> subprocess.CompletedProcess[str]:
    return run(str(ROOT / ".ci/environment"), ".venv", requirements, sys.executable, cwd=project)


def test_second_call_does_nothing_until_a_requirement_file_changes(project: Path) -> None:
    first, second = make_environment(project), make_environment(project)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert "Installing" in first.stdout
    assert second.stdout == ""
    (project / "requirements.txt").write_text("# changed\n")
    third = make_environment(project)
    assert "Installing" in third.stdout
    assert "Creating" not in third.stdout


def test_the_test_environment_also_serves_the_app(project: Path) -> None:
    make_environment(project, "requirements-dev.txt")
    assert make_environment(project).stdout == ""


def test_interrupted_install_is_begun_anew(project: Path) -> None:
    make_environment(project)
    process = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True)
    (project / ".venv/.installing").write_text(process.stdout)  # the id of a process that has ended
    (project / ".venv/half-unpacked").touch()
    assert "Creating" in make_environment(project).stdout
    assert not (project / ".venv/half-unpacked").exists()
    assert not (project / ".venv/.installing").exists()


def test_failed_install_shows_pips_message_and_is_tried_again(project: Path) -> None:
    (project / "requirements.txt").write_text("./no-such-folder\n")
    for _ in range(2):
        outcome = make_environment(project)
        assert outcome.returncode != 0
        assert "no-such-folder" in outcome.stderr
        assert "pip could not install requirements.txt" in outcome.stderr


def test_folder_that_is_no_environment_is_left_alone(project: Path) -> None:
    (project / ".venv").mkdir()
    (project / ".venv/thesis.txt").write_text("years of work")
    outcome = make_environment(project)
    assert outcome.returncode != 0
    assert "is not a virtual environment" in outcome.stderr
    assert (project / ".venv/thesis.txt").exists()


def test_missing_browser_fails_in_ci_before_anything_runs() -> None:
    environment = {**os.environ, "CI": "true", "CHROMIUM": "no-such-browser"}
    outcome = subprocess.run(
        [".ci/test", str(Path(sys.prefix))],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert outcome.returncode != 0
    assert outcome.stdout == ""
    assert "the browser tests, because there is no Chromium; cure: install" in outcome.stderr
