"""When a run is measured."""

from __future__ import annotations

from dataclasses import dataclass

from app.parameters import RunParameters

MOST_POINTS = 60
POINTS_PER_EPOCH = 3


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A step count at which the model is evaluated; ``closes_epoch`` marks the last one of an epoch."""

    step: int
    epoch: int
    closes_epoch: bool


def marks(parameters: RunParameters, *, steps: int) -> list[Mark]:
    """Return the marks of a run of ``steps`` steps, at most ``parameters.steps``, in order.

    About three an epoch, evenly spread, at most 60 in all; an epoch that the
    last step cuts short closes there.
    """
    each = max(1, min(POINTS_PER_EPOCH, MOST_POINTS // parameters.epochs))
    found: list[Mark] = []
    for epoch in range(1, parameters.epochs + 1):
        start, end = parameters.steps_after(epoch - 1), parameters.steps_after(epoch)
        last = min(end, steps)
        inner = {start + (end - start) * k // each for k in range(1, each)} - {start}
        found += [Mark(step=s, epoch=epoch, closes_epoch=False) for s in sorted(inner) if s < last]
        if last > start:
            found.append(Mark(step=last, epoch=epoch, closes_epoch=True))
    return found
