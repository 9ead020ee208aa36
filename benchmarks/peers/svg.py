"""Marks of a chart as SVG text: no library, so that any Python can draw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

Points = Sequence[tuple[float, float]]


def document(width: float, height: float, marks: Sequence[str]) -> str:
    """Return a whole file with a white ground, which reads on dark pages too."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
            f'width="{width:g}" height="{height:g}" font-family="sans-serif" font-size="12">',
            f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
            *marks,
            "</svg>\n",
        ]
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" '
        f'fill="#222222">{escape(words)}</text>'
    )


def rect(x: float, y: float, width: float, height: float, *, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def line(points: Points, *, colour: str = "#222222", width: float = 1, dashes: str = "") -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashed}/>'


def dot(x: float, y: float, *, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'


class LogScale:
    """Maps values to places evenly in their logarithm."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self._low, self._per = math.log10(low), (end - start) / (math.log10(high) - math.log10(low))
        self._start, self.decades = start, [10.0**power for power in _powers(low, high)]
        self.marks = [
            step * 10.0**power
            for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)))
            for step in (1, 2, 5)
            if low <= step * 10.0**power <= high
        ]

    def __call__(self, value: float) -> float:
        return self._start + (math.log10(value) - self._low) * self._per


def _powers(low: float, high: float) -> range:
    """Return the powers of ten from ``low`` to ``high``.

    >>> list(_powers(50, 20_000))
    [2, 3, 4]
    """
    return range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)


def short(value: float) -> str:
    """Return a round number in few letters.

    >>> [short(value) for value in (0.5, 10, 1_024, 1_500, 250_000, 1_000_000)]
    ['0.5', '10', '1024', '1.5k', '250k', '1M']
    """
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size and value % (size / 2) == 0:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
