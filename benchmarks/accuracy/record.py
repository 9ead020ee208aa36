"""What has been measured: one JSON line a training, never measured twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from app.parameters import RunParameters
from benchmarks.accuracy.grid import GRID, GRID_SEED, REPORT_SEEDS, Cell, Setting, cells, run_of

RECORD = Path(__file__).with_name("runs.jsonl")
FIELDS = (
    "dataset",
    "model",
    "optimizer",
    "batch_size",
    "clipping_norm",
    "noise_multiplier",
    "learning_rate",
    "epochs",
    "seed",
)


@dataclass(frozen=True, kw_only=True)
class Report:
    """The best setting of a cell, its run with the first of the report's seeds, and what these gave."""

    setting: Setting
    run: RunParameters
    accuracies: tuple[float, ...]

    @property
    def mean(self) -> float:
        return fmean(self.accuracies)

    @property
    def sd(self) -> float:
        """Return the standard deviation of the sample."""
        return stdev(self.accuracies)


@dataclass
class Record:
    """The accuracies in ``path`` by the run that had them; new ones are appended at once."""

    path: Path = RECORD
    known: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lines = self.path.read_text("utf-8").splitlines() if self.path.exists() else []
        for row in map(json.loads, lines):
            self.known[_key(row)] = row["accuracy"]

    def accuracy(self, run: RunParameters) -> float | None:
        """Return the test accuracy of ``run``, 0..1; None if it has not been measured."""
        return self.known.get(_key(asdict(run)))

    def add(self, run: RunParameters, accuracy: float, *, seconds: float) -> None:
        """Write down what ``run`` gave."""
        row = {name: getattr(run, name) for name in FIELDS}
        self.known[_key(row)] = accuracy
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**row, "accuracy": accuracy, "seconds": round(seconds, 1)}) + "\n")

    def best(self, cell: Cell) -> Setting | None:
        """Return the setting most accurate with the grid's seed; None until the whole grid is measured."""
        grid = GRID[cell.dataset]
        scores = [self.accuracy(run_of(cell, setting, seed=GRID_SEED)) for setting in grid]
        if None in scores:
            return None
        return max(zip(scores, grid, strict=True), key=lambda scored: scored[0] or 0.0)[1]

    def report(self, cell: Cell) -> Report | None:
        """Return what the best setting of ``cell`` gave; None while fewer than two seeds are measured."""
        setting = self.best(cell)
        if setting is None:
            return None
        runs = [run_of(cell, setting, seed=seed) for seed in REPORT_SEEDS]
        found = tuple(accuracy for run in runs if (accuracy := self.accuracy(run)) is not None)
        return Report(setting=setting, run=runs[0], accuracies=found) if len(found) > 1 else None

    def missing(self) -> Iterator[tuple[Cell, RunParameters]]:
        """Yield what is still to be measured: of each cell the grid, then the seeds of its best setting."""
        for cell in cells():
            settings = [(setting, GRID_SEED) for setting in GRID[cell.dataset]]
            yield from self._missing_of(cell, settings)
            best = self.best(cell)
            assert best is not None, "the grid of this cell has just been measured"
            yield from self._missing_of(cell, [(best, seed) for seed in REPORT_SEEDS])

    def _missing_of(
        self, cell: Cell, settings: list[tuple[Setting, int]]
    ) -> Iterator[tuple[Cell, RunParameters]]:
        for setting, seed in settings:
            run = run_of(cell, setting, seed=seed)
            if self.accuracy(run) is None:
                yield cell, run


def _key(values: Mapping[str, Any]) -> str:
    return json.dumps([values[name] for name in FIELDS])
