"""Simulated runs for the tests: a task's defaults with some changes."""

from __future__ import annotations

from typing import Any

from app.events import EpochPoint, Event
from app.parameters import RunParameters
from app.simulation import simulate
from app.simulation.curves import expected_final_accuracy
from app.simulation.profiles import find_profile


def parameters_of(task: str = "mnist", **changes: Any) -> RunParameters:
    """Return the defaults of ``task`` as a simulation with seed 1, with ``changes``."""
    return RunParameters.of_task(task, **{"mode": "simulation", "seed": 1, **changes})


def events_of(task: str = "mnist", **changes: Any) -> list[Event]:
    """Return the events of a simulated run; one thousandth of epsilon is spent a step."""
    return simulate(parameters_of(task, **changes), epsilon_at=lambda steps: steps / 1000)


def epochs_of(task: str = "mnist", *, series: str = "private", **changes: Any) -> list[EpochPoint]:
    """Return the epoch points of one series of a simulated run."""
    events = events_of(task, **changes)
    return [event for event in events if isinstance(event, EpochPoint) and event.series == series]


def final_of(task: str = "mnist", **changes: Any) -> float:
    """Return the final accuracy of a simulated run."""
    return epochs_of(task, **changes)[-1].accuracy


def expected_of(task: str = "mnist", **changes: Any) -> float:
    """Return the final accuracy without any luck."""
    parameters = parameters_of(task, **changes)
    return expected_final_accuracy(parameters, find_profile(parameters))
