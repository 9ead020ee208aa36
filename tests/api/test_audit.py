"""POST /api/runs/<id>/audit: a run of its own, started, waited for, repeated and refused as a training is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.events import Audited, Finished
from app.schemas.documents import Run
from tests.api.served import Served
from tests.runs.test_auditing import AUDITED

NOWHERE = "0" * 24


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    return serve()


def audit(served: Served, run_id: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
    return served.post(f"/api/runs/{run_id}/audit", body or {}, **headers)


def end(served: Served, *events: Audited) -> None:
    claim = served.service.lifecycle.claim()
    assert claim is not None
    finished = Finished(state="done", steps=23, training_seconds=0.5)
    served.service.lifecycle.finish(claim.run_id, claim.owner, list(events), finished)


def test_an_audit_is_a_run_of_its_own(served):
    training = served.post().json
    response = audit(served, training["id"])
    assert response.status_code == 202
    document = response.json
    assert response.headers["Location"] == f"/api/runs/{document['id']}"
    assert document["id"] != training["id"]
    assert document["parameters"] == training["parameters"]
    assert (document["state"], document["audit"]["method"]) == ("queued", "dirac")
    assert document["audit"]["run_id"] == training["id"]
    assert (training["audit"], document["audit"]["epsilon_lower_bound"]) == (None, None)
    assert document["progress"]["queue_position"] == 2
    assert [notice["id"] for notice in document["notices"]] == ["audit-trains-again"]


@pytest.mark.parametrize(
    ("body", "noise", "method"),
    [
        ({}, 2.0, "dirac"),
        ({"canaries": "auto"}, 0, "mislabelled"),
        ({"canaries": "dirac"}, 0, "dirac"),
        ({"canaries": "mislabelled"}, 2.0, "mislabelled"),
    ],
)
def test_the_canaries_are_those_asked_for(served, body, noise, method):
    training = served.post(body={"mode": "real", "task": "digits", "noise_multiplier": noise}).json
    assert audit(served, training["id"], body).json["audit"]["method"] == method


def test_what_it_found_is_in_its_document_and_its_events(served):
    served.post()
    training = served.post().json["id"]
    audited = audit(served, training).json["id"]
    for found in ((), (), (AUDITED,)):
        end(served, *found)
    document = served.client.get(f"/api/runs/{audited}?after=0").json
    assert (document["state"], document["audit"]["epsilon_lower_bound"]) == ("done", 0.4)
    assert document["audit"]["run_id"] == training
    assert document["audit"]["membership"]["auc_interval"] == [0.55, 0.65]
    assert "at least" in document["audit"]["statement"]
    assert [event["kind"] for event in document["events"]] == ["started", "audited", "finished"]
    Run.model_validate(document)
    stream = served.client.get(f"/api/runs/{audited}/events").text
    assert "event: audited" in stream


def test_an_audit_can_be_cancelled(served):
    audited = audit(served, served.post().json["id"]).json["id"]
    document = served.client.post(f"/api/runs/{audited}/cancel").json
    assert (document["state"], document["audit"]["statement"]) == ("cancelled", None)


def test_the_same_request_with_the_same_key_gets_the_same_audit(served):
    training = served.post().json["id"]
    first = audit(served, training, Idempotency_Key="k")
    again = audit(served, training, {"canaries": "auto"}, Idempotency_Key="k")
    assert first.json["id"] == again.json["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert served.runs() == 2


@pytest.mark.parametrize("other", ["canaries", "run", "training"])
def test_another_request_with_the_same_key_is_a_422(served, expect_problem, other):
    training, second = (served.post().json["id"] for _ in range(2))
    audit(served, training, Idempotency_Key="k")
    response = {
        "canaries": lambda: audit(served, training, {"canaries": "mislabelled"}, Idempotency_Key="k"),
        "run": lambda: audit(served, second, Idempotency_Key="k"),
        "training": lambda: served.post(Idempotency_Key="k"),
    }[other]()
    expect_problem(response, 422, fields={"Idempotency-Key"})


def test_a_full_queue_takes_no_audit(serve, expect_problem):
    served = serve(queue_limit=1)
    expect_problem(audit(served, served.post().json["id"]), 503)


def test_an_audit_counts_among_a_client_s_active_runs(serve, expect_problem):
    served = serve(active_runs=1, limits="on")
    expect_problem(audit(served, served.post().json["id"]), 429)


@pytest.mark.parametrize(
    ("body", "fields"),
    [({"canaries": "gold"}, {"canaries"}), ({"canaries": None}, {"canaries"}), ({"count": 5}, {"count"})],
    ids=str,
)
def test_a_field_that_breaks_a_rule_is_a_422(served, expect_problem, body, fields):
    expect_problem(audit(served, served.post().json["id"], body), 422, fields=fields)


def test_a_run_that_is_not_there_is_a_404(served, expect_problem):
    expect_problem(audit(served, NOWHERE), 404)


def test_an_audit_of_an_audit_is_a_422(served, expect_problem):
    audited = audit(served, served.post().json["id"]).json["id"]
    assert "audit" in expect_problem(audit(served, audited), 422)["detail"]
