"""Solves run parameters for a target ε."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.errors import Fault, InvalidParameters
from app.parameters import RunParameters
from app.privacy.calibration import Unreachable, epochs_for, noise_multiplier_for
from app.privacy.wording import at_most


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
        raise _out_of_reach(target_epsilon, fault) from None
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
        raise _out_of_reach(target_epsilon, fault) from None
    return replace(parameters, epochs=epochs)


def solvable(values: Mapping[str, Any]) -> str:
    """Return which of noise_multiplier and epochs the fields set leave to be solved for.

    Raises:
        InvalidParameters: both are given, so that nothing is left.
    """
    if "noise_multiplier" in values and "epochs" in values:
        rule = "leave one of noise_multiplier and epochs out: it is what target_epsilon solves for."
        raise InvalidParameters.of(Fault("noise_multiplier", rule), Fault("epochs", rule))
    return "epochs" if "noise_multiplier" in values else "noise_multiplier"


def _out_of_reach(target_epsilon: float, fault: Unreachable) -> InvalidParameters:
    finite = math.isfinite(fault.nearest)
    reachable = at_most(fault.nearest) if finite else "none: without noise ε is infinite"
    rule = f"cannot be reached; received {target_epsilon:g}, the nearest reachable ε is {reachable}."
    return InvalidParameters(
        f"{str(fault)[0].upper()}{str(fault)[1:]}.", errors=[Fault("target_epsilon", rule)]
    )
