"""An audit on a server that really trains: its whole story, stopped at once, retried after a crash."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.playground import RUN_PY, Playground, send, whole_story


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    with Playground(tmp_path_factory.mktemp("audit"), RUN_PY, pretending=False) as started:
        yield started


@pytest.fixture(scope="module")
def training(playground: Playground) -> str:
    """Return the id of a finished training."""
    run_id = playground.post_run(epochs=1, baseline=True)
    playground.event(run_id, "finished", seconds=90)
    return run_id


def audit(playground: Playground, run_id: str, **headers: str) -> tuple[int, dict[str, Any]]:
    return playground.ask("POST", f"/api/runs/{run_id}/audit", {}, headers=headers)


def test_an_audit_is_waited_for_and_tells_its_whole_story(playground: Playground, training: str) -> None:
    status, document = audit(playground, training)
    assert (status, document["state"]) == (200, "done"), document
    found = document["audit"]
    assert found["epsilon_lower_bound"] < found["epsilon_upper_bound"] == document["privacy"]["epsilon"]
    # In one epoch 1/e of the members are never sampled; the others nothing hides without noise.
    assert found["baseline"]["membership"]["auc"] > found["membership"]["auc"] + 0.1
    assert document["parameters"] == playground.document(training)["parameters"]
    events = playground.events(document["id"])
    assert whole_story(events)
    assert [event["kind"] for event in events[-2:]] == ["audited", "finished"]


def test_a_running_audit_is_stopped_at_once_and_has_no_verdict(playground: Playground) -> None:
    long = playground.post_run(epochs=60, batch_size=16)
    playground.ask("POST", f"/api/runs/{long}/cancel")
    _, document = audit(playground, long, Prefer="respond-async")
    playground.event(document["id"], "epoch", seconds=60)
    began = time.monotonic()
    _, stopped = playground.ask("POST", f"/api/runs/{document['id']}/cancel")
    assert time.monotonic() - began < 4.0
    assert stopped["state"] == "cancelled"
    assert stopped["epsilon_spent"] > 0
    assert stopped["audit"]["epsilon_lower_bound"] is None


def test_an_audit_whose_trainer_is_killed_is_tried_again(playground: Playground) -> None:
    long = playground.post_run(epochs=30, batch_size=16)
    playground.ask("POST", f"/api/runs/{long}/cancel")
    _, document = audit(playground, long, Prefer="respond-async")
    playground.event(document["id"], "epoch", seconds=60)
    send(playground.trainer(), signal.SIGKILL)
    playground.event(document["id"], "finished", seconds=120)
    again = playground.document(document["id"])
    assert (again["state"], again["attempt"]) == ("done", 2), again["error"]
    assert again["epsilon_charged"] > again["epsilon_spent"]
    assert again["audit"]["statement"]
    events = playground.events(document["id"])
    assert whole_story(events)
    assert [event["kind"] for event in events].count("audited") == 1
