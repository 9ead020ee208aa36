"""What accuracy a setting can be expected to give, and how that is known."""

from __future__ import annotations

from app.advice.case import AccuracyOf
from app.advice.presets import measured_accuracy
from app.parameters import RunParameters
from app.simulation.curves import expected_final_accuracy
from app.simulation.profiles import NoFit, find_profile


def expected_accuracy(parameters: RunParameters, accuracy_of: AccuracyOf) -> tuple[float | None, str | None]:
    """Return (accuracy, evidence): measured where exactly these settings were, else simulated.

    Both are None where neither is known.
    """
    measured = measured_accuracy(parameters)
    if measured is not None:
        return measured, "measured"
    simulated = accuracy_of(parameters)
    return (None, None) if simulated is None else (simulated, "simulated")


def simulated_accuracy(parameters: RunParameters) -> float | None:
    """Return the simulated final test accuracy without a seed's luck; None without a fit."""
    try:
        return expected_final_accuracy(parameters, find_profile(parameters))
    except NoFit:
        return None
