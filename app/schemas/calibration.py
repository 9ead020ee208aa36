"""Solves run parameters for a target ε, within the bounds of the parameter table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.errors import Fault, InvalidParameters
from app.parameters import PARAMETERS, RunParameters
from app.privacy.accounting import EpsilonCurve
from app.privacy.calibration import Unreachable, epochs_for, noise_multiplier_for


def with_solved_noise(parameters: RunParameters, target_epsilon: float) -> RunParameters:
    """Return ``parameters`` with the least noise multiplier whose run spends at most ``target_epsilon``.

    Raises:
        InvalidParameters: no noise the table permits reaches it; the message names the nearest ε.
    """
    try:
        noise_multiplier = noise_multiplier_for(
            target_epsilon,
            examples=parameters.train_size,
            batch_size=parameters.batch_size,
            epochs=parameters.epochs,
            delta=parameters.delta,
        )
    except Unreachable as fault:
        raise _out_of_reach(target_epsilon, fault.nearest, "noise_multiplier") from None
    most = PARAMETERS["noise_multiplier"].maximum
    if noise_multiplier > most:
        strongest = replace(parameters, noise_multiplier=most)
        raise _out_of_reach(target_epsilon, _epsilon(strongest), "noise_multiplier")
    return replace(parameters, noise_multiplier=noise_multiplier)


def with_solved_epochs(parameters: RunParameters, target_epsilon: float) -> RunParameters:
    """Return ``parameters`` with the most epochs the table permits that spend at most ``target_epsilon``.

    Raises:
        InvalidParameters: one epoch spends more already; the message names the nearest ε.
    """
    try:
        epochs = epochs_for(
            target_epsilon,
            noise_multiplier=parameters.noise_multiplier,
            examples=parameters.train_size,
            batch_size=parameters.batch_size,
            delta=parameters.delta,
        )
    except Unreachable as fault:
        raise _out_of_reach(target_epsilon, fault.nearest, "epochs") from None
    return replace(parameters, epochs=min(epochs, int(PARAMETERS["epochs"].maximum)))


def solvable(values: Mapping[str, Any]) -> str:
    """Return which of noise_multiplier and epochs the fields set leave to be solved for.

    Raises:
        InvalidParameters: both are given, so that nothing is left.
    """
    if "noise_multiplier" in values and "epochs" in values:
        rule = "leave one of noise_multiplier and epochs out: it is what target_epsilon solves for."
        raise InvalidParameters.of(Fault("noise_multiplier", rule), Fault("epochs", rule))
    return "epochs" if "noise_multiplier" in values else "noise_multiplier"


def _epsilon(parameters: RunParameters) -> float:
    curve = EpsilonCurve(
        sampling_probability=parameters.sampling_probability,
        noise_multiplier=parameters.noise_multiplier,
        delta=parameters.delta,
    )
    return curve.at(parameters.steps).epsilon


def _out_of_reach(target_epsilon: float, nearest: float | None, solved_for: str) -> InvalidParameters:
    reachable = "no finite ε can be" if nearest is None else f"the nearest that can be is {nearest:.4g}"
    rule = f"cannot be reached by {solved_for} with these settings; received {target_epsilon:g}, {reachable}."
    return InvalidParameters.of(Fault("target_epsilon", rule))
