"""The OpenAPI 3.1 document, generated from the schemas and one table of operations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.code import FRAMEWORKS
from app.errors import KINDS, MEDIA_TYPE
from app.schemas import documents, requests
from app.schemas.queries import query_parameters
from app.schemas.sweeps import Sweep, SweepCost, SweepRequest
from app.schemas.tables import TableRequest, TableTaken

_REFERENCE = "#/components/schemas/{model}"
# Every operation may meet the checks that stand before all routes, and a fault of the server.
_ALWAYS = (400, 404, 405, 413, 414, 500)
_WITH_BODY = (403, 415, 422)
# gunicorn refuses what breaks HTTP itself, and very long addresses, before the application is reached.
_BY_THE_SERVER_TOO = (400, 414)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method at one path: what it does, reads and answers.

    ``answers`` maps each status of success to its schema, to its media type where it is no JSON
    of ours, or to None where it has no content; ``failures`` lists statuses beside those that
    every operation may have; ``answer_headers`` are those that a success may carry; ``of_a_run``
    is the status of success whose answer is the document of a run that can be asked for again.
    """

    method: str
    path: str
    summary: str
    body: type[BaseModel] | None = None
    answers: Mapping[int, type[BaseModel] | str | None] = field(default_factory=dict)
    failures: tuple[int, ...] = ()
    parameters: tuple[Mapping[str, Any], ...] = ()
    answer_headers: tuple[str, ...] = ()
    of_a_run: int | None = None

    @property
    def id(self) -> str:
        """Return the name that the document knows this operation by."""
        return "_".join([self.method, *re.findall(r"\w+", self.path)])

    @property
    def statuses_of_failure(self) -> list[int]:
        """Return every status with which this operation may fail."""
        return sorted({*_ALWAYS, *self.failures, *(_WITH_BODY if self.body else ())})


_RUN_ID = {"name": "run_id", "in": "path", "required": True, "schema": {"type": "string"}}
_TABLE_ID = {**_RUN_ID, "name": "table_id"}
_SWEEP_ID = {**_RUN_ID, "name": "sweep_id"}
_PREFER = {
    "name": "Prefer",
    "in": "header",
    "schema": {"type": "string"},
    "description": "respond-async answers a real run at once with 202 (RFC 7240).",
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "A real run: the same request sent again with the same key gets the same run.",
}
_AFTER = {
    "name": "after",
    "in": "query",
    "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    "description": "The id of the last event that the client has; 0 is before the first.",
}
_LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    "description": "As after, which it goes before: what an EventSource sends when it comes back.",
}
_FORMAT = {
    "name": "format",
    "in": "query",
    "schema": {"type": "string", "enum": ["json", "csv"], "default": "json"},
}

