"""Stores, parameters, events and waiting that the tests of runs share."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.events import EpochPoint, IterationPoint
from app.parameters import RunParameters
from app.runs.store.database import Store

STUB = (sys.executable, str(Path(__file__).with_name("execution") / "stub_worker.py"))
JOB: dict[str, Any] = {"kind": "training", "parameters": {}, "fallback": None, "notices": []}
HISTOGRAM = {"before": [{"x": 0.5, "y": 0.25}, {"x": 2.0, "y": 0.75}], "after": [{"x": 1.0, "y": 1.0}]}


@pytest.fixture(params=["sqlite", "postgresql"])
def store_location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where an empty store lies, once as a file and once as a database of PostgreSQL."""
    if request.param == "sqlite":
        yield str(tmp_path / "runs.sqlite")
    else:
        with request.getfixturevalue("postgresql").database() as url:
            yield url


@pytest.fixture
def store(store_location: str) -> Iterator[Store]:
    store = Store(store_location)
    yield store
    store.close()


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Store]:
    """Return a store of SQLite's, for what does not depend on the kind of store."""
    store = Store(str(tmp_path / "runs.sqlite"))
    yield store
    store.close()


def until(holds: Callable[[], Any], *, seconds: float = 15.0) -> None:
    """Wait until ``holds`` does, and fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.01)


@pytest.fixture
def parameters() -> RunParameters:
    return RunParameters.of_task("digits", epochs=2)


def epoch_point(epoch: int, *, series: str = "private", iteration: int = 12) -> EpochPoint:
    return EpochPoint(
        series=series,  # type: ignore[arg-type]
        epoch=epoch,
        iteration=iteration,
        accuracy=0.5 + epoch / 10,
        loss=1.5,
        test_loss=1.25,
        per_class_accuracy=[0.5 + epoch / 10] * 10,
        epsilon=None if series == "baseline" else 0.7,
        clipped_fraction=None if series == "baseline" else 0.75,
        gradient_norm_histogram=None if series == "baseline" else HISTOGRAM,
        gradient_norm_median=2.0,
        gradient_norm_p90=4.0,
        signal_norm=0.5,
        noise_norm=0.25,
        seconds=0.1,
    )


def iteration_point(iteration: int, *, series: str = "private") -> IterationPoint:
    return IterationPoint(series=series, iteration=iteration, accuracy=0.4, loss=1.6)  # type: ignore[arg-type]
