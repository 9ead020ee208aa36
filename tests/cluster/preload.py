"""The preload of a worker with pretended trainings; all else of it is ``app.runs.cluster``'s."""

from __future__ import annotations

import sys

from distributed import Worker

from app.runs.cluster import set_up
from app.runs.execution.training_process import TrainingProcess

TRAINER = (sys.executable, "-m", "tests.faults.trainer")


async def dask_setup(worker: Worker) -> None:
    await set_up(worker, new_process=lambda: TrainingProcess(TRAINER))
