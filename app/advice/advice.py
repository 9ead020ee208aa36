"""One piece of advice, before its effect is predicted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.advice.case import Case
from app.parameters import PARAMETERS


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What a rule has to say; ``apply`` holds the parameters to change (None: nothing).

    ``severity`` is "error" (the result does not hold), "warning" or "tip".
    ``accuracy`` is the final accuracy after the change where the run itself has
    shown it; else it is left to prediction.
    """

    id: str
    severity: str
    title: str
    detail: str
    apply: Mapping[str, Any] | None = None
    accuracy: float | None = None


Rule = Callable[[Case], Iterator[Advice]]


def within_bounds(name: str, value: float) -> float:
    """Return ``value`` held inside the bounds of parameter ``name``."""
    bounds = PARAMETERS[name]
    return min(max(value, bounds.minimum), bounds.maximum)


def band_of(name: str) -> tuple[float, float]:
    """Return the guide's recommended band of parameter ``name``.

    Raises:
        ValueError: the table gives no band for it.
    """
    band = PARAMETERS[name].recommended
    if band is None:
        raise ValueError(f"{name} has no recommended band")
    return band


def two_digits(value: float) -> float:
    """Return a positive ``value`` rounded to two significant digits, as a slider would be set by hand.

    >>> two_digits(1.4649), two_digits(0.0471)
    (1.5, 0.047)
    """
    return round(value, 1 - math.floor(math.log10(value)))


def rounded_up(noise_multiplier: float) -> float:
    """Return a noise multiplier rounded up to two decimals: never less noise than was asked for.

    >>> rounded_up(1.2301), rounded_up(1.23)
    (1.24, 1.23)
    """
    return math.ceil(round(noise_multiplier * 100, 6)) / 100
