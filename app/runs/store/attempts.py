"""What each attempt of a run has told of, read from the run's events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.events import Event, Fallback, Progress, Started


@dataclass(frozen=True, kw_only=True)
class Told:
    """The private steps that an attempt told of, and whether it took them on the fallback's data."""

    steps: int = 0
    fallback: bool = False


def attempts_told(events: Iterable[Event]) -> list[Told]:
    """Return what each attempt told of, of a run's ``events`` in their order.

    >>> progress = Progress(steps=7, steps_total=9, epsilon=None)
    >>> attempts_told([Started(attempt=1), progress, Started(attempt=2)])
    [Told(steps=7, fallback=False), Told(steps=0, fallback=False)]
    """
    told: list[Told] = []
    for event in events:
        match event:
            case Started():
                told.append(Told())
            case Progress(steps=steps):
                told[-1] = replace(told[-1], steps=steps)
            case Fallback():
                told[-1] = replace(told[-1], fallback=True)
    return told
