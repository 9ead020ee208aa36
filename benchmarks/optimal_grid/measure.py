"""One measured training, and the record of all of them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.advice.presets import SETTINGS
from app.events import EpochPoint, Event, Finished
from app.parameters import RunParameters
from app.training.trainer import train


@dataclass
class Laboratory:
    """Trains each setting once for each seed and keeps what it measured in ``record`` (JSON lines)."""

    record: Path
    data_directory: str | None
    known: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.record.exists():
            for line in self.record.read_text("utf-8").splitlines():
                row = json.loads(line)
                self.known[_key(row["task"], row["parameters"], row["seed"])] = row["accuracy"]

    def accuracies(self, runs: Sequence[RunParameters]) -> list[float]:
        """Return the final test accuracy of each of ``runs``."""
        return [self._one(run) for run in runs]

    def _one(self, parameters: RunParameters) -> float:
        settings = {name: getattr(parameters, name) for name in SETTINGS}
        key = _key(parameters.task, settings, parameters.seed)
        if key not in self.known:
            started = time.monotonic()
            self.known[key] = final_accuracy(parameters, self.data_directory)
            self._write(parameters, settings, self.known[key], time.monotonic() - started)
        return self.known[key]

    def _write(
        self, parameters: RunParameters, settings: dict[str, Any], accuracy: float, seconds: float
    ) -> None:
        row = {
            "task": parameters.task,
            "parameters": settings,
            "seed": parameters.seed,
            "accuracy": accuracy,
            "seconds": round(seconds, 1),
        }
        with self.record.open("a", encoding="utf-8") as record:
            record.write(json.dumps(row) + "\n")
        print(
            f"{accuracy:.4f}  {seconds:5.1f} s  {parameters.task}  seed {parameters.seed}  {settings}",
            flush=True,
        )


def _key(task: str, settings: dict[str, Any], seed: int | None) -> str:
    return json.dumps([task, settings, seed], sort_keys=True)


def final_accuracy(parameters: RunParameters, data_directory: str | None) -> float:
    """Return the test accuracy after the last epoch, 0 for a run that diverged.

    Raises:
        RuntimeError: the run failed for another reason, with that reason.
    """
    events: list[Event] = []
    train(
        parameters,
        emit=events.append,
        should_stop=lambda: False,
        data_directory=data_directory,
        offline=False,
    )
    finished = events[-1]
    assert isinstance(finished, Finished)
    if finished.error is not None and "diverged" not in finished.error["message"]:
        raise RuntimeError(finished.error["message"])
    points = [event for event in events if isinstance(event, EpochPoint)]
    return points[-1].accuracy if finished.state == "done" else 0.0
