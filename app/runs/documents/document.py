"""The run document: one JSON shape for simulated and measured runs, folded from events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from app.advice.assessment import assess
from app.advice.recommendations import recommend
from app.catalog import MODELS
from app.events import (
    Audited,
    EpochPoint,
    Event,
    Fallback,
    Finished,
    IterationPoint,
    Notice,
    Phase,
    Progress,
    Ready,
    Retrying,
    Started,
    encode,
)
from app.parameters import RunParameters
from app.privacy import wording
from app.privacy.guarantee import EpsilonAt, charged_epsilon, guaranteed_epsilon
from app.privacy.mechanism import Mechanism
from app.privacy.statement import privacy_report
from app.runs.documents.audit_report import audit_report
from app.runs.store.schema import FINISHED_STATES
from app.simulation import held_out_error, simulate

Document = dict[str, Any]

_NOT_IN_EPOCHS = ("kind", "series", "per_class_accuracy")
_NOT_IN_ITERATIONS = ("kind", "series")


@dataclass
class Curve:
    """What one series (private or baseline) has shown so far."""

    epochs: list[EpochPoint] = field(default_factory=list)
    iterations: list[IterationPoint] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class EarlierAttempt:
    """An attempt that was lost: its number from 1, the private steps it told of, and why it ended."""

    attempt: int
    parameters: RunParameters
    steps: int
    why: str


@dataclass
class Measurements:
    """The state that a run's events fold into; feed it with :meth:`add` in their order.

    The curves are those of the present attempt: a lost one's are dropped, its steps stay charged.
    ``audit`` is the plan {run_id, method, canaries} of an audit, None for a training.
    """

    parameters: RunParameters
    phase: str | None = None
    dataset: dict[str, Any] | None = None
    model: dict[str, Any] | None = None
    steps: int = 0
    private: Curve = field(default_factory=Curve)
    baseline: Curve = field(default_factory=Curve)
    notices: list[dict[str, Any]] = field(default_factory=list)
    finished: Finished | None = None
    attempt: int = 0
    audit: dict[str, Any] | None = None
    audited: Audited | None = None
    earlier: list[EarlierAttempt] = field(default_factory=list)
    _asked: tuple[RunParameters, list[dict[str, Any]]] = field(init=False)

    def __post_init__(self) -> None:
        self._asked = (self.parameters, list(self.notices))

    def add(self, event: Event) -> None:
        """Take ``event`` into account."""
        match event:
            case Started(attempt=attempt):
                self.attempt = attempt
            case Retrying():
                self._start_over(event)
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
            case Audited():
                self.audited = event
            case Finished():
                self.finished = event
                self.steps = max(self.steps, event.steps)

    def _curve(self, series: str) -> Curve:
        return self.baseline if series == "baseline" else self.private

    def _start_over(self, event: Retrying) -> None:
        """Forget what the lost attempt measured, but not what it spent."""
        self.earlier.append(
            EarlierAttempt(attempt=event.attempt, parameters=self.parameters, steps=self.steps, why=event.why)
        )
        self.parameters, notices = self._asked
        self.notices = [*notices, _retry_notice(event)]
        self.phase = self.dataset = self.model = self.audited = None
        self.steps = 0
        self.private, self.baseline = Curve(), Curve()

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


def epsilon_at(parameters: RunParameters) -> EpsilonAt:
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
    eta_seconds: float | None = None,
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
            "eta_seconds": eta_seconds,
            "steps": measurements.steps,
            "steps_total": parameters.steps,
        },
        **_curve_fields(private, clipping_norm=parameters.clipping_norm),
        "final_metrics": _final_metrics(private, measurements),
        **_spent(measurements, evidence),
        "attempt": measurements.attempt if evidence == "measured" else None,
        "attempts": [_earlier(attempt) for attempt in measurements.earlier],
        "privacy": _privacy(measurements, state=state, wait_for_pld=wait_for_pld),
        "baseline": _baseline(measurements),
        "audit": audit_report(measurements.audit, measurements.audited, epsilon=final_epsilon(parameters)),
        "simulation_error": None,
        "notices": list(measurements.notices),
        "error": measurements.finished.error if measurements.finished else None,
    }
    document["assessment"] = assess(document)
    # An audit's model is thrown away, so there is nothing to improve about it.
    document["recommendations"] = [] if measurements.audit else recommend(document, epsilon_of=final_epsilon)
    return document


def iso_time(seconds: float) -> str:
    """Return a time in seconds since the epoch as documents tell it (UTC, ISO 8601).

    >>> iso_time(0.5)
    '1970-01-01T00:00:00.500+00:00'
    """
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")


def final_epsilon(parameters: RunParameters) -> float | None:
    """Return the ε of a whole run with ``parameters``, None where it is infinite."""
    return epsilon_at(parameters)(parameters.steps)


def _dataset_facts(parameters: RunParameters) -> dict[str, Any]:
    info = parameters.data
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
    """Return the ε of this attempt's steps and of all attempts'; a simulation has touched no data.

    The attempts on the same data are accounted together (``charged_epsilon``), those on other data (a
    fallback) with those; no example is in both, so that the larger ε holds for everybody.
    """
    if evidence != "measured":
        return {"epsilon_spent": None, "epsilon_charged": None}
    by_data: dict[RunParameters, list[int]] = {measurements.parameters: [measurements.steps]}
    for attempt in measurements.earlier:
        by_data.setdefault(attempt.parameters, []).append(attempt.steps)
    charged = [charged_epsilon(Mechanism.of(trained))(steps) for trained, steps in by_data.items()]
    whole = None if None in charged else max(epsilon for epsilon in charged if epsilon is not None)
    return {
        "epsilon_spent": epsilon_at(measurements.parameters)(measurements.steps),
        "epsilon_charged": whole,
    }


def _privacy(measurements: Measurements, *, state: str, wait_for_pld: bool) -> dict[str, Any]:
    """Return the privacy report of the present attempt; its statement tells of lost ones."""
    report = privacy_report(
        Mechanism.of(measurements.parameters),
        wait_for_pld=wait_for_pld,
        steps_taken=_steps_to_account(measurements, state),
        simulated=measurements.parameters.mode == "simulation",
    )
    if measurements.parameters.table is not None:
        report = _of_a_table(report)
    if not any(attempt.steps for attempt in measurements.earlier):
        return report
    return report | {"statement": _of_all_attempts(report["statement"], measurements, report["steps"])}


def _of_all_attempts(statement: str, measurements: Measurements, steps: int) -> str:
    """Return what holds for all attempts, behind the ``statement`` on the present one's ``steps`` steps."""
    charged = _spent(measurements, "measured")["epsilon_charged"]
    told = "without bound" if charged is None else f"ε = {wording.at_most(charged)} at the same δ"
    times = f"{measurements.attempt} times" if measurements.attempt > 1 else "once"
    # Of an attempt without a step the statement says that nothing has been given away: others did.
    present = statement if steps else "The last attempt took no step."
    return (
        f"{present} This run was started {times}, and its attempts used the data: "
        f"whoever saw what all of them released is bounded by {told}, which is what was charged."
    )


