"""The job of a training: what its run's row tells whoever executes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.parameters import RunParameters


def training_job(
    parameters: RunParameters, fallback: RunParameters | None, notices: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the job of training ``parameters``, or ``fallback`` where their data cannot be had."""
    return {
        "kind": "training",
        "parameters": parameters.to_dict(),
        "fallback": fallback.to_dict() if fallback else None,
        "notices": [dict(notice) for notice in notices],
        "audit": None,
    }
