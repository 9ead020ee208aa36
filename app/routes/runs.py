"""Runs by their id: look, stop, take home."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app import strict_json
from app.errors import Fault, InvalidParameters
from app.routes.exchange import answer, run_service
from app.routes.table import epochs_csv

blueprint = Blueprint("runs", __name__, url_prefix="/api/runs")


@blueprint.get("/<run_id>")
def run(run_id: str) -> Response:
    """Answer with the run document as it stands."""
    return answer(run_service().document(run_id))


@blueprint.post("/<run_id>/cancel")
def cancel(run_id: str) -> Response:
    """Stop the run and answer with what it measured and the ε it spent."""
    return answer(run_service().cancel(run_id))


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
