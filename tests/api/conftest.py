"""A client of the application, a run service that trains nothing, and the one check of a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app import create_app
from app.runs.admission import Admitted, RequestKey, Visitor
from app.runs.documents.document import simulated_document
from app.runs.store.database import Store
from app.runs.store.records import UnknownRun
from app.runs.timing import Timing
from app.settings import Settings
from tests.api.served import Served

RUN_ID = "0123456789abcdef01234567"


class FakeRunService:
    """Stands in for the run service: remembers how it was called, answers what a test sets.

    ``document_of_run`` is a simulation's document dressed as a measured run.
    """

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []
        self.waited: list[float] = []
        self.cancelled: list[str] = []
        self.finishes = True
        self.before: Admitted | None = None
        self.refusal: Exception | None = None
        self.changes: dict[str, Any] = {}
        self.store = Store(Settings().store_location)
        self.timing = Timing(self.store)

    def capabilities(self) -> dict[str, Any]:
        there = {"available": True, "reason": None}
        return {"real": there, "engines": {"fast": there, "tensorflow-privacy": there}}

    def readiness(self) -> dict[str, Any]:
        return {"real": self.capabilities()["real"], "leader": True, "queue_length": 0}

    def earlier(self, visitor: Visitor, key: RequestKey | None) -> Admitted | None:
        return self.before

    def start(self, parameters: Any, **rest: Any) -> Admitted:
        if self.refusal is not None:
            raise self.refusal
        self.started.append({"parameters": parameters, **rest})
        return Admitted(run_id=RUN_ID)

    def wait(self, run_id: str, seconds: float, **_: Any) -> bool:
        self.waited.append(seconds)
        return self.finishes

    def document(self, run_id: str) -> dict[str, Any]:
        if run_id != RUN_ID:
            raise UnknownRun(run_id)
        return {**simulated_run(), "id": run_id, "mode": "real", "evidence": "measured", **self.changes}

    def cancel(self, run_id: str) -> dict[str, Any]:
        document = self.document(run_id)
        self.cancelled.append(run_id)
        return {**document, "state": "cancelled"}


def simulated_run() -> dict[str, Any]:
    from app.schemas.requests import TrainRequest
    from app.schemas.resolution import resolve

    request = TrainRequest.model_validate({"seed": 1, "epochs": 3})
    return simulated_document(resolve(request, settings=Settings()).parameters, [])


@pytest.fixture
def runs() -> Iterator[FakeRunService]:
    service = FakeRunService()
    yield service
    service.store.close()


@pytest.fixture
def make_client(runs: FakeRunService) -> Callable[..., Any]:
    """Return a function that makes a client of an application with these settings."""

    def make(**settings: Any) -> Any:
        app = create_app(Settings(**settings))
        app.extensions["runs"] = runs
        return app.test_client()

    return make


@pytest.fixture
def client(make_client: Callable[..., Any]) -> Any:
    return make_client(offline=True, wait_seconds=7)


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Return a function that serves the application with these settings over a real store."""
    made: list[Served] = []

    def new(**settings: Any) -> Served:
        made.append(Served(**settings))
        return made[-1]

    yield new
    for served in made:
        served.service.close()


@pytest.fixture
def expect_problem() -> Iterator[Callable[..., dict[str, Any]]]:
    """Return the one check of a failure: its status and shape; it returns the problem."""

    def check(response: Any, status: int, *, fields: set[str] | None = None) -> dict[str, Any]:
        assert response.status_code == status, response.text
        assert response.mimetype == "application/problem+json"
        problem: dict[str, Any] = response.json
        assert set(problem) == {"type", "title", "status", "detail", "errors"}
        assert problem["status"] == status
        assert problem["title"]
        assert problem["detail"]
        assert all(set(fault) == {"field", "message"} for fault in problem["errors"])
        assert "Traceback" not in response.text
        if fields is not None:
            assert {fault["field"] for fault in problem["errors"]} == fields
        return problem

    return check
