"""The ``audit`` of a run document: what the audit has found, or what it is going to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.events import Audited, encode
from app.privacy.audit_plan import CONFIDENCE
from app.privacy.audit_statement import audit_statement

_FOUND = ("epsilon_lower_bound", "guesses", "correct", "membership", "baseline", "statement")
_STATED = (
    *("method", "canaries", "guesses", "correct", "confidence"),
    *("epsilon_lower_bound", "epsilon_upper_bound"),
)


def audit_report(
    plan: Mapping[str, Any] | None, audited: Audited | None, *, epsilon: float | None
) -> dict[str, Any] | None:
    """Return the report of an audit, with null for what it has not found yet; None for a training.

    ``plan`` is {run_id, method, canaries}, None for a training; ``epsilon`` what is guaranteed for its whole
    training, None where it is infinite.
    """
    if plan is None:
        return None
    if audited is None:
        bounds = {"confidence": CONFIDENCE, "epsilon_upper_bound": epsilon}
        return {**plan, **bounds, **dict.fromkeys(_FOUND)}
    found = {name: value for name, value in encode(audited).items() if name != "kind"}
    return {
        "run_id": plan["run_id"],
        **found,
        "statement": audit_statement(**{name: found[name] for name in _STATED}),
    }
