"""The run document and faults, described for the OpenAPI document: every field that a client may rely on.

The documents are built elsewhere; tests hold the two together.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from app.parameters import RunParameters
from app.privacy.audit_plan import ROC_POINTS


class Answer(BaseModel):
    """An answer may gain fields; those named here stay."""

    model_config = ConfigDict(extra="allow", strict=True)


class FieldFault(Answer):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(Answer):
    """RFC 9457 problem details, the one shape of every failure."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldFault]


class Point(Answer):
    """One bar of a histogram: x an L2 norm, y the share of examples (0..1)."""

    x: float
    y: float


class Histograms(Answer):
    """Per-example gradient norms before and after clipping; each list's shares sum to 1."""

    before: list[Point]
    after: list[Point]


class GradientNorms(Histograms):
    """The last epoch's gradient norms."""

    clipping_norm: float | None
    clipped_fraction: float | None = Field(ge=0, le=1)


class Epoch(Answer):
    """One finished epoch; ``iteration`` counts steps since the start."""

    epoch: int
    iteration: int
    accuracy: float = Field(ge=0, le=1, description="share of the test set classified correctly")
    loss: float = Field(description="training loss, mean over the epoch's sampled examples (nats)")
    test_loss: float
    epsilon: float | None = Field(description="ε spent so far; null where it is infinite")
    clipped_fraction: float | None = Field(ge=0, le=1)
    gradient_norm_histogram: Histograms | None
    gradient_norm_median: float | None
    gradient_norm_p90: float | None
    signal_norm: float | None
    noise_norm: float | None
    seconds: float | None


class Iteration(Answer):
    """A point within or at the end of an epoch."""

    iteration: int
    accuracy: float = Field(ge=0, le=1)
    loss: float


class FinalMetrics(Answer):
    """The last entry of ``epochs``, to the last digit."""

    accuracy: float
    loss: float
    epsilon: float | None
    delta: float
    training_seconds: float | None


class Dataset(Answer):
    """The data of a run."""

    name: str
    examples: int


class Model(Answer):
    """The network of a run."""

    name: str
    trainable_parameters: int | None


class Assessment(Answer):
    """The result in a sentence."""

    level: str
    summary: str


class Recommendation(Answer):
    """One piece of advice; ``apply`` are the parameters it would set."""

    id: str
    severity: str
    title: str
    detail: str
    apply: dict[str, Any] | None
    predicted: dict[str, Any] | None


class Notice(Answer):
    """Something a person should know about a run."""

    id: str
    severity: str
    text: str


class RunError(Answer):
    """Why a run failed."""

    kind: str
    message: str


class Progress(Answer):
    """How far a run is: its phase, its place in the queue (1 is next), its private steps."""

    phase: str | None
    queue_position: int | None
    eta_seconds: float | None = Field(
        description="until the run ends, from measured run times; null where none is known"
    )
    steps: int
    steps_total: int


class EarlierAttempt(Answer):
    """An attempt that was lost; its steps used the data, so their ε stays charged."""

    attempt: int
    steps: int
    epsilon: float | None
    why: str


class Baseline(Answer):
    """The same run without privacy."""

    epochs: list[Epoch]
    iterations: list[Iteration]
    final_metrics: FinalMetrics | None


ResolvedParameters: type[Answer] = create_model(
    "ResolvedParameters",
    __base__=Answer,
    __doc__="All parameters of a run; nothing is left to a default.",
    **{name: (kind, ...) for name, kind in get_type_hints(RunParameters).items()},  # type: ignore[call-overload]
)


class SpentAfterEpoch(Answer):
    """ε by RDP when an epoch ends; null where it is infinite."""

    epoch: int
    iteration: int
    epsilon: float | None


