"""The contenders' environments, made once by pip from a file of requirements each.

    python -m benchmarks.peers.environments

"own" is the environment that runs this; the others lie in build/bench, which git ignores.
"""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "bench"
_STAMP = ".installed"


class Environment(NamedTuple):
    """The name of a Python to look for, and what to install there."""

    python: str
    requirements: Path


ENVIRONMENTS: Mapping[str, Environment] = {
    "python3.13": Environment("python3.13", ROOT / "requirements.txt"),
    "opacus": Environment("python3.11", Path(__file__).parent / "requirements" / "opacus.txt"),
    "jax": Environment("python3.11", Path(__file__).parent / "requirements" / "jax.txt"),
}


class EnvironmentMissing(RuntimeError):
    """A contender's environment is not there and could not be made; the text says why."""


def python_of(name: str, folder: Path = FOLDER) -> Path:
    """Return the interpreter of the environment, which is made if it is not there.

    Raises:
        EnvironmentMissing: no fitting Python, or pip could not install.
    """
    if name == "own":
        return Path(sys.executable)
    environment, place = ENVIRONMENTS[name], folder / name
    checksum = str(zlib.crc32(environment.requirements.read_bytes()))
    stamp = place / _STAMP
    if not (stamp.is_file() and stamp.read_text(encoding="ascii") == checksum):
        _make(environment, place)
        stamp.write_text(checksum, encoding="ascii")
    return place / "bin" / "python"


def _make(environment: Environment, place: Path) -> None:
    print(f"Making the environment {place.name} (some minutes the first time)", file=sys.stderr, flush=True)
    base = _output(["sh", str(ROOT / ".ci" / "find-python"), environment.python])
    _output([base, "-m", "venv", "--clear", str(place)])
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _output([*pip, "-r", str(environment.requirements)])


def _output(command: list[str]) -> str:
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if outcome.returncode:
        said = (outcome.stderr or outcome.stdout).strip().splitlines() or ["no message"]
        raise EnvironmentMissing(said[-1])
    return outcome.stdout.strip()


def main() -> None:
    """Make them all and say where each stands."""
    for name in ENVIRONMENTS:
        try:
            print(f"{name}: {python_of(name)}")
        except EnvironmentMissing as missing:
            print(f"{name}: {missing}")


if __name__ == "__main__":
    main()
