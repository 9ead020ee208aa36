"""The interface between the run service and whatever executes a training.

Four methods keep the executor replaceable: one spawned process on a laptop,
a Dask cluster elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.events import Event


@dataclass(frozen=True, kw_only=True)
class Update:
    """News of one run: an event its training emitted."""

    run_id: str
    event: Event


class Executor(Protocol):
    """Executes trainings, each in a process that is not the web server's."""

    def submit(self, run_id: str, job: Mapping[str, Any]) -> None:
        """Start ``job`` ({"parameters", "fallback", "data_directory", "offline"}) as ``run_id``."""

    def poll(self, timeout_seconds: float) -> list[Update]:
        """Return what has happened since the last call, waiting at most ``timeout_seconds`` for it.

        Every submitted run ends with exactly one update that holds a ``Finished``
        event, also when its process dies.
        """

    def kill(self, run_id: str) -> None:
        """End ``run_id``: its training is asked to stop, and its process is killed if it does not."""

    def live_slots(self) -> int:
        """Return how many more runs can be submitted now."""
