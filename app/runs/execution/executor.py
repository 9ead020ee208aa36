"""The interface between the leading web process and whatever executes the attempts.

Four methods keep the executor replaceable: warm processes on this machine, a
Dask cluster elsewhere. Whatever executes an attempt keeps it with a ``Keeper``,
which writes to the run store itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from app.runs.store.records import Claim


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The executor holds the attempt no longer; ``why`` matters only if its end is not in the store.

    ``crash`` says that it was the trainer that failed, and not a machine it ran on.
    """

    run_id: str
    owner: str
    why: str
    crash: bool = True


class Executor(Protocol):
    """Executes attempts, each in a process that is not the web server's."""

    survives_leader: bool
    """Whether attempts go on when the leading process is gone."""

    def start(self) -> None:
        """Make ready, so that the first run starts at once."""

    def submit(self, claim: Claim) -> None:
        """Execute the attempt of ``claim``."""

    def poll(self) -> list[Ended]:
        """Return the attempts that have ended since the last call, whatever became of them; never waits."""

    def kill(self, run_id: str) -> None:
        """End what this executor does for ``run_id`` at once, where it can."""

    def live_slots(self) -> int:
        """Return how many attempts can run at the same time on what lives now, the running included."""

    def close(self) -> None:
        """Give the attempts back that cannot go on without this process, and end everything it started."""
