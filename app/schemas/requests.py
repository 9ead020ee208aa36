"""The bodies that POST endpoints accept: strict types, known fields only."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from app.catalog import DATASETS, ENGINES, MODELS, OPTIMIZERS, SAMPLINGS, TABLE, TASKS
from app.privacy.audit_plan import CHOICES
from app.schemas.fields import FieldDefinition, choice, number, ruled, switch

MODES = ("simulation", "real")


class StrictRequest(BaseModel):
    """A JSON object in which nothing is guessed: unknown fields and other types are refused."""

    model_config = ConfigDict(strict=True, extra="forbid")


class _LeavesOneOut(StrictRequest):
    """A request that must leave one of noise_multiplier and epochs to be solved for."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["noise_multiplier", "epochs"]}})


_DATASET = (
    "auto is the task's own; a name selects the task of that name. "
    "Without a task, a real run takes mnist when it can be had, else the whole task digits."
)
_DATA_FIELDS: dict[str, FieldDefinition] = {
    "task": choice(
        TASKS, default=None, description="Data, model, optimizer and defaults that belong together."
    ),
    "dataset": choice(
        ("auto", *DATASETS),
        default="auto",
        description=_DATASET,
    ),
    "train_size": number("train_size"),
}
_MECHANISM_FIELDS: dict[str, FieldDefinition] = {
    "noise_multiplier": number("noise_multiplier"),
    "batch_size": number("batch_size"),
    "epochs": number("epochs"),
    "delta": number("delta"),
}
_SAMPLING: dict[str, FieldDefinition] = {
    "sampling": choice(SAMPLINGS, default="poisson", description="How a step draws its examples.")
}
TRAIN_FIELDS: dict[str, FieldDefinition] = {
    "mode": choice(MODES, default="simulation", description="An instant simulation, or a real training."),
    **_DATA_FIELDS,
    "dataset": choice(
        ("auto", *DATASETS, TABLE),
        default="auto",
        description=f"{_DATASET} table is the table of one's own whose id the field table has.",
    ),
    "table": ruled(
        str | None,
        default=None,
        rule="must be the id that POST /api/tables answered",
        description="The id of a table of one's own; the run takes it, and it is deleted when that ends.",
    ),
    "model": choice(MODELS, default=None, description="The architecture; left out, the task's own."),
    "optimizer": choice(OPTIMIZERS, default=None, description="Left out, the task's own."),
    **_SAMPLING,
    "engine": choice(ENGINES, default="fast", description="What takes the steps of a real run."),
    "clipping_norm": number("clipping_norm"),
    "learning_rate": number("learning_rate"),
    **_MECHANISM_FIELDS,
    "target_epsilon": number("target_epsilon"),
    "privacy_budget": number("privacy_budget"),
    "stop_at_budget": switch("Stop when ε reaches privacy_budget."),
    "seed": number("seed"),
    "baseline": switch("Also train without privacy, from the same initial weights on the same batches."),
}


def request_model(
    name: str, doc: str, fields: dict[str, FieldDefinition], *, base: type[StrictRequest] = StrictRequest
) -> type[StrictRequest]:
    """Return the strict model of a JSON object with these fields."""
    definitions: dict[str, Any] = dict(fields)
    return create_model(name, __base__=base, __doc__=doc, **definitions)


TrainRequest = request_model(
    "TrainRequest",
    "A training. Parameters left out take the task's defaults; {} is a simulation with the defaults.",
    TRAIN_FIELDS,
)
PrivacyRequest = request_model(
    "PrivacyRequest",
    "A mechanism whose ε is asked for. Parameters left out take the task's defaults.",
    {**_DATA_FIELDS, **_SAMPLING, **_MECHANISM_FIELDS},
)
CalibrateRequest = request_model(
    "CalibrateRequest",
    "A target ε to solve for: for noise_multiplier, or, where noise_multiplier is given, for epochs.",
    {"target_epsilon": number("target_epsilon", required=True), **_DATA_FIELDS, **_MECHANISM_FIELDS},
    base=_LeavesOneOut,
)

AuditRequest = request_model(
    "AuditRequest",
    "An audit of a training.",
    {
        "canaries": choice(
            CHOICES,
            default="auto",
            description="dirac: gradients of their own, seen in the noisy sums. mislabelled: examples with "
            "wrong labels, seen in the model's loss. auto: mislabelled without noise, else dirac.",
        )
    },
)

_LARGEST_SIDE = max(max(info.input_shape) for info in DATASETS.values())
_PIXELS = Annotated[
    list[Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]],
    Field(min_length=1, max_length=_LARGEST_SIDE),
]
PredictRequest = request_model(
    "PredictRequest",
    "A picture for the models of a finished training.",
    {
        "image": ruled(
            Annotated[list[_PIXELS], Field(min_length=1, max_length=_LARGEST_SIDE)],
            rule="must be rows of numbers from 0 to 1, as high and wide as the run's images",
            description="Rows of numbers, 0 the ground and 1 the ink: 28 of 28 for mnist, 8 of 8 for digits.",
        )
    },
)


def given(request: StrictRequest) -> dict[str, Any]:
    """Return what the sender really set: field → value, without those left out or null."""
    return request.model_dump(exclude_unset=True, exclude_none=True)
