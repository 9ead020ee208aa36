"""Tables of one's own: taken in for one run, and deleted."""

from __future__ import annotations

from flask import Blueprint, Response

from app.errors import NotFound, NotPermitted
from app.routes.exchange import answer, read_body, run_service, settings
from app.routes.limits import count_question
from app.routes.visitors import visitor
from app.runs.store.tables import UNUSED_SECONDS, UnknownTable
from app.schemas.tables import TableRequest, read

blueprint = Blueprint("tables", __name__, url_prefix="/api/tables")


@blueprint.post("")
def add() -> Response:
    """Answer with the id of the table, and with what became of its rows."""
    if not settings().max_table:
        raise NotPermitted("This server takes no tables (DPSGD_MAX_TABLE=0).")
    count_question()
    table, info, taken = read(read_body(TableRequest))
    table_id = run_service().add_table(table, info, visitor=visitor())
    return answer({"table": table_id, **taken, "unused_seconds": UNUSED_SECONDS}, 201)


@blueprint.delete("/<table_id>")
def delete(table_id: str) -> Response:
    """Delete a table that no run has taken."""
    try:
        run_service().delete_table(table_id)
    except UnknownTable:
        raise NotFound("There is no table with this id; it may have been deleted.") from None
    return Response(status=204)
