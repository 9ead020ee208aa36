"""The OpenAPI 3.1 document, generated from the schemas and the table of operations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.errors import KINDS, MEDIA_TYPE
from app.schemas import documents
from app.schemas.operations import FORMAT, OPERATIONS, RUN_ID, Operation

_REFERENCE = "#/components/schemas/{model}"
# gunicorn refuses what breaks HTTP itself, and very long addresses, before the application is reached.
_BY_THE_SERVER_TOO = (400, 414)


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
    if FORMAT in operation.parameters:
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
    followers = [operation for operation in OPERATIONS if RUN_ID in operation.parameters]
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
