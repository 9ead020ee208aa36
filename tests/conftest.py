"""What every test gets: a folder of its own for state, so that no test sees this machine's runs.

Beside it the one PostgreSQL server of a test session, started by the first test that asks for it,
and the table of what the tests of faults have measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.promises import MEASURED
from tests.postgresql import PostgreSQL, running_postgresql


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let ``Settings().store_location`` lie in an empty folder, also for child processes."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was measured beside what is promised."""
    if not MEASURED:
        return
    terminalreporter.section("promised and measured times")
    for one in sorted(MEASURED, key=lambda one: (one.row, one.promise)):
        line = f"{one.row:>3}  {one.promise:<66} <= {one.limit:>4g} s  measured {one.seconds:.3f} s"
        terminalreporter.write_line(line)
