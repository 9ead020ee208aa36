"""Privacy accounting: epsilon of DP-SGD, its inverse, its meaning and its statement.

Pure: no Flask and no TensorFlow. dp_accounting, which takes 0.8 s to import, does
the privacy loss distributions in a child process; Renyi divergences need none of it.
"""

from __future__ import annotations

from app.privacy.accounting import GDP_LABEL, EpsilonCurve, RdpEpsilon, epsilon_gdp, epsilon_rdp
from app.privacy.calibration import (
    Unreachable,
    epochs_for,
    noise_multiplier_for,
    noise_multiplier_for_steps,
)
from app.privacy.interpretation import Interpretation, interpret, level_of
from app.privacy.mechanism import InvalidMechanism, Mechanism
from app.privacy.pld import PldResult, epsilon_pld
from app.privacy.renyi import ORDERS
from app.privacy.statement import privacy_report

__all__ = [
    "GDP_LABEL",
    "ORDERS",
    "EpsilonCurve",
    "Interpretation",
    "InvalidMechanism",
    "Mechanism",
    "PldResult",
    "RdpEpsilon",
    "Unreachable",
    "epochs_for",
    "epsilon_gdp",
    "epsilon_pld",
    "epsilon_rdp",
    "interpret",
    "level_of",
    "noise_multiplier_for",
    "noise_multiplier_for_steps",
    "privacy_report",
]
