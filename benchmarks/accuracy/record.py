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
        scores = [self.accuracy(run_of(cell, setting, seed=GRID_SEED)) for setting in GRID]
        if None in scores:
            return None
        return max(zip(scores, GRID, strict=True), key=lambda scored: scored[0] or 0.0)[1]

    def report(self, cell: Cell) -> Mapping[str, Any] | None:
        """Return setting, run, mean, SD (of the sample) and number of seeds; None below two seeds."""
        setting = self.best(cell)
        if setting is None:
            return None
        runs = [run_of(cell, setting, seed=seed) for seed in REPORT_SEEDS]
        found = [accuracy for run in runs if (accuracy := self.accuracy(run)) is not None]
        if len(found) < 2:
            return None
        return {
            "setting": setting,
            "run": runs[0],
            "mean": fmean(found),
            "sd": stdev(found),
            "seeds": len(found),
        }

    def missing(self) -> Iterator[tuple[Cell, RunParameters]]:
        """Yield what is still to be measured: of each cell the grid, then the seeds of its best setting."""
        for cell in cells():
            settings = [(setting, GRID_SEED) for setting in GRID]
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
