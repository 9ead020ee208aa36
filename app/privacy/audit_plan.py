"""Which canaries an audit uses, and how many."""

from __future__ import annotations

from dataclasses import dataclass

METHODS = ("dirac", "mislabelled")
CHOICES = ("auto", *METHODS)
CONFIDENCE = 0.95
CANARIES = 1_000
ROC_POINTS = 100  # at most, of the curve that is told
# At most this share of the N places: mislabelled examples spoil what the others teach, Dirac canaries do not.
_LARGEST_SHARE = {"dirac": 1 / 2, "mislabelled": 1 / 4}


@dataclass(frozen=True, kw_only=True)
class AuditPlan:
    """What an audit does: ``method`` is one of METHODS, ``canaries`` how many coins are tossed (m)."""

    method: str
    canaries: int


def audit_plan(choice: str, *, noise_multiplier: float, examples: int) -> AuditPlan:
    """Return the plan of an audit of a training on ``examples`` examples.

    ``choice`` "auto" is mislabelled canaries where there is no noise, which would leave nothing hidden
    from the stronger kind, else Dirac canaries.

    >>> audit_plan("auto", noise_multiplier=0.0, examples=1_500)
    AuditPlan(method='mislabelled', canaries=375)
    """
    method = choice
    if choice == "auto":
        method = "dirac" if noise_multiplier else "mislabelled"
    return AuditPlan(method=method, canaries=min(CANARIES, int(_LARGEST_SHARE[method] * examples)))
