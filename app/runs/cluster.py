"""Makes a worker of a Dask cluster one that trains: ``python -m dask worker … --preload app.runs.cluster``.

Its settings are those of the web server; what it does is in ``execution.station``.
"""

from __future__ import annotations

import logging.config
import os
from collections.abc import Callable

from distributed import Worker

from app import logs
from app.runs.execution.station import STATION, Station
from app.runs.execution.training_process import TrainingProcess
from app.settings import SettingsError, read_settings


async def dask_setup(worker: Worker) -> None:
    """Make ``worker`` one that trains; Dask calls this for ``--preload app.runs.cluster``."""
    await set_up(worker)


async def set_up(worker: Worker, *, new_process: Callable[[], TrainingProcess] = TrainingProcess) -> None:
    """Make ``worker`` one that trains, in processes that ``new_process`` makes.

    Raises:
        SystemExit: the settings do not do for a worker; the message says why.
    """
    # A worker is on a cluster even where DPSGD_SCHEDULER is not set: what it needs is asked for all the same.
    try:
        settings = read_settings({**os.environ, "DPSGD_SCHEDULER": worker.scheduler.address})
    except SettingsError as fault:
        # Dask would log any other exception and go on with a worker that cannot train.
        raise SystemExit(str(fault)) from None
    logging.config.dictConfig(logs.configuration(settings.log))
    await worker.plugin_add(Station(settings, new_process=new_process), name=STATION, catch_errors=False)
