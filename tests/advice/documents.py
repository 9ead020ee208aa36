"""Run documents for the advice to judge, and the exact ε that goes with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.parameters import RunParameters
from app.privacy.guarantee import guaranteed_epsilon
from app.privacy.mechanism import Mechanism

# What a measured default run on MNIST shows (accuracy after each epoch, plain SGD: still rising at the end).
RISING = tuple(0.82 - 0.5 * 0.75**epoch for epoch in range(1, 16))


def parameters_of(task: str = "mnist", **changes: Any) -> RunParameters:
    """Return the task's default parameters of a simulated run with ``changes``."""
    return RunParameters.of_task(task, **{"mode": "simulation", **changes})


def epsilon_of(parameters: RunParameters) -> float | None:
    """Return the guaranteed ε of the whole run, None where it is infinite."""
    return guaranteed_epsilon(Mechanism.of(parameters))(parameters.steps)


def unknown_accuracy(parameters: RunParameters) -> None:
    """Return None: a simulator without a fit."""


def epoch_rows(
    parameters: RunParameters, accuracies: tuple[float, ...], **values: Any
) -> list[dict[str, Any]]:
    """Return one row of the document for each accuracy; ``values`` replace the rows' other numbers."""
    calm = {
        "loss": 0.7,
        "test_loss": 0.6,
        "clipped_fraction": 0.6,
        "gradient_norm_median": 1.4,
        "gradient_norm_p90": 6.0,
        "signal_norm": 0.3,
        "noise_norm": 0.5,
    }
    return [
        {
            "epoch": epoch,
            "iteration": parameters.steps_after(epoch),
            "accuracy": accuracy,
            "epsilon": epsilon_of(replace(parameters, epochs=epoch)),
            **calm,
            **values,
        }
        for epoch, accuracy in enumerate(accuracies, start=1)
    ]


def document_of(
    parameters: RunParameters,
    *,
    accuracies: tuple[float, ...] | None = None,
    evidence: str = "measured",
    rows: dict[str, Any] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Return the document of a finished run: ``rows`` replace numbers of every epoch, ``fields`` the rest."""
    if accuracies is None:
        accuracies = RISING[-parameters.epochs :] if parameters.epochs <= len(RISING) else RISING
    epochs = epoch_rows(parameters, accuracies, **(rows or {}))
    last = epochs[-1] if epochs else None
    return {
        "id": None,
        "state": "done",
        "mode": parameters.mode,
        "evidence": evidence,
        "parameters": parameters.to_dict(),
        "epochs": epochs,
        "final_metrics": last and {name: last[name] for name in ("accuracy", "loss", "test_loss", "epsilon")},
        "per_class_accuracy": [0.8] * 10,
        "privacy": {},
        "baseline": None,
        **fields,
    }
