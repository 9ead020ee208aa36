"""What has been fitted: constants per task and optimizer, with origin and published error.

``profiles.json`` is written by ``python -m benchmarks.simulation_fit.fit`` from
measured runs of this project's own engine; nothing in it is edited by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from app.catalog import TASKS
from app.parameters import RunParameters
from app.simulation.learning import AccuracyTable, Array, Constants

PROFILES_FILE = Path(__file__).with_name("profiles.json")


class NoFit(ValueError):
    """The simulation does not speak for these parameters; ``field`` names the one to change."""

    def __init__(self, field: str, text: str) -> None:
        self.field = field
        super().__init__(text)


def _no_fit(field: str, received: object, fitted: str) -> NoFit:
    return NoFit(field, f"{field} {received!r} has no fitted simulation; {fitted}.")


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Constants of one (task, optimizer), as fitted to measured runs.

    ``class_offsets`` has shape [classes] (probit scale, larger is easier).
    ``published`` holds the held-out error and how it was found;
    ``fitted_range`` maps a parameter's name to the (least, most) measured;
    ``unclipped_range`` is the (least, most) learning rate of unclipped trainings
    that were measured and did not break down.
    """

    task: str
    optimizer: str
    trainable_parameters: int
    table: AccuracyTable
    motion: Constants
    train_loss: Constants
    test_loss: Constants
    norms: Constants
    classes: Constants
    class_offsets: Array
    luck: Constants
    published: Mapping[str, Any]
    fitted_range: Mapping[str, tuple[float, float]]
    unclipped_range: tuple[float, float]


def profile_from(entry: Mapping[str, Any]) -> Profile:
    """Return the profile that one entry of ``profiles.json`` describes.

    Raises:
        KeyError, TypeError: a field is missing or unknown.
    """
    fields = dict(entry)
    table = {name: np.array(values, dtype=float) for name, values in fields.pop("table").items()}
    least_rate, most_rate = fields.pop("unclipped_range")
    return Profile(
        unclipped_range=(least_rate, most_rate),
        table=AccuracyTable(**table),
        class_offsets=np.array(fields.pop("class_offsets"), dtype=float),
        fitted_range={name: (least, most) for name, (least, most) in fields.pop("fitted_range").items()},
        **fields,
    )


@lru_cache(maxsize=1)
def load_profiles() -> Mapping[tuple[str, str], Profile]:
    """Return all fitted profiles by (task, optimizer)."""
    document = json.loads(PROFILES_FILE.read_text(encoding="utf-8"))
    profiles = [profile_from(entry) for entry in document["profiles"]]
    return {(profile.task, profile.optimizer): profile for profile in profiles}


def find_profile(parameters: RunParameters) -> Profile:
    """Return the profile that fits ``parameters``.

    Raises:
        NoFit: its task or optimizer has none, or it leaves its task's dataset,
            model or size, for which the fit does not speak.
    """
    profiles = load_profiles()
    tasks = sorted({task for task, _ in profiles})
    if parameters.task not in tasks:
        raise _no_fit("task", parameters.task, f"fitted tasks: {', '.join(tasks)}")
    optimizers = [name for task, name in sorted(profiles) if task == parameters.task]
    if parameters.optimizer not in optimizers:
        fitted = f"fitted for task {parameters.task}: {', '.join(optimizers)}"
        raise _no_fit("optimizer", parameters.optimizer, fitted)
    _require_own_task(parameters)
    return profiles[parameters.task, parameters.optimizer]


def _require_own_task(parameters: RunParameters) -> None:
    """Raise NoFit unless dataset, model and size are the task's own and a batch fits into the data."""
    task = TASKS[parameters.task]
    for field in ("dataset", "model", "train_size"):
        received, own = getattr(parameters, field), getattr(task, field)
        if received != own:
            raise _no_fit(field, received, f"fitted for task {task.name}: {own}")
    if parameters.batch_size > task.train_size:
        raise NoFit(
            "batch_size",
            f"batch_size {parameters.batch_size} must not exceed the {task.train_size} examples "
            f"of task {task.name}.",
        )


def held_out_error(parameters: RunParameters) -> dict[str, float]:
    """Return how far the fit was from real runs it had not seen, in points of test accuracy.

    {"average_run", "single_run", "settings"}: the mean absolute error against the mean of repeated
    runs and against single ones, over so many held-out settings.

    Raises:
        NoFit: nothing has been fitted for these parameters.
    """
    published = find_profile(parameters).published
    return {
        "average_run": published["accuracy_error_points"],
        "single_run": published["single_run_error_points"],
        "settings": published["held_out_settings"],
    }
