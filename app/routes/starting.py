"""What every request that starts a run has in common: its key, and the wait for what it started."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Response, request

from app.errors import Fault, InvalidParameters, MalformedRequest, PublicError, Unavailable
from app.routes.connection import hung_up
from app.routes.exchange import answer, run_service, settings
from app.runs.admission import Admitted, RequestKey
from app.runs.store.schema import FINISHED_STATES
from app.strict_json import dump

_KEY = re.compile(r"[!-~]{1,255}")  # visible ASCII
_UNAVAILABLE = ("data_unavailable", "engine_unavailable", "time_limit")


def request_key(asked: Mapping[str, Any]) -> RequestKey | None:
    """Return the request's Idempotency-Key with what it asks for, whatever the order of its fields."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        rule = "must be 1 to 255 visible ASCII characters."
        raise MalformedRequest(f"Idempotency-Key {rule}", errors=[Fault("Idempotency-Key", rule)])
    return RequestKey(key=key, request=dump(dict(sorted(asked.items()))))


def as_it_stands(admitted: Admitted) -> Response:
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