_FRAMEWORK = {
    "name": "framework",
    "in": "query",
    "required": True,
    "schema": {"type": "string", "enum": list(FRAMEWORKS)},
}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="get",
        path="/api/parameters",
        summary="The parameter table, tasks with presets, datasets, models and engines of this server.",
        answers={200: documents.Choices},
    ),
    Operation(
        method="post",
        path="/api/train",
        summary="Train: a simulation at once, a real run when it has finished (202 where it goes on).",
        body=requests.TrainRequest,
        answers={200: documents.Run, 202: documents.Run},
        failures=(429, 503),
        parameters=(_PREFER, _IDEMPOTENCY_KEY),
        answer_headers=("Location", "Preference-Applied", "Idempotent-Replayed"),
        of_a_run=202,
    ),
    Operation(
        method="post",
        path="/api/tables",
        summary="Bring a table of one's own for one real run; its rows are deleted when that has ended.",
        body=TableRequest,
        answers={201: TableTaken},
        failures=(429, 503),
    ),
    Operation(
        method="delete",
        path="/api/tables/{table_id}",
        summary="Delete a table that no run has taken.",
        answers={204: None},
        failures=(403, 409, 503),
        parameters=(_TABLE_ID,),
    ),
    Operation(
        method="get",
        path="/api/runs/{run_id}",
        summary="The run document as it stands; with after, also the events behind that one.",
        answers={200: documents.FollowedRun},
        failures=(422, 503),
        parameters=(_RUN_ID, _AFTER),
    ),
    Operation(
        method="get",
        path="/api/runs/{run_id}/events",
        summary="The run's events, past and to come, as Server-Sent Events; 204 where none will follow.",
        answers={200: "text/event-stream", 204: None},
        failures=(422, 503),
        parameters=(_RUN_ID, _AFTER, _LAST_EVENT_ID),
    ),
    Operation(
        method="post",
        path="/api/runs/{run_id}/cancel",
        summary="Stop a run; what was measured and the ε really spent are kept.",
        answers={200: documents.Run},
        failures=(403, 503),
        parameters=(_RUN_ID,),
        of_a_run=200,
    ),
    Operation(
        method="post",
        path="/api/runs/{run_id}/audit",
        summary="Audit a training in a run of its own: a lower bound on its ε, by canaries.",
        body=requests.AuditRequest,
        answers={200: documents.Run, 202: documents.Run},
        failures=(429, 503),
        parameters=(_RUN_ID, _PREFER, _IDEMPOTENCY_KEY),
        answer_headers=("Location", "Preference-Applied", "Idempotent-Replayed"),
        of_a_run=202,
    ),
    Operation(
        method="post",
        path="/api/runs/{run_id}/predict",
        summary="What the models of a finished training on images make of a picture.",
        body=requests.PredictRequest,
        answers={200: documents.Prediction},
        failures=(409, 429, 503),
        parameters=(_RUN_ID,),
    ),
    Operation(
        method="get",
        path="/api/runs/{run_id}/export",
        summary="The run as a file: the whole document (json), or one row an epoch (csv).",
        answers={200: documents.Run},
        failures=(422, 503),
        parameters=(_RUN_ID, _FORMAT),
    ),
    Operation(
        method="post",
        path="/api/sweeps",
        summary="Train one parameter's values with several seeds: simulated at once, or as real runs (202).",
        body=SweepRequest,
        answers={200: Sweep, 202: Sweep},
        failures=(429, 503),
        parameters=(_IDEMPOTENCY_KEY,),
        answer_headers=("Location", "Idempotent-Replayed"),
    ),
    Operation(
        method="post",
        path="/api/sweeps/cost",
        summary="How long such a sweep is estimated to take, and how long one may.",
        body=SweepRequest,
        answers={200: SweepCost},
        failures=(429, 503),
    ),
    Operation(
        method="get",
        path="/api/sweeps/{sweep_id}",
        summary="The sweep document as it stands.",
        answers={200: Sweep},
        failures=(503,),
        parameters=(_SWEEP_ID,),
    ),
    Operation(
        method="post",
        path="/api/sweeps/{sweep_id}/cancel",
        summary="Stop all runs of a sweep; what was measured is kept.",
        answers={200: Sweep},
        failures=(403, 503),
        parameters=(_SWEEP_ID,),
    ),
    Operation(
        method="post",
        path="/api/privacy",
        summary="ε of a mechanism by three accountants, with its curve, statement and attack bounds.",
        body=requests.PrivacyRequest,
        answers={200: documents.Privacy},
        failures=(429,),
    ),
    Operation(
        method="post",
        path="/api/privacy/calibrate",
        summary="The noise multiplier (or, where that is given, the epochs) that spends a target ε.",
        body=requests.CalibrateRequest,
        answers={200: documents.Calibration},
        failures=(429,),
    ),
    Operation(
        method="get",
        path="/api/code",
        summary="These settings as a runnable script for TensorFlow Privacy or Opacus.",
        answers={200: "text/x-python"},
        failures=(422, 429),
        parameters=(_FRAMEWORK, *query_parameters(requests.TrainRequest)),
    ),
    Operation(method="get", path="/healthz", summary="The process lives.", answers={200: documents.Health}),
    Operation(
        method="get",
        path="/readyz",
        summary="Requests are served, runs can be stored, and whether real training is possible.",
        answers={200: documents.Readiness},
        failures=(503,),
    ),
    Operation(
        method="get",
        path="/metrics",
        summary="What the server counts, for Prometheus; this machine only, unless set otherwise.",
        answers={200: "text/plain"},
        failures=(403,),
    ),
    Operation(
        method="get",
        path="/api/openapi.json",
        summary="This interface as an OpenAPI 3.1 document.",
        answers={200: "application/json"},
    ),
    Operation(
        method="get", path="/api/docs", summary="This interface as a page.", answers={200: "text/html"}
    ),
)


def openapi(*, version: str) -> dict[str, Any]:
    """Return the OpenAPI document of all operations."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "DP-SGD Interactive Playground",
            "version": version,
            "description": "Fractions are 0..1, losses are mean cross-entropy in nats, times are seconds.",
        },
        "paths": paths,
        "components": {"schemas": _schemas(OPERATIONS)},
    }


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": list(operation.parameters),
        "responses": {
            **{str(status): _success(operation, status) for status in operation.answers},
            **{str(status): _failure(status) for status in operation.statuses_of_failure},
        },
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": _content(operation.body)}
    return described


def _success(operation: Operation, status: int) -> dict[str, Any]:
    kind = operation.answers[status]
    if kind is None:
        return {"description": "Success, without content"}
    content = {kind: {}} if isinstance(kind, str) else _content(kind)
    if _FORMAT in operation.parameters:
        content = {**content, "text/csv": {"schema": {"type": "string"}}}
    described: dict[str, Any] = {
        "description": "Accepted; the run goes on" if status == 202 else "Success",
        "content": content,
    }
    if operation.answer_headers:
        described["headers"] = {name: {"schema": {"type": "string"}} for name in operation.answer_headers}
    if operation.of_a_run == status:
        described["links"] = _links_of_a_run()
    return described


def _links_of_a_run() -> dict[str, Any]:
    """Return what else can be asked about the run of an answer."""
    followers = [operation for operation in OPERATIONS if _RUN_ID in operation.parameters]
    return {
        follower.id: {"operationId": follower.id, "parameters": {"run_id": "$response.body#/id"}}
        for follower in followers
    }


def _failure(status: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": KINDS[status].title,
        "content": {MEDIA_TYPE: _content(documents.Problem)["application/json"]},
    }
    if status in _BY_THE_SERVER_TOO:
        described["content"]["text/html"] = {}
    if status in (429, 503):
        described["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return described


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(model=model.__name__)}}}


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the JSON schemas of all models that the operations name, with those they contain."""
    models: set[type[BaseModel]] = {documents.Problem}
    for operation in operations:
        models |= {kind for kind in operation.answers.values() if isinstance(kind, type)}
        models |= {operation.body} if operation.body else set()
    named = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in named], ref_template=_REFERENCE)
    definitions: dict[str, Any] = schemas["$defs"]
    return definitions
