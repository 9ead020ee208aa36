"""POST /api/train: a simulation at once, a real training waited for or handed over to polling."""

from __future__ import annotations

from flask import Blueprint, Response

from app.routes.exchange import answer, read_body, run_service, settings
from app.routes.limits import count_question
from app.routes.starting import as_it_stands, request_key
from app.routes.visitors import visitor
from app.runs.admission import Admitted, RequestKey
from app.runs.documents.document import simulated_document
from app.schemas.requests import StrictRequest, TrainRequest, given
from app.schemas.resolution import resolve

blueprint = Blueprint("train", __name__)


@blueprint.post("/api/train")
def train() -> Response:
    """Answer with the whole simulation, the finished run, or 202 and where to find the run."""
    asked = read_body(TrainRequest)
    key = request_key(given(asked))  # also a simulation, which has no use for it, refuses one that is none
    if given(asked).get("mode", "simulation") == "simulation":
        count_question()
        resolved = resolve(asked, settings=settings())
        return answer(simulated_document(resolved.parameters, resolved.notices))
    return as_it_stands(_admitted(asked, key))


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
