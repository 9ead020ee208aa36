"""POST /api/train: a simulation at once, a real training waited for or handed over to polling."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, request

from app.errors import InvalidParameters, PublicError, Unavailable
from app.routes.exchange import answer, read_body, run_service, settings
from app.runs.document import simulated_document
from app.schemas.requests import TrainRequest
from app.schemas.resolution import Resolved, resolve

blueprint = Blueprint("train", __name__)


@blueprint.post("/api/train")
def train() -> Response:
    """Answer with the whole simulation, the finished run, or 202 and where to find the run."""
    resolved = resolve(read_body(TrainRequest), settings=settings())
    if resolved.parameters.mode == "simulation":
        return answer(simulated_document(resolved.parameters, resolved.notices))
    return _real_run(resolved)


def _real_run(resolved: Resolved) -> Response:
    service = run_service()
    admitted = service.start(resolved.parameters, fallback=resolved.fallback, notices=resolved.notices)
    run_id = admitted.run_id
    prefers_async = "respond-async" in _preferences()
    finished = not prefers_async and service.wait(run_id, settings().wait_seconds)
    document = service.document(run_id)
    if finished:
        return answer(_unless_failed(document))
    headers = {"Location": f"/api/runs/{run_id}"}
    if prefers_async:
        headers["Preference-Applied"] = "respond-async"
    return answer(document, 202, headers=headers)


def _preferences() -> set[str]:
    """Return the preferences named by the Prefer headers, lower case (RFC 7240, section 2)."""
    return {preference.strip().lower() for preference in re.split("[,;]", request.headers.get("Prefer", ""))}


def _unless_failed(document: dict[str, Any]) -> dict[str, Any]:
    """Return the run's document, or raise the public error of a run that failed."""
    error = document["error"]
    if document["state"] != "failed" or error is None:
        return document
    if error["kind"] in ("data_unavailable", "engine_unavailable"):
        raise Unavailable(error["message"])
    if error["kind"] == "invalid":
        raise InvalidParameters(error["message"])
    raise PublicError(error["message"])
