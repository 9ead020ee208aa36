"""The run document: one JSON shape for simulated and measured runs, folded from events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.advice.assessment import assess
from app.advice.recommendations import recommend
from app.catalog import DATASETS, MODELS
from app.events import (
    EpochPoint,
    Event,
    Fallback,
    Finished,
    IterationPoint,
    Notice,
    Phase,
    Progress,
    Ready,
    encode,
)
from app.parameters import RunParameters
from app.privacy.guarantee import guaranteed_epsilon
from app.privacy.mechanism import Mechanism
from app.privacy.statement import privacy_report
from app.simulation import held_out_error, simulate

Document = dict[str, Any]

_NOT_IN_EPOCHS = ("kind", "series", "per_class_accuracy")
_NOT_IN_ITERATIONS = ("kind", "series")


@dataclass
class Curve:
    """What one series (private or baseline) has shown so far."""

    epochs: list[EpochPoint] = field(default_factory=list)
    iterations: list[IterationPoint] = field(default_factory=list)

    def copy(self) -> Curve:
        """Return a copy that later points do not change."""
        return Curve(list(self.epochs), list(self.iterations))


@dataclass
class Measurements:
    """The state that a run's events fold into; feed it with :meth:`add` in their order."""

    parameters: RunParameters
    phase: str | None = None
    dataset: dict[str, Any] | None = None
    model: dict[str, Any] | None = None
    steps: int = 0
    private: Curve = field(default_factory=Curve)
    baseline: Curve = field(default_factory=Curve)
    notices: list[dict[str, Any]] = field(default_factory=list)
    finished: Finished | None = None

    def add(self, event: Event) -> None:
        """Take ``event`` into account."""
        match event:
            case Phase(phase=phase):
                self.phase = phase
            case Ready(dataset=dataset, model=model):
                self.dataset, self.model = dataset, model
            case Progress(steps=steps):
                self.steps = max(self.steps, steps)
            case IterationPoint():
                self._curve(event.series).iterations.append(event)
            case EpochPoint():
                self._curve(event.series).epochs.append(event)
            case Notice(id=id, severity=severity, text=text):
                self.notices.append({"id": id, "severity": severity, "text": text})
            case Fallback():
                self._fall_back(event)
            case Finished():
                self.finished = event
                self.steps = max(self.steps, event.steps)

    def copy(self) -> Measurements:
        """Return a copy that later events do not change."""
        return replace(
            self,
            private=self.private.copy(),
            baseline=self.baseline.copy(),
            notices=list(self.notices),
        )

    def _curve(self, series: str) -> Curve:
        return self.baseline if series == "baseline" else self.private

    def _fall_back(self, event: Fallback) -> None:
        self.parameters = RunParameters.from_dict(event.parameters)
        self.notices.append({"id": "dataset-fallback", "severity": "warning", "text": event.reason})


def simulated_document(parameters: RunParameters, notices: Iterable[Mapping[str, Any]] = ()) -> Document:
    """Return the whole document of a simulation of ``parameters``.

    Raises:
        app.simulation.NoFit: the simulator has no fit for this task.
    """
    measurements = Measurements(parameters, notices=[dict(notice) for notice in notices])
    for event in simulate(parameters, epsilon_at=epsilon_at(parameters)):
        measurements.add(event)
    document = run_document(measurements, run_id=None, state="done", evidence="simulated", wait_for_pld=False)
    return document | {"simulation_error": held_out_error(parameters)}


def epsilon_at(parameters: RunParameters) -> Callable[[int], float | None]:
    """Return the function from steps taken to the ε they spent (None where it is infinite)."""
    return guaranteed_epsilon(Mechanism.of(parameters))


