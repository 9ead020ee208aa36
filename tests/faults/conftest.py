"""The servers that tests of faults share, and the table of the times they took."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.playground import GUNICORN, RUN_PY, Playground
from tests.faults.promises import MEASURED


@pytest.fixture(scope="module", params=[RUN_PY, GUNICORN])
def playground(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Playground]:
    """A server of each kind whose runs last at most as long as a test needs them."""
    with Playground(tmp_path_factory.mktemp("playground"), request.param) as started:
        yield started


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was measured beside what is promised."""
    if not MEASURED:
        return
    terminalreporter.section("promised and measured times")
    for one in sorted(MEASURED, key=lambda one: (one.row, one.promise)):
        line = f"{one.row:>3}  {one.promise:<66} <= {one.limit:>4g} s  measured {one.seconds:.3f} s"
        terminalreporter.write_line(line)
