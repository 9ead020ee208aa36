"""A simulated run: the events that a real training of the same settings would emit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from app.catalog import DATASETS, MODELS
from app.events import EpochPoint, Event, Finished, IterationPoint, Notice, Ready, Series
from app.parameters import RunParameters
from app.privacy import wording
from app.privacy.guarantee import EpsilonAt, affordable_steps
from app.simulation import gradients
from app.simulation.classes import per_class_accuracy
from app.simulation.curves import Curves, curves
from app.simulation.luck import POINTS_PER_EPOCH, Luck, luck_of
from app.simulation.profiles import NoFit, Profile, find_profile

MOST_POINTS = 60
"""Points within epochs are left out of runs that would have more than this."""


def simulate(parameters: RunParameters, *, epsilon_at: EpsilonAt) -> list[Event]:
    """Return the events of a simulated run of ``parameters``, in the order a real one emits them.

    Args:
        parameters: resolved; ``seed`` must be a number, because a simulation is
            a function of its settings and its seed alone.
        epsilon_at: maps a number of steps taken to the epsilon spent by then
            (None where it is infinite).

    Raises:
        NoFit: nothing has been fitted for the task, its data, model, size or optimizer,
            or ``stop_at_budget`` leaves no step to take.
        ValueError: ``seed`` is None.
    """
    if parameters.seed is None:
        raise ValueError("seed None: a simulation needs a number, so that it can be drawn again")
    profile = find_profile(parameters)
    luck = luck_of(parameters.seed)
    steps = _affordable_steps(parameters, epsilon_at)
    events: list[Event] = [_ready(parameters, profile), *_notices(parameters, profile)]
    events += _private_events(parameters, profile, luck, epsilon_at, steps)
    if steps < parameters.steps:
        events.append(_stopped_at_budget(parameters, steps))
    if parameters.baseline:
        unclipped = replace(parameters, clipping_norm=np.inf, noise_multiplier=0.0)
        drawn = curves(unclipped, profile, luck, steps=steps)
        events += _events_of("baseline", drawn, profile, luck, [{}] * parameters.epochs)
    events.append(Finished(state="done", steps=steps, training_seconds=0.0))
    return events


def _affordable_steps(parameters: RunParameters, epsilon_at: EpsilonAt) -> int:
    """Return the steps to take: all of them, or those within the privacy budget if the run stops there."""
    if not parameters.stop_at_budget:
        return parameters.steps
    steps = affordable_steps(epsilon_at, budget=parameters.privacy_budget, steps=parameters.steps)
    if steps == 0:
        raise NoFit("privacy_budget", wording.budget_too_small(parameters.privacy_budget))
    return steps


def _stopped_at_budget(parameters: RunParameters, steps: int) -> Notice:
    text = wording.stopped_at_budget(steps=steps, planned=parameters.steps, budget=parameters.privacy_budget)
    return Notice(id="stopped-at-budget", severity="info", text=text)


def _ready(parameters: RunParameters, profile: Profile) -> Ready:
    dataset, model = DATASETS[parameters.dataset], MODELS[parameters.model]
    return Ready(
        dataset={
            "name": dataset.name,
            "title": dataset.title,
            "examples": parameters.train_size,
            "test_examples": dataset.test_examples,
            "classes": dataset.classes,
            "class_names": list(dataset.class_names),
        },
        model={
            "name": model.name,
            "title": model.title,
            "trainable_parameters": profile.trainable_parameters,
        },
    )


def _notices(parameters: RunParameters, profile: Profile) -> Iterator[Notice]:
    """Yield a notice if a setting, or the baseline's learning rate, lies outside the measured runs."""
    beyond = [
        f"{name} {getattr(parameters, name):g} (measured {least:g} to {most:g})"
        for name, (least, most) in profile.fitted_range.items()
        if not least <= getattr(parameters, name) <= most
    ]
    if beyond:
        text = "The simulation extrapolates beyond the runs it was fitted to: " + ", ".join(beyond) + "."
        yield Notice(id="beyond-fit", severity="warning", text=text)
    if parameters.baseline and parameters.learning_rate > profile.unclipped_range[1]:
        text = (
            f"Without clipping, a real training may break down at learning rate {parameters.learning_rate:g} "
            f"(measured up to {profile.unclipped_range[1]:g}); the simulated baseline does not show that."
        )
        yield Notice(id="baseline-beyond-fit", severity="warning", text=text)


