"""The events that a training or a simulation emits; a run document is folded from them.

Training, simulation and the run service share these types and nothing else.
Fractions are 0..1, losses are mean cross-entropy in nats, times are seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

Series = Literal["private", "baseline"]

OUT_OF_MEMORY = 71
"""Exit code of a training process that found no memory left (EX_OSERR of sysexits.h)."""

HISTOGRAM_EDGES = tuple(10 ** (-4 + k / 6) for k in range(43))
"""Edges of the 42 bins of every gradient norm histogram; the outer bins take what lies beyond."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events; ``kind`` is the name on the wire."""

    kind: ClassVar[str]


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    """An attempt, counted from 1, has been given to a trainer; it starts from scratch."""

    kind: ClassVar[str] = "started"
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Retrying(Event):
    """The attempt ended before the run was finished, and the run waits for its next one; ``why`` in words."""

    kind: ClassVar[str] = "retrying"
    attempt: int
    why: str


@dataclass(frozen=True, kw_only=True)
class Phase(Event):
    """What the run is doing: "loading data", "compiling", "training", "training baseline" or "auditing"."""

    kind: ClassVar[str] = "phase"
    phase: str


@dataclass(frozen=True, kw_only=True)
class Fallback(Event):
    """The data asked for could not be had; the run goes on with these parameters instead."""

    kind: ClassVar[str] = "fallback"
    parameters: dict[str, Any]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Ready(Event):
    """Data and model stand.

    ``dataset`` is {name, title, examples, test_examples, classes, class_names}, of a table of
    one's own also {majority_accuracy}: that of always answering the class most frequent in the test;
    ``model`` is {name, title, trainable_parameters}.
    """

    kind: ClassVar[str] = "ready"
    dataset: dict[str, Any]
    model: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """Private steps really taken so far, of ``steps_total``; sent at least once a second."""

    kind: ClassVar[str] = "progress"
    steps: int
    steps_total: int
    epsilon: float | None


@dataclass(frozen=True, kw_only=True)
class IterationPoint(Event):
    """A point within or at the end of an epoch.

    ``accuracy`` is over the whole test set; ``loss`` is the mean training loss
    over the last epoch's worth of steps (as far as taken), so that the last point
    of an epoch equals its EpochPoint. Iteration 0 is the untrained network, its
    ``loss`` that on the test set.
    """

    kind: ClassVar[str] = "iteration"
    series: Series = "private"
    iteration: int
    accuracy: float
    loss: float


@dataclass(frozen=True, kw_only=True)
class EpochPoint(Event):
    """The statistics of one finished epoch.

    ``iteration`` counts steps since the start. ``loss`` is the training loss,
    mean over the epoch's sampled examples; ``accuracy``, ``test_loss`` and
    ``per_class_accuracy`` are over the whole test set. ``gradient_norm_histogram``
    is {"before": [{x, y}], "after": [{x, y}]} over the bins of HISTOGRAM_EDGES, x an
    L2 norm (the geometric centre of a bin; "after" clipping the bin that holds C has
    x = C, and the longer ones are empty), y the share of examples (each list sums to 1).
    ``signal_norm`` is the L2 norm of the mean clipped gradient, ``noise_norm`` is
    sigma * C * sqrt(d) / B. Values that do not apply (a baseline has no clipping)
    are None.
    """

    kind: ClassVar[str] = "epoch"
    series: Series = "private"
    epoch: int
    iteration: int
    accuracy: float
    loss: float
    test_loss: float
    per_class_accuracy: list[float]
    epsilon: float | None = None
    clipped_fraction: float | None = None
    gradient_norm_histogram: dict[str, list[dict[str, float]]] | None = None
    gradient_norm_median: float | None = None
    gradient_norm_p90: float | None = None
    signal_norm: float | None = None
    noise_norm: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Notice(Event):
    """Something a person should know about this run; ``severity`` is "info" or "warning"."""

    kind: ClassVar[str] = "notice"
    id: str
    severity: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Audited(Event):
    """What an audit has found out about its canaries, once, before its Finished.

    ``epsilon_lower_bound`` is what ``correct`` of ``guesses`` prove at ``confidence``, no ε
    but a bound from below (0: this attack failed); ``epsilon_upper_bound`` is what is
    guaranteed, None where it is infinite. ``membership`` is {auc, auc_interval, advantage,
    tpr_at_1pct_fpr, tpr_interval, roc} over the ``canaries``; None if all coins fell the same way.
    ``baseline`` is {guesses, correct, epsilon_lower_bound, membership} of the training
    without privacy, or None.
    """

    kind: ClassVar[str] = "audited"
    method: str
    canaries: int
    guesses: int
    correct: int
    confidence: float
    epsilon_lower_bound: float
    epsilon_upper_bound: float | None
    membership: dict[str, Any] | None
    baseline: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """The last event of a run.

    ``state`` is "done", "cancelled" or "failed"; ``steps`` counts the private
    steps really taken; ``error`` is None or {kind, message}, message fit for the
    person who asked, kind one of "data_unavailable", "engine_unavailable",
    "invalid" (the request cannot be trained), "time_limit", "lost" (its process
    died, and again at the retry) and "internal".
    """

    kind: ClassVar[str] = "finished"
    state: str
    steps: int
    training_seconds: float
    error: dict[str, str] | None = None


Emit = Callable[[Event], None]
ShouldStop = Callable[[], bool]

EVENT_TYPES: Mapping[str, type[Event]] = {
    event_type.kind: event_type
    for event_type in (
        Started,
        Retrying,
        Phase,
        Fallback,
        Ready,
        Progress,
        IterationPoint,
        EpochPoint,
        Notice,
        Audited,
        Finished,
    )
}


def encode(event: Event) -> dict[str, Any]:
    """Return ``event`` as a JSON object with its ``kind``."""
    # vars() and not asdict(): a deep copy of fifteen histograms would cost more than simulating them.
    return {"kind": event.kind, **vars(event)}


def decode(message: Mapping[str, Any]) -> Event:
    """Return the event that :func:`encode` wrote.

    Raises:
        KeyError: ``kind`` is missing or unknown.
        TypeError: a field is missing or unknown.
    """
    fields = dict(message)
    return EVENT_TYPES[fields.pop("kind")](**fields)
