"""What a training process measured of its speed reaches the store, for all web processes to see."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from app.runs.execution.keeper import Limits
from app.runs.execution.process_executor import ProcessExecutor
from app.runs.execution.training_process import TrainingProcess
from app.runs.store.database import Store
from app.runs.store.lifecycle import Lifecycle
from app.runs.timing import Rate, Timing

TELLS_ITS_SPEED = (
    sys.executable,
    "-c",
    'print(\'{"calibration": {"examples_per_second": 23456.5}}\', flush=True); input()',
)


def test_the_leader_notes_the_speed_that_its_process_measured(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "runs.sqlite"))
    executor = ProcessExecutor(
        lifecycle=Lifecycle(store),
        slots=2,
        site={"data_directory": None, "offline": True},
        limits=Limits(),
        new_process=lambda: TrainingProcess(TELLS_ITS_SPEED),
    )
    executor.start()
    deadline = time.monotonic() + 10
    while not all(process.calibration for process in executor.processes):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    executor.poll()
    assert Timing(store).rate() == Rate(examples_per_second=23_456.5, source="calibration")
    watcher = store.watcher()
    version = watcher.version()
    executor.poll()
    assert watcher.version() == version  # noted once, not with every look
    watcher.close()
    executor.close()
    store.close()
