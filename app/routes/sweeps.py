"""Sweeps: simulated at once, or measured by real runs; what one costs; look, stop."""

from __future__ import annotations

from flask import Blueprint, Response
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from app.routes.exchange import answer, read_body, run_service, settings
from app.routes.limits import count_question
from app.routes.starting import request_key
from app.routes.visitors import visitor
from app.runs.admission import RequestKey
from app.runs.store.lifecycle import RUN_ID_BYTES
from app.runs.store.schema import FINISHED_STATES
from app.runs.sweeps.document import simulated_sweep
from app.runs.sweeps.plan import Grid, PlannedRun, SweepPlan
from app.runs.sweeps.sweeps import AdmittedSweep
from app.schemas.requests import StrictRequest, given
from app.schemas.sweeps import SweepRequest, resolve_sweep

blueprint = Blueprint("sweeps", __name__, url_prefix="/api/sweeps")


class _Id(BaseConverter):
    """An id as the store makes them: cost is none, so that GET /api/sweeps/cost is a method not allowed."""

    regex = f"[0-9a-f]{{{2 * RUN_ID_BYTES}}}"


@blueprint.record_once
def _know_ids(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["id"] = _Id


@blueprint.post("")
def start() -> Response:
    """Answer with the whole simulated sweep, or with 202 and where to find the real one."""
    asked = read_body(SweepRequest)
    key = request_key({"sweep": True, **given(asked)})  # a name that no other kind of request has
    if given(asked).get("mode", "simulation") == "simulation":
        plan = _plan(asked)
        count_question(runs=len(plan.runs))
        return answer(simulated_sweep(plan))
    admitted = _admitted(asked, key)
    headers = {"Location": f"/api/sweeps/{admitted.sweep_id}"}
    if admitted.repeated:
        headers["Idempotent-Replayed"] = "true"
    document = run_service().sweeps.document(admitted.sweep_id)
    return answer(document, 200 if document["state"] in FINISHED_STATES else 202, headers=headers)


@blueprint.post("/cost")
def cost() -> Response:
    """Answer with how long the sweep would take, and how long one may."""
    asked = read_body(SweepRequest)
    count_question()
    return answer(run_service().sweeps.cost(_plan(asked)))


@blueprint.get("/<id:sweep_id>")
def sweep(sweep_id: str) -> Response:
    """Answer with the sweep document as it stands."""
    return answer(run_service().sweeps.document(sweep_id))


@blueprint.post("/<id:sweep_id>/cancel")
def cancel(sweep_id: str) -> Response:
    """Stop all runs of the sweep and answer with what was measured."""
    return answer(run_service().sweeps.cancel(sweep_id))


def _admitted(asked: StrictRequest, key: RequestKey | None) -> AdmittedSweep:
    """Return the sweep of this request: the one it has made before, or a new one."""
    sweeps, who = run_service().sweeps, visitor()
    return sweeps.earlier(who, key) or sweeps.start(_plan(asked), visitor=who, key=key)


def _plan(asked: StrictRequest) -> SweepPlan:
    resolved = resolve_sweep(asked, settings=settings())
    grid = Grid(parameter=resolved.parameter, values=resolved.values, seeds=resolved.seeds)
    runs = (
        PlannedRun(parameters=run.parameters, fallback=run.fallback, notices=run.notices)
        for run in resolved.runs
    )
    return SweepPlan(grid=grid, runs=tuple(runs))
