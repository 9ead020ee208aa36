"""The server as ``run.py`` has it, but for its training process, which is ``tests.faults.trainer``.

``python -m tests.faults.server``, or ``gunicorn 'tests.faults.server:application()'``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.runs import service
from app.runs.execution.executor import Executor
from app.runs.execution.keeper import Limits
from app.runs.execution.process_executor import ProcessExecutor
from app.runs.execution.training_process import TrainingProcess
from app.runs.store.lifecycle import Lifecycle
from app.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

TRAINER = (sys.executable, "-m", "tests.faults.trainer")


class _PretendingRuns(service.RunService):
    def __init__(self, settings: Settings) -> None:
        def new_executor(lifecycle: Lifecycle) -> Executor:
            return ProcessExecutor(
                lifecycle=lifecycle,
                slots=settings.slots,
                site={"data_directory": None, "offline": True},
                limits=Limits(lease=settings.lease, run=settings.run_seconds),
                new_process=lambda: TrainingProcess(TRAINER),
            )

        super().__init__(settings, new_executor=new_executor)


def application() -> Flask:
    """Return the application of ``run.py`` with pretended trainings."""
    service.RunService = _PretendingRuns  # type: ignore[misc]  # create_app takes what it finds here
    import run

    return run.app


if __name__ == "__main__":
    pretending = application()
    import run

    run.serve(pretending)
