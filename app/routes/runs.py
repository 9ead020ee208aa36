"""Runs by their id: look, watch, stop, audit, take home."""

from __future__ import annotations

import re

from flask import Blueprint, Response, request

from app import strict_json
from app.errors import Fault, InvalidParameters, MalformedRequest
from app.routes.connection import hung_up
from app.routes.exchange import answer, read_body, run_service
from app.routes.limits import count_question
from app.routes.starting import as_it_stands, request_key
from app.routes.table import epochs_csv
from app.routes.visitors import visitor
from app.schemas.requests import AuditRequest, PredictRequest, given

blueprint = Blueprint("runs", __name__, url_prefix="/api/runs")

_EVENT_ID = re.compile(r"[0-9]{1,18}")
_STREAM_HEADERS = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",  # nginx would collect what shall be seen at once
}


@blueprint.get("/<run_id>")
def run(run_id: str) -> Response:
    """Answer with the run document as it stands; with ``after``, also with the events behind that one."""
    after = _after()
    service = run_service()
    return answer(service.document(run_id) if after is None else service.news(run_id, after))


@blueprint.get("/<run_id>/events")
def events(run_id: str) -> Response:
    """Answer with the run's events as Server-Sent Events, those to come included; 204 where none will."""
    stream = run_service().stream(run_id, after=_resume_behind(), gone=hung_up())
    if stream is None:
        return Response(status=204)
    if request.method == "HEAD":
        stream.close()
    return Response(stream, mimetype="text/event-stream", headers=_STREAM_HEADERS)


@blueprint.post("/<run_id>/cancel")
def cancel(run_id: str) -> Response:
    """Stop the run and answer with what it measured and the ε it spent."""
    return answer(run_service().cancel(run_id))


@blueprint.post("/<run_id>/audit")
def audit(run_id: str) -> Response:
    """Audit the training in a run of its own, and answer as a real training is answered."""
    asked = read_body(AuditRequest)
    canaries = given(asked).get("canaries", "auto")
    key = request_key({"audit": run_id, "canaries": canaries})
    service, who = run_service(), visitor()
    earlier = service.earlier(who, key)
    return as_it_stands(earlier or service.audit(run_id, canaries=canaries, visitor=who, key=key))


@blueprint.post("/<run_id>/predict")
def predict(run_id: str) -> Response:
    """Answer with what the run's models make of a picture."""
    asked = read_body(PredictRequest)
    count_question()
    return answer(run_service().predict(run_id, given(asked)["image"]))


@blueprint.get("/<run_id>/export")
def export(run_id: str) -> Response:
    """Answer with the run as a file: the whole document, or one row an epoch."""
    kind = request.args.get("format", "json")
    if kind not in ("json", "csv"):
        raise InvalidParameters.of(Fault("format", "must be json or csv."))
    document = run_service().document(run_id)
    text = epochs_csv(document) if kind == "csv" else strict_json.dump(document, indent=2)
    response = Response(text, mimetype="text/csv" if kind == "csv" else "application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="dpsgd-run-{document["id"]}.{kind}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _resume_behind() -> int:
    """Return the id of the last event that the client of a stream has: by its header, else by its address."""
    received, after = request.headers.get("Last-Event-ID"), _after()
    if received is None:
        return after or 0
    if not _EVENT_ID.fullmatch(received):
        raise MalformedRequest("Last-Event-ID must be the id of an event: a whole number, 0 or more.")
    return int(received)


def _after() -> int | None:
    received = request.args.get("after")
    if received is None:
        return None
    if not _EVENT_ID.fullmatch(received):
        raise InvalidParameters.of(Fault("after", "must be the id of an event: a whole number, 0 or more."))
    return int(received)
