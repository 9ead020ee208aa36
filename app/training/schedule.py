"""When a run is measured, and how many steps a privacy budget pays for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.parameters import RunParameters

MOST_POINTS = 60
POINTS_PER_EPOCH = 3

EpsilonAt = Callable[[int], float | None]


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


def affordable_steps(epsilon_at: EpsilonAt, *, budget: float, steps: int) -> int:
    """Return the most steps, 0 up to ``steps``, whose ε does not exceed ``budget``.

    ``epsilon_at`` must not fall with the steps; None means infinite.
    """

    def pays(count: int) -> bool:
        epsilon = epsilon_at(count)
        return epsilon is not None and epsilon <= budget

    if pays(steps):
        return steps
    paid, unpaid = 0, steps
    while unpaid - paid > 1:
        middle = (paid + unpaid) // 2
        paid, unpaid = (middle, unpaid) if pays(middle) else (paid, middle)
    return paid
