"""A request sent again with its Idempotency-Key gets the run it made."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.events import Finished
from app.runs import timing as timing_module
from app.runs.store.records import Claim
from tests.api.served import Served

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
SLOW = timing_module.Rate(examples_per_second=0.001, source="shipped")
RUN = {"mode": "real", "task": "digits", "epochs": 2}


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    return serve()


def claimed(served: Served, response: Any) -> Claim:
    """Return the claim of the run that ``response`` tells of, made by hand where nobody leads."""
    claim = served.service.lifecycle.claim()
    assert claim is not None
    assert claim.run_id == response.json["id"]
    return claim


def test_the_same_request_with_the_same_key_gets_the_same_run(served):
    first = served.post(Idempotency_Key=KEY)
    again = served.post(Idempotency_Key=KEY)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json["id"] == first.json["id"]
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert served.runs() == 1


@pytest.mark.parametrize(
    "body",
    [
        {"epochs": 2, "task": "digits", "mode": "real"},
        {**RUN, "epochs": 2.0},
        {**RUN, "seed": None},
    ],
    ids=str,
)
def test_an_equal_request_is_the_same_however_it_is_written(served, body):
    first = served.post(Idempotency_Key=KEY)
    assert served.post(body=body, Idempotency_Key=KEY).json["id"] == first.json["id"]


@pytest.mark.parametrize("body", [{**RUN, "epochs": 3}, {**RUN, "baseline": True}], ids=str)
def test_another_request_with_the_same_key_is_a_422(served, expect_problem, body):
    served.post(Idempotency_Key=KEY)
    expect_problem(served.post(body=body, Idempotency_Key=KEY), 422, fields={"Idempotency-Key"})
    assert served.runs() == 1


def test_another_key_is_another_run(served):
    ids = {served.post(Idempotency_Key=key).json["id"] for key in (KEY, KEY.upper())}
    assert len(ids) == 2


def test_sent_twelve_times_at_once_it_makes_one_run(served):
    with ThreadPoolExecutor(max_workers=12) as pool:
        answers = list(pool.map(lambda _: served.post(Idempotency_Key=KEY), range(12)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert ["Idempotent-Replayed" in answer.headers for answer in answers].count(False) == 1
    assert served.runs() == 1


@pytest.mark.parametrize("prefer", [{}, {"Prefer": "respond-async"}], ids=str)
def test_a_run_that_has_ended_meanwhile_is_answered_whole(served, prefer):
    first = served.post(Idempotency_Key=KEY)
    finish(served, claimed(served, first), state="done")
    again = served.post(Idempotency_Key=KEY, **prefer)
    assert (again.status_code, again.json["state"]) == (200, "done")
    assert again.headers["Idempotent-Replayed"] == "true"


def finish(served: Served, claim: Claim, *, state: str, error: dict[str, str] | None = None) -> None:
    finished = Finished(state=state, steps=3, training_seconds=0.5, error=error)
    served.service.lifecycle.finish(claim.run_id, claim.owner, [], finished)


@pytest.mark.parametrize(
    ("kind", "status"), [("time_limit", 503), ("lost", 500), ("internal", 500), ("data_unavailable", 503)]
)
def test_a_run_that_has_failed_is_the_same_problem_again_and_says_where_it_is(
    served, expect_problem, kind, status
):
    first = served.post(Idempotency_Key=KEY)
    finish(served, claimed(served, first), state="failed", error={"kind": kind, "message": "It is over."})
    again = served.post(Idempotency_Key=KEY)
    assert expect_problem(again, status)["detail"] == "It is over."
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_repeated_request_waits_like_the_first(serve):
    served = serve(slots=1, wait_seconds=20)
    with ThreadPoolExecutor(max_workers=2) as pool:
        first, again = (pool.submit(served.post, Idempotency_Key=KEY) for _ in range(2))
        while not (served.trainers and served.trainers[0].claims):
            assert not first.done()
        served.trainers[0].finish(served.trainers[0].claims[0])
        answers = [first.result(20), again.result(20)]
    assert [(answer.status_code, answer.json["state"]) for answer in answers] == [(200, "done")] * 2
    assert answers[0].json["id"] == answers[1].json["id"]
    assert len(served.trainers[0].claims) == 1


def test_a_repeated_request_is_never_limited(serve, monkeypatch):
    served = serve(limits="on", active_runs=1, trainings_per_minute=1, queue_limit=1, cost_seconds=60)
    first = served.post(Idempotency_Key=KEY)
    assert served.post().status_code == 503
    monkeypatch.setattr(timing_module, "shipped_rate", lambda: SLOW)
    again = served.post(Idempotency_Key=KEY)
    assert (again.status_code, again.json["id"]) == (202, first.json["id"])


def test_another_client_s_key_opens_nothing(served):
    mine = served.post(Idempotency_Key=KEY, address="192.0.2.7")
    theirs = served.post(Idempotency_Key=KEY, address="192.0.2.8")
    assert theirs.json["id"] != mine.json["id"]
    other = {**RUN, "epochs": 3}
    assert served.post(body=other, Idempotency_Key=KEY, address="192.0.2.9").status_code == 202


@pytest.mark.parametrize("key", ["", "a b", "ä", "k" * 256, "tab\tin"], ids=ascii)
def test_what_is_no_key_is_a_400_that_names_it(served, expect_problem, key):
    for body in (None, {"mode": "simulation"}):
        expect_problem(served.post(body=body, Idempotency_Key=key), 400, fields={"Idempotency-Key"})
    assert served.runs() == 0


@pytest.mark.parametrize("key", ["!", "~" * 255, '"quoted"', "a,b;c=1"])
def test_any_visible_ascii_is_a_key(served, key):
    first = served.post(Idempotency_Key=key)
    assert served.post(Idempotency_Key=key).json["id"] == first.json["id"]


def test_a_simulation_has_no_use_for_a_key(served):
    answers = [served.post(body={"epochs": epochs}, Idempotency_Key=KEY) for epochs in (1, 2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert not any("Idempotent-Replayed" in answer.headers for answer in answers)


def test_the_key_of_a_request_that_was_refused_is_free(serve):
    served = serve(queue_limit=1)
    blocking = served.post()
    assert served.post(Idempotency_Key=KEY).status_code == 503
    served.post(f"{blocking.headers['Location']}/cancel", {})
    assert served.post(Idempotency_Key=KEY).status_code == 202