def run_document(
    measurements: Measurements,
    *,
    run_id: str | None,
    state: str,
    evidence: str,
    wait_for_pld: bool,
    queue_position: int | None = None,
    created_at: str | None = None,
) -> Document:
    """Return the run document of what ``measurements`` hold so far; it is complete at any time.

    ``wait_for_pld`` lets the tighter accountant take up to its time limit where
    its figure is not cached yet; else the figure is null with its reason.
    """
    parameters, private = measurements.parameters, measurements.private
    document: Document = {
        "id": run_id,
        "state": state,
        "mode": parameters.mode,
        "evidence": evidence,
        "created_at": created_at,
        "parameters": parameters.to_dict(),
        "dataset": measurements.dataset or _dataset_facts(parameters),
        "model": measurements.model or _model_facts(parameters),
        "progress": {
            "phase": measurements.phase if state == "running" else None,
            "queue_position": queue_position,
            "steps": measurements.steps,
            "steps_total": parameters.steps,
        },
        **_curve_fields(private, clipping_norm=parameters.clipping_norm),
        "final_metrics": _final_metrics(private, measurements),
        **_spent(measurements, evidence),
        "privacy": privacy_report(
            Mechanism.of(parameters),
            wait_for_pld=wait_for_pld,
            steps_taken=_steps_to_account(measurements, state),
        ),
        "baseline": _baseline(measurements),
        "simulation_error": None,
        "notices": measurements.notices,
        "error": measurements.finished.error if measurements.finished else None,
    }
    document["assessment"] = assess(document)
    document["recommendations"] = recommend(document, epsilon_of=final_epsilon)
    return document


def final_epsilon(parameters: RunParameters) -> float | None:
    """Return the ε of a whole run with ``parameters``, None where it is infinite."""
    return epsilon_at(parameters)(parameters.steps)


def _dataset_facts(parameters: RunParameters) -> dict[str, Any]:
    info = DATASETS[parameters.dataset]
    return {
        "name": info.name,
        "title": info.title,
        "examples": parameters.train_size,
        "test_examples": info.test_examples,
        "classes": info.classes,
        "class_names": list(info.class_names),
    }


def _model_facts(parameters: RunParameters) -> dict[str, Any]:
    info = MODELS[parameters.model]
    return {"name": info.name, "title": info.title, "trainable_parameters": None}


def _without(event: Event, names: Iterable[str]) -> dict[str, Any]:
    fields = encode(event)
    for name in names:
        del fields[name]
    return fields


def _curve_fields(curve: Curve, *, clipping_norm: float | None) -> dict[str, Any]:
    last = curve.epochs[-1] if curve.epochs else None
    histogram = last.gradient_norm_histogram if last else None
    return {
        "epochs": [_without(point, _NOT_IN_EPOCHS) for point in curve.epochs],
        "iterations": [_without(point, _NOT_IN_ITERATIONS) for point in curve.iterations],
        "gradient_norms": last
        and histogram
        and {"clipping_norm": clipping_norm, "clipped_fraction": last.clipped_fraction, **histogram},
        "per_class_accuracy": last.per_class_accuracy if last else None,
    }


def _final_metrics(curve: Curve, measurements: Measurements) -> dict[str, Any] | None:
    """Return the last epoch's numbers, to the last digit; None before the first epoch ends."""
    if not curve.epochs:
        return None
    last, finished = curve.epochs[-1], measurements.finished
    return {
        "accuracy": last.accuracy,
        "loss": last.loss,
        "test_loss": last.test_loss,
        "epsilon": last.epsilon,
        "delta": measurements.parameters.delta,
        "training_seconds": finished.training_seconds
        if finished and measurements.parameters.mode == "real"
        else None,
    }


def _spent(measurements: Measurements, evidence: str) -> dict[str, Any]:
    """Return the ε of the steps really taken; a simulation has touched no data and spent nothing."""
    spent = epsilon_at(measurements.parameters)(measurements.steps) if evidence == "measured" else None
    return {"epsilon_spent": spent, "epsilon_charged": spent}


def _steps_to_account(measurements: Measurements, state: str) -> int | None:
    """Return the steps the privacy report is about: those taken once a run has ended, else None for all."""
    return measurements.steps if state in {"done", "cancelled", "failed"} else None


def _baseline(measurements: Measurements) -> dict[str, Any] | None:
    curve = measurements.baseline
    if not curve.iterations and not curve.epochs:
        return None
    return {
        **_curve_fields(curve, clipping_norm=None),
        "final_metrics": _final_metrics(curve, measurements),
    }
