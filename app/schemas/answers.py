"""The answers beside the run document: choices, calibration, privacy, predictions, health."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from app.schemas.documents import Answer, Privacy, RocPoint
from app.schemas.tables import TableRules


class PrivacyAnswer(Privacy):
    """ε of a mechanism, and the whole curve of what its attackers can do."""

    trade_off: list[RocPoint] | None = Field(
        description="at most tpr of the members are caught by any attack that accepts fpr of false alarms; "
        "null where it is not known"
    )


class Capability(Answer):
    """Whether something can be used here, and why not."""

    available: bool
    reason: str | None


class ModelCost(Answer):
    """Units of work: of one example of a private step, of the step itself, of one example of the test set.

    The unit is an example of the tutorial CNN on MNIST at batch size 256.
    """

    example: float
    step: float
    test: float


class Timing(Answer):
    """How fast this server trains; a run takes its work / examples_per_second + overhead_seconds."""

    examples_per_second: float = Field(gt=0, description="units of work a second")
    source: Literal["runs", "calibration", "shipped"] = Field(
        description="the last finished runs, the training process at its start, or a figure by cores"
    )
    overhead_seconds: float
    model_cost: dict[str, dict[str, ModelCost]] = Field(description="by model and dataset")


class Choices(Answer):
    """The table of parameters and everything that can be chosen on this server."""

    version: str
    modes: list[str]
    default_task: str
    fallback_task: str
    real: Capability
    parameters: list[dict[str, Any]]
    tasks: list[dict[str, Any]]
    presets: dict[str, list[dict[str, Any]]] = Field(description="by task")
    datasets: list[dict[str, Any]]
    models: list[dict[str, Any]]
    optimizers: list[dict[str, str]]
    samplings: list[dict[str, str]]
    engines: list[dict[str, Any]]
    sweeps: dict[str, Any] = Field(description="what can be swept, and how much of it at once")
    tables: TableRules
    timing: Timing


class Calibration(Answer):
    """The parameter that spends the target ε, and the report of the mechanism it makes."""

    target_epsilon: float
    solved_for: Literal["noise_multiplier", "epochs"]
    noise_multiplier: float
    epochs: int
    privacy: Privacy


class Opinion(Answer):
    """What one model makes of a picture; the probabilities are in the order of the class names."""

    label: str = Field(description="the name of the most probable class")
    probabilities: list[Annotated[float, Field(ge=0, le=1)]]


class Prediction(Answer):
    """What a run's private model and its baseline make of a picture."""

    run_id: str
    dataset: str
    class_names: list[str]
    private: Opinion
    baseline: Opinion | None = Field(description="null where the run was trained without a baseline")


class Health(Answer):
    """The process lives."""

    status: Literal["ok"]
    version: str


class Readiness(Answer):
    """Requests are served and runs can be stored; ``real`` says whether real training is possible."""

    status: Literal["ready"]
    real: Capability
    leader: bool = Field(description="whether the web process asked gives runs to trainers; one does")
    queue_length: int = Field(ge=0)