class Privacy(Answer):
    """ε of a mechanism with all that it takes to read it."""

    epsilon: float | None = Field(description="the headline, by RDP; null where it is infinite")
    reason: str | None = Field(description="why epsilon is null")
    valid: bool = Field(
        description="false where batches are shuffled: the Poisson figures (rdp, pld, gdp) do not apply then"
    )
    delta: float
    epsilon_rdp: float | None
    epsilon_pld: float | None = Field(description="the tightest known bound; null with its reason")
    epsilon_pld_reason: str | None
    epsilon_gdp: float | None = Field(description="a central-limit approximation, no guarantee")
    epsilon_gdp_label: str
    order: float | None = Field(description="the Rényi order that gave the headline")
    order_at_edge: bool
    noise_multiplier: float
    sampling_probability: float
    examples: int
    batch_size: int
    epochs: int
    steps: int
    per_epoch: list[SpentAfterEpoch]
    assumptions: dict[str, Any]
    warnings: list[Any]
    shuffle: dict[str, Any] | None
    interpretation: dict[str, Any]
    statement: Any


class SimulationError(Answer):
    """How far the fit was from real runs it had not seen, in points of test accuracy."""

    average_run: float
    single_run: float
    settings: int


Interval = Annotated[list[float], Field(min_length=2, max_length=2)]


class RocPoint(Answer):
    """What one threshold of an attack does."""

    fpr: float = Field(ge=0, le=1, description="false alarms: share of the non-members called members")
    tpr: float = Field(ge=0, le=1, description="share of the members caught")


class Membership(Answer):
    """How well the canaries that were trained on could be told from those that were not."""

    auc: float = Field(ge=0, le=1, description="chance that a member scores above a non-member")
    auc_interval: Interval = Field(description="95 % by DeLong; by Clopper-Pearson where nothing overlaps")
    advantage: float = Field(
        ge=-1, le=1, description="true minus false positive rate of calling the higher half members"
    )
    tpr_at_1pct_fpr: float = Field(ge=0, le=1)
    tpr_interval: Interval = Field(description="95 % by Clopper-Pearson")
    roc: list[RocPoint] = Field(
        max_length=ROC_POINTS,
        description="from (0, 0) to (1, 1); where it is thinned, not among the fewest false alarms",
    )


class Attacked(Answer):
    """What the guesses of an audit came to; null until it has ended."""

    guesses: int | None = Field(description="how many coins were guessed, fixed before the training")
    correct: int | None
    epsilon_lower_bound: float | None = Field(
        ge=0, description="ε is at least this, with the confidence told; 0: this attack failed"
    )
    membership: Membership | None


class Audit(Attacked):
    """An audit: what could be found out about its canaries, beside what is guaranteed."""

    run_id: str | None = Field(description="the training that is audited, which may be deleted before it")
    method: Literal["dirac", "mislabelled"]
    canaries: int
    confidence: float
    epsilon_upper_bound: float | None = Field(description="what is guaranteed; null where it is infinite")
    baseline: Attacked | None = Field(description="the same without privacy, where the run has a baseline")
    statement: str | None


class Run(Answer):
    """The run document: one shape for simulated and measured runs, complete at any time."""

    id: str | None = Field(description="null for a simulation, which is not stored")
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    mode: Literal["simulation", "real"]
    evidence: Literal["simulated", "measured"]
    created_at: str | None = Field(description="when the run was asked for (UTC, ISO 8601)")
    progress: Progress
    parameters: ResolvedParameters  # type: ignore[valid-type]
    dataset: Dataset
    model: Model
    epochs: list[Epoch]
    iterations: list[Iteration]
    gradient_norms: GradientNorms | None
    per_class_accuracy: list[float] | None
    final_metrics: FinalMetrics | None
    epsilon_spent: float | None
    epsilon_charged: float | None = Field(
        description="ε of the steps of all attempts together; of a lost one, those that it told of"
    )
    attempt: int | None = Field(description="the present attempt, from 1; 0 while the first one waits")
    attempts: list[EarlierAttempt] = Field(description="the attempts that were lost")
    privacy: Privacy
    assessment: Assessment
    recommendations: list[Recommendation]
    baseline: Baseline | None
    audit: Audit | None = Field(description="null for a training")
    simulation_error: SimulationError | None = Field(description="null for a measured run")
    notices: list[Notice]
    error: RunError | None


class NumberedEvent(Answer):
    """An event of a run, with its id from 1; its other fields are those of its kind."""

    id: int
    kind: str


class FollowedRun(Run):
    """The run document; where it was asked for with ``after``, with the events behind that one."""

    events: list[NumberedEvent] | None = Field(default=None, description="only with after")
    last_event_id: int | None = Field(default=None, description="only with after: what to ask behind next")
