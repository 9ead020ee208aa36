"""The committed grid: which settings are tried for which task, and under which ε.

Clipping norm, learning rate, batch size and epochs stay inside the guide's
bands. Accuracy never rises with σ, so σ is no axis: each setting gets the least
σ on a grid of 0.05 that keeps ε within the task's limit. At full size that lies
inside the guide's band too; with 1,500 examples the same ε needs more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.advice.presets import SETTINGS, preset_parameters
from app.parameters import PARAMETERS, RunParameters
from app.privacy.accounting import EpsilonCurve
from app.privacy.calibration import Unreachable, noise_multiplier_for
from app.privacy.mechanism import Mechanism

DELTA = 1e-5
NOISE_STEP = 0.05

CLIPPING_NORMS = (1.0, 1.5, 2.0)
LEARNING_RATES = (0.01, 0.02)
OPTIMIZERS = ("sgd", "momentum", "adam")
BATCH_SIZES = (128, 256, 512)
EPOCHS = (10, 15, 20)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How one task is searched.

    ``epsilon_limit`` bounds the ε of every candidate; ``incumbent`` keeps its
    place unless a candidate is clearly better. ``short`` is the number of epochs
    of the first, coarse stage.
    """

    task: str
    epsilon_limit: float
    incumbent: Mapping[str, Any]
    short: int
    search_seeds: tuple[int, ...]


def _recipe(*values: Any) -> dict[str, Any]:
    return dict(zip(SETTINGS, values, strict=True))


# At full size: near the strong preset's ε (1.10). On small data: no worse than the task's own default.
FULL_SIZE_LIMIT = 1.3
_MNIST_INCUMBENT = _recipe(1.5, 1.1, 256, 0.02, 15, "momentum")


def plans() -> dict[str, Plan]:
    """Return the plan of each task that is searched."""
    mnist = Plan(
        task="mnist",
        epsilon_limit=FULL_SIZE_LIMIT,
        incumbent=_MNIST_INCUMBENT,
        short=3,
        search_seeds=(1,),
    )
    small = {
        task: Plan(
            task=task,
            epsilon_limit=epsilon_of(run_of(task, preset_parameters(task, "balanced"), seed=None)),
            incumbent=preset_parameters(task, "balanced"),
            short=10,
            search_seeds=(1, 2),
        )
        for task in ("mnist-1500", "digits", "xor")
    }
    return {"mnist": mnist, **small}


def run_of(task: str, settings: Mapping[str, Any], *, seed: int | None) -> RunParameters:
    """Return the parameters of a real run of ``task`` with ``settings``."""
    return RunParameters.of_task(task, delta=DELTA, privacy_budget=50.0, seed=seed, **settings)


def epsilon_of(parameters: RunParameters) -> float:
    """Return the RDP ε of the whole run; infinite without noise."""
    return EpsilonCurve.of(Mechanism.of(parameters)).at(parameters.steps).epsilon


def with_least_noise(plan: Plan, settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return ``settings`` with the least σ of the grid within the ε limit; None if no allowed σ is.

    σ is at least the lower end of the guide's band and, at full size, at most its upper end.
    """
    parameters = run_of(plan.task, {**settings, "noise_multiplier": 1.0}, seed=None)
    low, high = PARAMETERS["noise_multiplier"].recommended or (0.0, 0.0)
    try:
        needed = noise_multiplier_for(
            plan.epsilon_limit,
            examples=parameters.train_size,
            batch_size=parameters.batch_size,
            epochs=parameters.epochs,
            delta=parameters.delta,
        )
    except Unreachable:
        return None
    noise = max(low, round(math.ceil(round(needed / NOISE_STEP, 6)) * NOISE_STEP, 2))
    if plan.task == "mnist" and noise > high:
        return None
    return {**settings, "noise_multiplier": noise}


def recipes(plan: Plan) -> list[dict[str, Any]]:
    """Return the coarse stage: every optimizer, C and learning rate at the incumbent's batch and length."""
    return _possible(
        plan,
        (
            {**plan.incumbent, "optimizer": optimizer, "clipping_norm": norm, "learning_rate": rate}
            for optimizer in OPTIMIZERS
            for norm in CLIPPING_NORMS
            for rate in LEARNING_RATES
        ),
    )


def variants(
    plan: Plan, settings: Mapping[str, Any], name: str, values: Iterable[int]
) -> list[dict[str, Any]]:
    """Return ``settings`` with ``name`` at each of ``values``, each with its least noise."""
    return _possible(plan, ({**settings, name: value} for value in values))


def _possible(plan: Plan, candidates: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [found for settings in candidates if (found := with_least_noise(plan, settings)) is not None]


def shortened(parameters: RunParameters, epochs: int) -> RunParameters:
    """Return the first ``epochs`` epochs of a run: same noise, same steps."""
    return replace(parameters, epochs=min(epochs, parameters.epochs))
