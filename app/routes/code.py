"""GET /api/code: the script that trains with these settings in another library."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app.code import FRAMEWORKS, NotExportable, script
from app.errors import Fault, InvalidParameters
from app.routes.limits import count_question
from app.schemas.queries import from_query
from app.schemas.requests import TrainRequest, given
from app.schemas.resolution import complete

blueprint = Blueprint("code", __name__)


@blueprint.get("/api/code")
def code() -> Response:
    """Answer with a runnable Python script, as a file."""
    query = request.args.to_dict(flat=False)
    framework = _framework(query.pop("framework", []))
    asked = from_query(TrainRequest, query)
    count_question()
    try:
        text = script(complete(given(asked)), framework)
    except NotExportable as fault:
        raise InvalidParameters.of(Fault(fault.field, str(fault))) from None
    response = Response(text, mimetype="text/x-python")
    name = f"dpsgd_{framework.replace('-', '_')}.py"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _framework(given_names: list[str]) -> str:
    if len(given_names) != 1 or given_names[0] not in FRAMEWORKS:
        raise InvalidParameters.of(Fault("framework", f"must be one of {', '.join(FRAMEWORKS)}."))
    return given_names[0]
