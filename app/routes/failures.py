"""Answers every failure: a problem document to programs, a page to people, never an exception's text."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, render_template, request
from werkzeug.exceptions import HTTPException

from app.errors import (
    MEDIA_TYPE,
    Conflict,
    Fault,
    InvalidParameters,
    MalformedRequest,
    NotFound,
    PublicError,
    TooManyRequests,
    Unavailable,
    problem,
)
from app.routes.exchange import answer
from app.routes.records import metrics
from app.runs.admission import ClientLimited, KeyReused, QueueFull
from app.runs.auditing import CannotBeAudited
from app.runs.capabilities import EngineUnavailable
from app.runs.following.seats import NoSeat
from app.runs.predictions import NoModel, WrongShape
from app.runs.service import NoSuchEvent
from app.runs.store.database import StoreUnavailable
from app.runs.store.records import UnknownRun
from app.runs.store.tables import TableInUse, TooManyTables, UnknownTable
from app.runs.sweeps.sweeps import SweepTooLong, UnknownSweep
from app.runs.timing import TooExpensive
from app.simulation.profiles import NoFit

_FOR_PROGRAMS = ("/api", "/healthz", "/readyz", "/metrics")
_KEPT_HEADERS = ("Allow", "Retry-After")


def register(app: Flask) -> None:
    """Let ``app`` answer all exceptions from this one place."""
    app.register_error_handler(Exception, _answer_failure)


def public(failure: Exception) -> PublicError | None:
    """Return the public error that ``failure`` is or stands for, or None where there is nothing to tell."""
    match failure:
        case PublicError():
            return failure
        case UnknownRun():
            return NotFound("There is no run with this id; it may have been forgotten.")
        case QueueFull():
            retry_after = str(failure.retry_after_seconds)
            return Unavailable(
                f"The queue is full. Try again in {retry_after} seconds.",
                headers={"Retry-After": retry_after},
            )
        case ClientLimited():
            return TooManyRequests(str(failure), headers={"Retry-After": str(failure.retry_after_seconds)})
        case KeyReused():
            # As draft-ietf-httpapi-idempotency-key-header-06, section 2.7, wants it.
            rule = "came before with another request; send each new request with a key of its own."
            return InvalidParameters.of(Fault("Idempotency-Key", rule))
        case CannotBeAudited():
            return InvalidParameters(str(failure))
        case NoModel():
            return Conflict(str(failure))
        case WrongShape():
            return InvalidParameters.of(Fault("image", f"{failure}."))
        case UnknownSweep():
            return NotFound("There is no sweep with this id; it may have been forgotten.")
        case SweepTooLong():
            return _sweep_too_long(failure)
        case TooExpensive():
            return _too_expensive(failure)
        case NoSuchEvent():
            return MalformedRequest(f"Last-Event-ID is ahead of the run: {failure}.")
        case UnknownTable():
            rule = "no table waits under this id: it has been deleted, or a run has it; send it again."
            return InvalidParameters.of(Fault("table", rule))
        case TooManyTables():
            return _too_many_tables(failure)
        case TableInUse():
            return Conflict("A run trains on this table, or waits to; it is deleted when that has ended.")
        case NoSeat():
            return Unavailable(
                "This server streams to as many clients as it can. Poll GET /api/runs/<id>?after=N instead.",
                headers={"Retry-After": str(failure.retry_after_seconds)},
            )
        case EngineUnavailable():
            return Unavailable(str(failure))
        case StoreUnavailable():
            return Unavailable(
                f"{failure} Simulations still work; try again in a while.", headers={"Retry-After": "10"}
            )
        case NoFit():
            return InvalidParameters(str(failure), errors=[Fault(failure.field, str(failure))])
    return None


def _too_many_tables(failure: TooManyTables) -> PublicError:
    headers = {"Retry-After": str(failure.retry_after_seconds)}
    if failure.for_all:
        return Unavailable(
            "This server holds as many tables as it can. Try again in a while.", headers=headers
        )
    detail = f"{failure}, which is as many as one client may have: train on one, or delete one."
    return TooManyRequests(detail, headers=headers)


def _too_expensive(failure: TooExpensive) -> InvalidParameters:
    detail = (
        f"This run is estimated to take {failure.estimate:.0f} s here, and {failure.limit:.0f} s is the most "
        "(DPSGD_COST_SECONDS): fewer epochs, fewer examples or a smaller model make it shorter."
    )
    rule = f"the estimate is {failure.estimate:.0f} s, the limit {failure.limit:.0f} s."
    return InvalidParameters(detail, errors=[Fault(name, rule) for name in ("epochs", "train_size", "model")])


def _sweep_too_long(failure: SweepTooLong) -> InvalidParameters:
    detail = (
        f"This sweep is estimated to take {failure.estimate:.0f} s here, and {failure.limit:.0f} s is the "
        "most (DPSGD_SWEEP_SECONDS): fewer values, fewer seeds or shorter runs make it shorter."
    )
    rule = f"the estimate of all runs is {failure.estimate:.0f} s, the limit {failure.limit:.0f} s."
    return InvalidParameters(detail, errors=[Fault(name, rule) for name in ("values", "seeds")])


def _answer_failure(failure: Exception) -> Response:
    if isinstance(failure, NoSeat):
        metrics().stream_refused()
    told = public(failure)
    if told is not None:
        return _respond(told.to_problem(), told.headers)
    if not isinstance(failure, HTTPException):
        current_app.logger.error(
            "unhandled exception", extra={"request_id": g.get("request_id", "")}, exc_info=failure
        )
        return _respond(problem(500), {})
    if failure.code is None or failure.code < 400:
        return current_app.make_response(failure.get_response())
    headers = {name: value for name, value in failure.get_headers() if name in _KEPT_HEADERS}
    return _respond(problem(failure.code), headers)


def _respond(body: dict[str, object], headers: dict[str, str]) -> Response:
    status = int(str(body["status"]))
    if request.path.startswith(_FOR_PROGRAMS):
        return answer(body, status, headers=headers, media_type=MEDIA_TYPE)
    return Response(render_template("error.html", **body), status, headers)
