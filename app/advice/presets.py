"""Ready-made settings of a task, with what they were measured to give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from app.catalog import TASKS
from app.parameters import RunParameters, default_of

MEASURED_PRESETS = Path(__file__).with_name("measured_presets.json")

SETTINGS = ("clipping_norm", "noise_multiplier", "batch_size", "learning_rate", "epochs", "optimizer")

_TEXTS: Mapping[str, tuple[str, str]] = {
    "strong": ("Strong privacy", "ε about 1: even a perfect attacker learns little about any one example."),
    "balanced": ("Balanced", "The default: a good guarantee and a model that is still useful."),
    "weak": ("Weak privacy", "ε about 7: a little more accuracy for a guarantee that says much less."),
    "no-privacy": ("No privacy", "No noise at all: clipping alone protects nobody. For comparison only."),
    "published": (
        "Published recipe",
        "TensorFlow Privacy's tutorial, which reports 95.0 % at ε 1.20 (mean of 10 runs, δ 1e-5).",
    ),
    "small-data": ("Small data", "1,500 digits instead of 60,000: each person weighs more, so ε costs more."),
    "optimal": ("Use Optimal Parameters", "The most accurate settings found on a grid at a small ε."),
}

# https://github.com/tensorflow/privacy/blob/master/tutorials/README.md, the last row of its table.
_PUBLISHED: Mapping[str, Any] = {"noise_multiplier": 1.2, "learning_rate": 0.32, "epochs": 10}
_TASK_OF: Mapping[str, str] = {"published": "mnist", "small-data": "mnist-1500"}

# Changes to the task's defaults. The full-size tasks follow the guide's ladder (plain DP-SGD); on about
# 1,500 examples the same ε takes far more noise, so there only sigma moves: ε near 1.1 and 7.4 at δ = 1e-5.
_GUIDE_LADDER: Mapping[str, Mapping[str, Any]] = {
    "strong": {"noise_multiplier": 1.1, "learning_rate": 0.01, "epochs": 10},
    "weak": {"noise_multiplier": 0.6, "epochs": 20},
}
_CHANGES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "mnist": {**_GUIDE_LADDER, "published": _PUBLISHED},
    "fashion_mnist": _GUIDE_LADDER,
    "mnist-1500": {"strong": {"noise_multiplier": 4.4}, "weak": {"noise_multiplier": 1.1}},
    "digits": {"strong": {"noise_multiplier": 4.5}, "weak": {"noise_multiplier": 1.1}},
    "xor": {"strong": {"noise_multiplier": 3.8}, "weak": {"noise_multiplier": 1.0}},
}


@cache
def measurements() -> Mapping[str, Mapping[str, Any]]:
    """Return {task: {preset id: record}} as ``benchmarks.optimal_grid`` wrote it.

    A record holds ``parameters``, ``accuracy``, ``epsilon`` (None: infinite) and ``source``.
    """
    tasks: Mapping[str, Mapping[str, Any]] = json.loads(MEASURED_PRESETS.read_text("utf-8"))["tasks"]
    return tasks


def presets(task: str) -> list[dict[str, Any]]:
    """Return the presets of ``task`` as the page shows them, from strong privacy to none, optimal last.

    Each is {id, title, description, parameters, measured}; ``measured`` is
    {accuracy, epsilon, source}, or None where these very parameters have not
    been measured here. ε is at δ = 1e-5, Poisson sampling, add/remove one example.
    The tasks on MNIST lead to each other: "published" and "small-data" name their ``task`` too.

    >>> [preset["id"] for preset in presets("mnist")]
    ['strong', 'balanced', 'weak', 'no-privacy', 'published', 'small-data', 'optimal']
    >>> [preset["id"] for preset in presets("digits")]
    ['strong', 'balanced', 'weak', 'no-privacy', 'optimal']

    Raises:
        KeyError: there is no such task.
    """
    offered = [name for name in _TEXTS if name not in _TASK_OF or task in _TASK_OF.values()]
    return [_preset(task, name) for name in offered]


def preset_parameters(task: str, name: str) -> dict[str, Any]:
    """Return the settings of a preset: the optimal ones as found, else the task's defaults changed."""
    if name == "optimal":
        return dict(measurements()[task]["optimal"]["parameters"])
    defaults = {setting: default_of(setting, task) for setting in SETTINGS if setting != "optimizer"}
    changes = {"noise_multiplier": 0.0} if name == "no-privacy" else _CHANGES[task].get(name, {})
    return {**defaults, "optimizer": TASKS[task].optimizer, **changes}


def measured_accuracy(parameters: RunParameters) -> float | None:
    """Return the measured test accuracy of exactly these settings, None if they are no measured preset."""
    if not is_tasks_own(parameters) or parameters.sampling != "poisson":
        return None
    wanted = {name: getattr(parameters, name) for name in SETTINGS}
    for record in measurements()[parameters.task].values():
        if record["parameters"] == wanted and record["accuracy"] is not None:
            return float(record["accuracy"])
    return None


def is_tasks_own(parameters: RunParameters) -> bool:
    """Return whether data, size and model are those that the task itself prescribes."""
    if parameters.task not in TASKS:
        return False
    task = TASKS[parameters.task]
    return (parameters.dataset, parameters.train_size, parameters.model) == (
        task.dataset,
        task.train_size,
        task.model,
    )


def _preset(task: str, name: str) -> dict[str, Any]:
    title, description = _TEXTS[name]
    own = _TASK_OF.get(name, task)
    parameters = preset_parameters(own, name)
    return {
        "id": name,
        "title": title,
        "description": description,
        "parameters": {"task": own, **parameters} if name in _TASK_OF else parameters,
        "measured": _measured(own, "balanced" if name == "small-data" else name, parameters),
    }


def _measured(task: str, name: str, parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    record = measurements()[task].get(name)
    if record is None or record["accuracy"] is None or record["parameters"] != parameters:
        return None
    return {key: record[key] for key in ("accuracy", "epsilon", "source")}
