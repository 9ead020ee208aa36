"""The one table: what is aimed at, what each round measured, and whether that is enough."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """A target and the figure of every round, at most ``limit`` of ``unit`` being aimed at.

    ``p99`` are the rounds' 99th percentiles where the target is not about that already; ``note`` says
    what else was seen.
    """

    target: str
    unit: str
    limit: float
    rounds: Sequence[float]
    note: str = ""
    kept: bool = True  # what goes with the figure: all answers right, nothing half-made

    @property
    def verdict(self) -> str:
        """Return whether the target is met: in the median, and in each round."""
        if not self.kept or statistics.median(self.rounds) > self.limit:
            return "NOT MET"
        worse = sum(value > self.limit for value in self.rounds)
        return f"met; not in {worse} of {len(self.rounds)}" if worse else "met"

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the row as text."""
        low, high = (_rounded(bound(self.rounds)) for bound in (min, max))
        return (
            self.target,
            f"<= {self.limit:g} {self.unit}",
            f"{_rounded(statistics.median(self.rounds))} {self.unit}",
            f"{low} - {high} ({len(self.rounds)})",
            self.verdict,
            self.note,
        )


HEADS = ("target", "aim", "measured (median)", "spread (rounds)", "verdict", "seen")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of ``values`` that at least ``share`` (0..1) of them do not exceed.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5), percentile([1.0, 2.0], 0.99)
    (2.0, 2.0)
    """
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def table(rows: Sequence[Row]) -> str:
    """Return all rows as a table in Markdown, its columns aligned."""
    cells = [HEADS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADS))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _rounded(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
