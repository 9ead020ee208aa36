"""The servers that tests of faults share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.playground import GUNICORN, RUN_PY, Playground


@pytest.fixture(scope="module", params=[RUN_PY, GUNICORN])
def playground(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Playground]:
    """A server of each kind whose runs last at most as long as a test needs them."""
    with Playground(tmp_path_factory.mktemp("playground"), request.param) as started:
        yield started
