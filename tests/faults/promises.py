"""The times that are promised for each fault, and what was measured of them."""

from __future__ import annotations

import os
from dataclasses import dataclass

STRICT = os.environ.get("DPSGD_STRICT_TIMES") == "1"
LOADED_MACHINE = 3.0  # how much longer everything may take where others use the machine too


@dataclass(frozen=True)
class Measured:
    """What was promised about a fault in ``row`` of the list of faults, and how long it took (seconds)."""

    row: int
    promise: str
    limit: float
    seconds: float


MEASURED: list[Measured] = []


def kept(row: int, promise: str, *, limit: float, seconds: float) -> None:
    """Note a measured time, and fail if it breaks the promise of at most ``limit`` seconds."""
    MEASURED.append(Measured(row, promise, limit, seconds))
    allowed = limit if STRICT else limit * LOADED_MACHINE
    assert seconds <= allowed, f"{promise}: took {seconds:.3f} s, promised {limit:g} s"
