"""The shell commands of the documents, and who runs each of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

HERE = "tests/documents/test_commands.py"
# By what a command begins with: the test that runs it, or the reason why none does.
RUN_BY: Mapping[str, str] = {
    r"(python3 .*\| *)?curl .*localhost:": HERE,  # those of the README beside that in tests/test_readme.py
    r"DPSGD_DATA_DIR=\S+ python -m benchmarks\.accuracy\.measure": HERE,
    r"make (run|test)$": ".ci/run",
    r"make docs$": "tests/documents/test_generated.py",
    r"python -m app\.privacy": "tests/test_readme.py",
    r"python3 -m venv|pip install -r requirements\.txt": "tests/test_setup.py",
    r"python3 run\.py": "tests/test_run.py",
    r"DPSGD_PORT=8000 gunicorn": "tests/api/test_gunicorn.py",
    r"make docker$|docker run": "tests/test_docker_steps.py",  # its steps: there is no Docker in CI
    r"export DPSGD_LIMITS=on|DPSGD_HOST=0\.0\.0\.0 ": "tests/api/test_limits.py",
    r"openssl|for member in|done$|export |python -m dask": "tests/cluster/deployment.py",
    r"pip-audit": "not run: it asks a database on the internet",
    r"apt-get install|sudo -u postgres": "not run: it changes the machine",
}


def blocks(document: Path) -> list[str]:
    """Return the shell blocks of ``document`` as they stand."""
    return re.findall(r"^```sh\n(.*?)^```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[str]:
    """Return the commands of ``block``: continued lines joined, here-documents and comments left out."""
    joined = block.replace("\\\n", " ")
    without_input = re.sub(r"(<<'END'.*?)\n.*?^END$", r"\1", joined, flags=re.MULTILINE | re.DOTALL)
    lines = (re.sub(r"(^|\s)#\s.*", "", line).strip() for line in without_input.splitlines())
    return [line for line in lines if line]


def run_by(command: str) -> str | None:
    """Return who runs ``command``; None where that is not known."""
    return next((test for start, test in RUN_BY.items() if re.match(start, command)), None)
