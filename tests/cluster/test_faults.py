"""What becomes of runs when parts of a cluster die, hang and come back."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from app.runs.execution.keeper import CLOSING
from tests.cluster.machines import LEASE_SECONDS, REAL, Cluster
from tests.faults.playground import GUNICORN, Playground, whole_story
from tests.faults.promises import STRICT, kept
from tests.postgresql import PostgreSQL

NewCluster = Callable[..., Cluster]

LONG = 60  # epochs of 0.2 s
REAL_LEASE = pytest.param(
    30,
    marks=pytest.mark.skipif(not STRICT, reason="waits for the real lease of 30 s; cure: make faults"),
)


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["kind"] for event in events]


def finished_well(cluster: Cluster, run_id: str, *, attempt: int) -> None:
    """Check that the run ends as if nothing had happened, in its ``attempt``-th attempt."""
    assert cluster.web.event(run_id, "finished", seconds=60)["state"] == "done"
    events = cluster.web.events(run_id)
    assert whole_story(events)
    assert kinds(events).count("started") == attempt
    document = cluster.web.document(run_id)
    assert document["attempt"] == attempt
    assert document["final_metrics"]["accuracy"] is not None


def test_everything_killed_trains_on_after_the_start(new_cluster: NewCluster) -> None:
    cluster = new_cluster()
    run_id = cluster.web.post_run(epochs=15)
    cluster.web.event(run_id, "epoch", number=2)
    others = [cluster.web.post_run(epochs=5) for _ in range(3)]
    cluster.kill()
    assert cluster.web.state(run_id) == "running", "nobody was left to say that it had ended"
    cluster.start()
    ready_at = time.time()
    started = cluster.web.event(run_id, "started", number=2)
    kept(7, "cluster killed: orphan running after its start", limit=3.0, seconds=started["at"] - ready_at)
    finished_well(cluster, run_id, attempt=2)
    for other in others:
        assert cluster.web.event(other, "finished")["state"] == "done"


def test_a_worker_that_dies_costs_its_run_one_attempt(new_cluster: NewCluster) -> None:
    cluster = new_cluster()
    run_id = cluster.web.post_run(epochs=10)
    killed_at = cluster.worker_of(run_id).kill()
    retrying = cluster.web.event(run_id, "retrying")
    promise = "cluster: worker killed: queued again"
    kept(13, promise, limit=LEASE_SECONDS, seconds=retrying["at"] - killed_at)
    assert "worker" in retrying["why"]
    finished_well(cluster, run_id, attempt=2)


@pytest.mark.parametrize("lease", [LEASE_SECONDS, REAL_LEASE])
def test_what_a_returning_worker_writes_is_refused(new_cluster: NewCluster, lease: int) -> None:
    cluster = new_cluster(DPSGD_LEASE_SECONDS=str(lease))
    web = cluster.web

    def told_since(event: dict[str, Any]) -> list[int]:
        """Return the steps of the progress that was told after ``event``."""
        later = [other for other in web.events(run_id) if other["id"] > event["id"]]
        return [other["steps"] for other in later if other["kind"] == "progress"]

    run_id = web.post_run(epochs=LONG)
    hung = cluster.worker_of(run_id)
    left_behind = web.until(hung.trainer)
    stopped_at = hung.send(signal.SIGSTOP)
    retrying = web.event(run_id, "retrying", seconds=lease + 15)
    promise = f"cluster: worker hung, lease {lease} s: queued again"
    kept(13, promise, limit=lease + 1.0, seconds=retrying["at"] - stopped_at)
    started = web.event(run_id, "started", number=2)
    web.until(lambda: told_since(started))  # by the other worker, which was free
    hung.send(signal.SIGCONT)
    web.until(lambda: not left_behind.is_running())
    assert "taken over" in hung.log()
    told = told_since(started)
    web.until(lambda: len(told_since(started)) > len(told))
    assert web.ask("POST", f"/api/runs/{run_id}/cancel")[1]["state"] == "cancelled"
    told = told_since(started)
    assert told == sorted(set(told)), "both attempts wrote"
    assert kinds(web.events(run_id)).count("started") == 2
    assert whole_story(web.events(run_id))


def test_a_scheduler_that_dies_costs_its_runs_one_attempt(new_cluster: NewCluster) -> None:
    cluster = new_cluster()
    run_id = cluster.web.post_run(epochs=10)
    cluster.web.event(run_id, "epoch")
    killed_at = cluster.scheduler.kill()
    retrying = cluster.web.event(run_id, "retrying")
    promise = "cluster: scheduler killed: queued again"
    kept(13, promise, limit=LEASE_SECONDS, seconds=retrying["at"] - killed_at)
    assert cluster.web.ask("POST", "/api/train", {"epochs": 2, "seed": 1})[0] == 200
    time.sleep(LEASE_SECONDS)
    assert cluster.web.state(run_id) == "queued", "nobody can train it"
    assert kinds(cluster.web.events(run_id)).count("started") == 1

    cluster.scheduler.start()
    for worker in cluster.workers:  # which end with their scheduler; whatever started them starts them again
        worker.kill()
        worker.start()
    finished_well(cluster, run_id, attempt=2)


def test_a_scheduler_that_tries_again_by_itself_makes_no_attempt_more(new_cluster: NewCluster) -> None:
    cluster = new_cluster(DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="5")
    run_id = cluster.web.post_run(epochs=10)
    cluster.worker_of(run_id).kill()
    finished_well(cluster, run_id, attempt=2)
    assert "taken over" in "".join(worker.log() for worker in cluster.workers), "the scheduler did not try"


def test_trainings_go_on_without_their_database(new_cluster: NewCluster, postgresql: PostgreSQL) -> None:
    cluster = new_cluster()
    run_id = cluster.web.post_run(epochs=40)
    cluster.web.event(run_id, "epoch")
    with postgresql.closed(cluster.url):
        time.sleep(LEASE_SECONDS + 2)  # longer than an attempt may be silent
        assert cluster.web.ask("GET", f"/api/runs/{run_id}")[0] == 503
        assert cluster.web.ask("POST", "/api/train", {"epochs": 2, "seed": 1})[0] == 200
    opened_at = time.time()
    cluster.web.until(lambda: cluster.web.events(run_id)[-1]["at"] > opened_at)
    finished_well(cluster, run_id, attempt=1)


def test_trainings_go_on_without_any_web_server(new_cluster: NewCluster) -> None:
    cluster = new_cluster(kind=GUNICORN)
    web = cluster.web
    run_id = web.post_run(epochs=25)
    web.event(run_id, "epoch")
    web.kill()
    known = len(web.events(run_id))
    web.until(lambda: len(web.events(run_id)) > known + 10)
    web.start()
    document = web.document(run_id)
    assert (document["state"], document["attempt"]) == ("running", 1)
    finished_well(cluster, run_id, attempt=1)
    assert "retrying" not in kinds(web.events(run_id))


@pytest.mark.parametrize("end", [Playground.kill, Playground.terminate])
def test_a_run_that_ends_without_any_web_server_is_there_afterwards(
    new_cluster: NewCluster, end: Callable[[Playground], object]
) -> None:
    cluster = new_cluster(workers=1)
    run_id = cluster.web.post_run(epochs=5)
    waiting = cluster.web.post_run(epochs=2)
    cluster.web.event(run_id, "epoch")
    end(cluster.web)
    cluster.web.event(run_id, "finished")
    assert cluster.web.state(waiting) == "queued"
    cluster.web.start()
    finished_well(cluster, run_id, attempt=1)
    finished_well(cluster, waiting, attempt=1)


def test_a_worker_that_is_asked_to_end_gives_its_run_back(new_cluster: NewCluster) -> None:
    cluster = new_cluster()
    run_id = cluster.web.post_run(epochs=10)
    worker = cluster.worker_of(run_id)
    trainer = worker.trainer()
    assert worker.terminate() == 0
    assert trainer is not None
    assert not trainer.is_running()
    retrying = cluster.web.event(run_id, "retrying")
    assert retrying["why"] == CLOSING, "it was only missed"
    finished_well(cluster, run_id, attempt=2)


def test_a_real_training_runs_to_its_end_on_a_worker(new_cluster: NewCluster) -> None:
    cluster = new_cluster(workers=1, preload=REAL)
    run_id = cluster.web.post_run(epochs=2, seed=7)
    finished = cluster.web.event(run_id, "finished", seconds=120)
    assert finished["state"] == "done", json.dumps(finished)
    document = cluster.web.document(run_id)
    assert [epoch["epoch"] for epoch in document["epochs"]] == [1, 2]
    assert document["evidence"] == "measured"
    assert document["epsilon_spent"] == document["epochs"][-1]["epsilon"]
    assert whole_story(cluster.web.events(run_id))
