"""The measured points as committed: one CSV row for each epoch of each run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.events import EpochPoint
from app.parameters import RunParameters

FOLDER = Path(__file__).parent
SETTINGS = ("optimizer", "clipping_norm", "noise_multiplier", "batch_size", "learning_rate", "epochs", "seed")
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
QUANTILES = tuple(f"norm_p{round(level * 100)}" for level in LEVELS)
CLASSES = tuple(f"class_{number}" for number in range(10))
COLUMNS = (
    "run",
    "series",
    *SETTINGS,
    "trainable_parameters",
    "epoch",
    "iteration",
    "accuracy",
    "loss",
    "test_loss",
    "clipped_fraction",
    "signal_norm",
    *QUANTILES,
    *CLASSES,
)


def file_of(task: str) -> Path:
    """Return the path of the committed measurements of ``task``."""
    return FOLDER / f"measured_{task}.csv"


def rows_of(
    run: int, parameters: RunParameters, trainable_parameters: int, points: Iterable[EpochPoint]
) -> Iterator[dict[str, Any]]:
    """Yield a CSV row for each epoch point; what does not apply (clipping of a baseline) stays empty."""
    for point in points:
        private = point.series == "private"
        yield {
            "run": run,
            "series": point.series,
            **{name: getattr(parameters, name) for name in SETTINGS},
            "trainable_parameters": trainable_parameters,
            "epoch": point.epoch,
            "iteration": point.iteration,
            "accuracy": _short(point.accuracy),
            "loss": _short(point.loss),
            "test_loss": _short(point.test_loss),
            "clipped_fraction": _short(point.clipped_fraction) if private else "",
            "signal_norm": _short(point.signal_norm) if private else "",
            **(dict(zip(QUANTILES, map(_short, _quantiles(point)), strict=True)) if private else {}),
            **dict(zip(CLASSES, map(_short, point.per_class_accuracy), strict=False)),
        }


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


def _quantiles(point: EpochPoint) -> list[float]:
    """Return the norm quantiles at :data:`LEVELS`; median and p90 exact, the others from the histogram."""
    assert point.gradient_norm_histogram is not None
    before = point.gradient_norm_histogram["before"]
    centres = np.log([bin_["x"] for bin_ in before])
    cumulative = np.cumsum([bin_["y"] for bin_ in before])
    # A bin's share lies below its upper edge, half a bin above its centre.
    edges = centres + (centres[1] - centres[0]) / 2.0
    quantiles = dict(zip(LEVELS, np.exp(np.interp(LEVELS, cumulative, edges)).tolist(), strict=True))
    quantiles |= {0.5: point.gradient_norm_median, 0.9: point.gradient_norm_p90}
    return [quantiles[level] for level in LEVELS]


class Measurements:
    """All measured points of one task as columns: numbers as float arrays [points], names as str arrays."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def names(self, column: str) -> npt.NDArray[np.str_]:
        return np.array([row[column] for row in self._rows])

    def numbers(self, column: str) -> npt.NDArray[np.float64]:
        """Return a numeric column; empty cells are NaN."""
        return np.array([float(row[column] or "nan") for row in self._rows])

    def where(self, mask: npt.NDArray[np.bool_]) -> Measurements:
        return Measurements([row for row, kept in zip(self._rows, mask, strict=True) if kept])


def read(task: str) -> Measurements:
    """Return the committed measurements of ``task``.

    Raises:
        FileNotFoundError: the task has not been measured.
    """
    with file_of(task).open(encoding="utf-8", newline="") as file:
        return Measurements(list(csv.DictReader(file)))
