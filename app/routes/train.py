"""POST /api/train: a simulation at once, a real training waited for or handed over to polling."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, request

from app.errors import Fault, InvalidParameters, MalformedRequest, PublicError, Unavailable
from app.routes.connection import hung_up
from app.routes.exchange import answer, read_body, run_service, settings
from app.routes.limits import count_question
from app.routes.visitors import visitor
from app.runs.admission import Admitted, RequestKey
from app.runs.document import simulated_document
from app.runs.lifecycle import FINISHED_STATES
from app.schemas.requests import StrictRequest, TrainRequest, given
from app.schemas.resolution import resolve
from app.strict_json import dump

blueprint = Blueprint("train", __name__)

_KEY = re.compile(r"[!-~]{1,255}")  # visible ASCII
_UNAVAILABLE = ("data_unavailable", "engine_unavailable", "time_limit")


@blueprint.post("/api/train")
def train() -> Response:
    """Answer with the whole simulation, the finished run, or 202 and where to find the run."""
    asked = read_body(TrainRequest)
    key = _request_key(asked)  # also a simulation, which has no use for it, refuses one that is none
    if given(asked).get("mode", "simulation") == "simulation":
        count_question()
        resolved = resolve(asked, settings=settings())
        return answer(simulated_document(resolved.parameters, resolved.notices))
    return _as_it_stands(_admitted(asked, key))


def _admitted(asked: StrictRequest, key: RequestKey | None) -> Admitted:
    """Return the run of this request: the one it has made before, or a new one."""
    service, who = run_service(), visitor()
    # First this, because it is cheap to refuse, and because a run made before is answered
    # also when its data have gone since, or when it would be too long by now.
    earlier = service.earlier(who, key)
    if earlier is not None:
        return earlier
    table_id = given(asked).get("table")
    table = service.table(table_id) if table_id is not None else None
    resolved = resolve(asked, settings=settings(), table=table)
    return service.start(
        resolved.parameters,
        fallback=resolved.fallback,
        notices=resolved.notices,
        visitor=who,
        key=key,
        table_id=table_id,
    )


def _request_key(asked: StrictRequest) -> RequestKey | None:
    """Return the request's Idempotency-Key with what it asks for, whatever the order of its fields."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        rule = "must be 1 to 255 visible ASCII characters."
        raise MalformedRequest(f"Idempotency-Key {rule}", errors=[Fault("Idempotency-Key", rule)])
    return RequestKey(key=key, request=dump(dict(sorted(given(asked).items()))))


def _as_it_stands(admitted: Admitted) -> Response:
    """Answer with the run when it has ended, which is waited for unless the client prefers not to."""
    service, run_id = run_service(), admitted.run_id
    prefers_async = "respond-async" in _preferences()
    headers = {"Location": f"/api/runs/{run_id}"}
    if admitted.repeated:
        headers["Idempotent-Replayed"] = "true"
    finished = not prefers_async and service.wait(run_id, settings().wait_seconds, gone=hung_up())
    document = service.document(run_id)
    # A new run is handed over at once to who prefers that; a repeated one may have ended long ago.
    if finished or (admitted.repeated and document["state"] in FINISHED_STATES):
        _raise_if_failed(document, headers)
        return answer(document, headers=headers)
    if prefers_async:
        headers["Preference-Applied"] = "respond-async"
    return answer(document, 202, headers=headers)


def _preferences() -> set[str]:
    """Return the preferences named by the Prefer headers, lower case (RFC 7240, section 2)."""
    return {preference.strip().lower() for preference in re.split("[,;]", request.headers.get("Prefer", ""))}


def _raise_if_failed(document: dict[str, Any], headers: dict[str, str]) -> None:
    """Raise the public error of a run that failed; ``headers`` tell where what it measured can be read."""
    error = document["error"]
    if document["state"] != "failed" or error is None:
        return
    kind: type[PublicError] = PublicError
    if error["kind"] in _UNAVAILABLE:
        kind = Unavailable
    elif error["kind"] == "invalid":
        kind = InvalidParameters
    raise kind(error["message"], headers=headers)