def _private_events(
    parameters: RunParameters, profile: Profile, luck: Luck, epsilon_at: EpsilonAt, steps: int
) -> list[Event]:
    """Return the points of the private series, with clipping statistics and epsilon."""
    drawn = curves(parameters, profile, luck, steps=steps)
    statistics = _clipping_statistics(parameters, profile, drawn)
    ends = drawn.iterations[POINTS_PER_EPOCH - 1 :: POINTS_PER_EPOCH].astype(int).tolist()
    for end, values in zip(ends, statistics, strict=True):
        values["epsilon"] = epsilon_at(end)
    return list(_events_of("private", drawn, profile, luck, statistics))


def _events_of(
    series: Series, drawn: Curves, profile: Profile, luck: Luck, statistics: Sequence[dict[str, Any]]
) -> Iterator[Event]:
    """Yield the iteration and epoch points of one series; ``statistics`` holds each epoch's own fields."""
    by_class = per_class_accuracy(drawn.accuracy[POINTS_PER_EPOCH - 1 :: POINTS_PER_EPOCH], profile, luck)
    classes = profile.class_offsets.size
    yield IterationPoint(series=series, iteration=0, accuracy=1.0 / classes, loss=math.log(classes))
    for point, iteration in _shown(drawn.iterations.astype(int).tolist()):
        accuracy, loss = float(drawn.accuracy[point]), float(drawn.loss[point])
        yield IterationPoint(series=series, iteration=iteration, accuracy=accuracy, loss=loss)
        epoch, part = divmod(point + 1, POINTS_PER_EPOCH)
        if part == 0:
            yield EpochPoint(
                series=series,
                epoch=epoch,
                iteration=iteration,
                accuracy=accuracy,
                loss=loss,
                test_loss=float(drawn.test_loss[point]),
                per_class_accuracy=by_class[epoch - 1].tolist(),
                **statistics[epoch - 1],
            )


def _shown(iterations: list[int]) -> Iterator[tuple[int, int]]:
    """Yield (point, iteration) of the points to show: distinct, all ends of epochs among them.

    With few steps an epoch, several of its points fall on the same step; long
    runs show the ends of epochs only, as a training does.
    """
    previous = 0
    sparse = len(iterations) > MOST_POINTS
    for point, iteration in enumerate(iterations):
        end = point - point % POINTS_PER_EPOCH + POINTS_PER_EPOCH - 1
        if point == end or (not sparse and previous < iteration < iterations[end]):
            yield point, iteration
            previous = iteration


def _clipping_statistics(parameters: RunParameters, profile: Profile, drawn: Curves) -> list[dict[str, Any]]:
    """Return the clipping fields of each epoch's point, as keyword arguments of EpochPoint."""
    norms = gradients.distribution(drawn.epochs, profile.norms)
    clip = parameters.clipping_norm
    signal = gradients.signal_norm(
        norms.mean_clipped(clip),
        drawn.epochs,
        batch_size=parameters.batch_size,
        constants=profile.norms,
    )
    dimensions = profile.trainable_parameters
    noise = parameters.noise_multiplier * clip * float(np.sqrt(dimensions)) / parameters.batch_size
    columns = zip(
        norms.share_above(clip).tolist(),
        gradients.histograms(norms, clip),
        norms.quantile(0.5).tolist(),
        norms.quantile(0.9).tolist(),
        signal.tolist(),
        strict=True,
    )
    return [
        {
            "clipped_fraction": clipped,
            "gradient_norm_histogram": histogram,
            "gradient_norm_median": median,
            "gradient_norm_p90": p90,
            "signal_norm": mean,
            "noise_norm": noise,
        }
        for clipped, histogram, median, p90, mean in columns
    ]
