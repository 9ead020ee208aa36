"""Operation: health, readiness, and the interface's own description."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from app import __version__
from app.errors import KINDS
from app.routes.exchange import answer, run_service
from app.schemas.openapi import openapi
from app.schemas.operations import OPERATIONS

blueprint = Blueprint("system", __name__, template_folder="templates")


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer that the process lives."""
    return answer({"status": "ok", "version": __version__})


@blueprint.get("/readyz")
def readyz() -> Response:
    """Answer that requests are served and the run store can be used; a 503 says what is wrong with it."""
    return answer({"status": "ready", **run_service().readiness()})


@blueprint.get("/api/openapi.json")
def openapi_document() -> Response:
    """Answer with the OpenAPI 3.1 document."""
    return answer(openapi(version=__version__))


@blueprint.get("/api/docs")
def documentation() -> str:
    """The endpoints and kinds of problems, as a page."""
    return render_template("api_docs.html", operations=OPERATIONS, kinds=KINDS, version=__version__)
