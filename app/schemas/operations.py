"""The table of operations: every method at every path, with what it reads, answers and may refuse."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from app.code import FRAMEWORKS
from app.schemas import answers, documents, requests
from app.schemas.queries import query_parameters
from app.schemas.sweeps import Sweep, SweepCost, SweepRequest
from app.schemas.tables import TableRequest, TableTaken

# Every operation may meet the checks that stand before all routes, and a fault of the server.
_ALWAYS = (400, 404, 405, 413, 414, 500)
_WITH_BODY = (403, 415, 422)


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


RUN_ID = {"name": "run_id", "in": "path", "required": True, "schema": {"type": "string"}}
_TABLE_ID = {**RUN_ID, "name": "table_id"}
_SWEEP_ID = {**RUN_ID, "name": "sweep_id"}
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
FORMAT = {
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
        answers={200: answers.Choices},
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
        parameters=(RUN_ID, _AFTER),
    ),
    Operation(
        method="get",
        path="/api/runs/{run_id}/events",
        summary="The run's events, past and to come, as Server-Sent Events; 204 where none will follow.",
        answers={200: "text/event-stream", 204: None},
        failures=(422, 503),
        parameters=(RUN_ID, _AFTER, _LAST_EVENT_ID),
    ),
    Operation(
        method="post",
        path="/api/runs/{run_id}/cancel",
        summary="Stop a run; what was measured and the ε really spent are kept.",
        answers={200: documents.Run},
        failures=(403, 503),
        parameters=(RUN_ID,),
        of_a_run=200,
    ),
    Operation(
        method="post",
        path="/api/runs/{run_id}/audit",
        summary="Audit a training in a run of its own: a lower bound on its ε, by canaries.",
        body=requests.AuditRequest,
        answers={200: documents.Run, 202: documents.Run},
        failures=(429, 503),
        parameters=(RUN_ID, _PREFER, _IDEMPOTENCY_KEY),
        answer_headers=("Location", "Preference-Applied", "Idempotent-Replayed"),
        of_a_run=202,
    ),
    Operation(
        method="post",
        path="/api/runs/{run_id}/predict",
        summary="What the models of a finished training on images make of a picture.",
        body=requests.PredictRequest,
        answers={200: answers.Prediction},
        failures=(409, 429, 503),
        parameters=(RUN_ID,),
    ),
    Operation(
        method="get",
        path="/api/runs/{run_id}/export",
        summary="The run as a file: the whole document (json), or one row an epoch (csv).",
        answers={200: documents.Run},
        failures=(422, 503),
        parameters=(RUN_ID, FORMAT),
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
        answers={200: answers.PrivacyAnswer},
        failures=(429,),
    ),
    Operation(
        method="post",
        path="/api/privacy/calibrate",
        summary="The noise multiplier (or, where that is given, the epochs) that spends a target ε.",
        body=requests.CalibrateRequest,
        answers={200: answers.Calibration},
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
    Operation(method="get", path="/healthz", summary="The process lives.", answers={200: answers.Health}),
    Operation(
        method="get",
        path="/readyz",
        summary="Requests are served, runs can be stored, and whether real training is possible.",
        answers={200: answers.Readiness},
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
