"""How a route reads its request and writes its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException

from app import strict_json
from app.errors import BodyTooLarge, MalformedRequest, UnsupportedMediaType
from app.runs.service import RunService
from app.schemas.faults import validated
from app.schemas.requests import StrictRequest
from app.settings import Settings

TABLES = "tables.add"  # the one endpoint whose bodies are longer

Request = TypeVar("Request", bound=StrictRequest)


def settings() -> Settings:
    """Return the settings of this application."""
    return cast(Settings, current_app.extensions["settings"])


def run_service() -> RunService:
    """Return the run service of this application."""
    return cast(RunService, current_app.extensions["runs"])


def body_limit() -> int:
    """Return how many bytes the body of the present request may have."""
    return (settings().max_table if request.endpoint == TABLES else 0) or settings().max_body


def read_body(model: type[Request]) -> Request:
    """Return the request's JSON body as a ``model``.

    Raises:
        UnsupportedMediaType: the body is not declared as plain JSON.
        BodyTooLarge: it came without its length, and is too long.
        MalformedRequest: it is not a JSON object, or did not arrive whole.
        InvalidParameters: a field breaks a rule.
    """
    if request.mimetype != "application/json" or request.headers.get("Content-Encoding"):
        raise UnsupportedMediaType("Send JSON with Content-Type: application/json, not compressed.")
    text = _received()
    if len(text) > body_limit():
        raise BodyTooLarge(f"The body is longer than {body_limit()} bytes.")
    try:
        body = strict_json.parse(text)
    except strict_json.NotJSON as fault:
        raise MalformedRequest(str(fault)) from None
    if not isinstance(body, dict):
        raise MalformedRequest('The body must be a JSON object, such as {"epochs": 15}.')
    return validated(model, body)


def _received() -> bytes:
    try:
        text = request.get_data()
    except HTTPException:
        raise
    except Exception:  # each server has an exception of its own for damaged chunks
        raise MalformedRequest("The body cannot be read: it broke off, or its chunks are damaged.") from None
    if len(text) < (request.content_length or 0):
        raise MalformedRequest("The body is shorter than its Content-Length.")
    return text


def answer(
    document: Mapping[str, Any],
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    """Return ``document`` as a JSON response that no cache keeps."""
    response = Response(strict_json.dump(document), status, mimetype=media_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(headers or {})
    return response