def _of_a_table(report: dict[str, Any]) -> dict[str, Any]:
    return report | {
        "assumptions": report["assumptions"] | {"unit": wording.UNIT_OF_A_TABLE},
        "statement": wording.of_a_table(report["statement"]),
    }


def _earlier(attempt: EarlierAttempt) -> dict[str, Any]:
    return {
        "attempt": attempt.attempt,
        "steps": attempt.steps,
        "epsilon": epsilon_at(attempt.parameters)(attempt.steps),
        "why": attempt.why,
    }


def _retry_notice(event: Retrying) -> dict[str, Any]:
    text = (
        f"Attempt {event.attempt} was lost ({event.why}); the run starts again from scratch. "
        "Each attempt used the data, so the ε charged counts them all."
    )
    return {"id": "retried", "severity": "warning", "text": text}


def _steps_to_account(measurements: Measurements, state: str) -> int | None:
    """Return the steps the privacy report is about: those taken once a run has ended, else None for all."""
    return measurements.steps if state in FINISHED_STATES else None


def _baseline(measurements: Measurements) -> dict[str, Any] | None:
    curve = measurements.baseline
    if not curve.iterations and not curve.epochs:
        return None
    return {
        **_curve_fields(curve, clipping_norm=None),
        "final_metrics": _final_metrics(curve, measurements),
    }
