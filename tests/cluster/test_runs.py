"""Runs on a cluster whose machines stay: trained at the same time, retried, cancelled."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.cluster.machines import Cluster
from tests.faults import trainer
from tests.faults.playground import send, whole_story
from tests.faults.promises import kept
from tests.own_table import table_request

LONG = 60  # epochs of 0.2 s


def test_as_many_runs_train_at_once_as_there_are_workers(cluster: Cluster) -> None:
    runs = [cluster.web.post_run(epochs=5) for _ in range(3)]
    first, second, third = (cluster.web.event(run_id, "finished") for run_id in runs)
    assert {event["state"] for event in (first, second, third)} == {"done"}
    started = [cluster.web.event(run_id, "started")["at"] for run_id in runs]
    assert started[1] < first["at"], "the second did not wait for the first"
    assert started[2] > min(first["at"], second["at"]), "the third had to wait for a worker"
    for run_id in runs:
        assert whole_story(cluster.web.events(run_id))
        assert cluster.web.document(run_id)["attempt"] == 1


def test_a_killed_trainer_is_retried_once_and_then_the_run_fails_in_words(cluster: Cluster) -> None:
    web = cluster.web
    run_id = web.post_run(epochs=LONG)
    killed_at = send(web.until(cluster.worker_of(run_id).trainer), signal.SIGKILL)
    retrying = web.event(run_id, "retrying")
    kept(1, "cluster: trainer killed: retrying", limit=1.0, seconds=retrying["at"] - killed_at)

    web.until(lambda: web.document(run_id)["attempt"] == 2 and web.document(run_id)["epochs"])
    killed_at = send(web.until(cluster.worker_of(run_id).trainer), signal.SIGKILL)
    finished = web.event(run_id, "finished")
    kept(1, "cluster: trainer killed again: failed", limit=1.0, seconds=finished["at"] - killed_at)
    assert finished["error"]["kind"] == "lost"
    assert "Start the run again" in finished["error"]["message"]
    assert whole_story(web.events(run_id))
    after = web.post_run(epochs=2)
    assert web.event(after, "finished")["state"] == "done", "the queue was harmed"


def test_a_worker_gets_the_table_of_a_run_from_the_store(cluster: Cluster) -> None:
    web = cluster.web
    status, answer = web.ask("POST", "/api/tables", table_request())
    assert status == 201, answer
    run_id = web.post_run(task=None, dataset="table", table=answer["table"], epochs=5)
    send(web.until(cluster.worker_of(run_id).trainer), signal.SIGKILL)
    web.event(run_id, "retrying")
    assert web.event(run_id, "finished")["state"] == "done", "the next attempt had it too"
    assert web.ask("DELETE", f"/api/tables/{answer['table']}")[0] == 404


def test_the_weights_of_a_worker_s_training_answer_pictures_in_the_web(cluster: Cluster) -> None:
    web = cluster.web
    run_id = web.post_run(model="logistic", epochs=5)
    picture = {"image": [[0] * 8] * 8}
    web.event(run_id, "epoch")
    assert web.ask("POST", f"/api/runs/{run_id}/predict", picture)[0] == 409
    send(web.until(cluster.worker_of(run_id).trainer), signal.SIGKILL)
    web.event(run_id, "retrying")
    assert web.event(run_id, "finished")["state"] == "done"
    status, answer = web.ask("POST", f"/api/runs/{run_id}/predict", picture)
    assert (status, answer["private"]["label"], answer["baseline"]) == (200, "4", None)


def test_a_queued_run_is_cancelled_at_once(cluster: Cluster) -> None:
    web = cluster.web
    busy = [web.post_run(epochs=LONG) for _ in cluster.workers]
    for run_id in busy:
        web.event(run_id, "epoch")
    waiting = web.post_run(epochs=2)
    began = time.monotonic()
    status, document = web.ask("POST", f"/api/runs/{waiting}/cancel")
    kept(4, "cluster: queued run cancelled", limit=0.25, seconds=time.monotonic() - began)
    assert (status, document["state"]) == (200, "cancelled")
    for run_id in busy:
        assert web.ask("POST", f"/api/runs/{run_id}/cancel")[1]["state"] == "cancelled"


def test_a_running_run_is_cancelled_and_keeps_what_it_measured(cluster: Cluster) -> None:
    web = cluster.web
    run_id = web.post_run(epochs=LONG)
    web.event(run_id, "epoch")
    asked_at = time.time()
    assert web.ask("POST", f"/api/runs/{run_id}/cancel")[0] == 200
    finished = web.event(run_id, "finished")
    kept(4, "cluster: running run cancelled", limit=0.5, seconds=finished["at"] - asked_at)
    document = web.document(run_id)
    assert (document["state"], bool(document["epochs"])) == ("cancelled", True)
    assert document["epsilon_spent"] > 0


def test_a_stuck_run_is_cancelled_and_keeps_what_it_measured(cluster: Cluster) -> None:
    web = cluster.web
    run_id = web.post_run(epochs=LONG, seed=trainer.DEAF)
    web.event(run_id, "epoch")
    asked_at = time.time()
    assert web.ask("POST", f"/api/runs/{run_id}/cancel")[1]["state"] == "cancelled"
    finished = web.event(run_id, "finished")
    kept(4, "cluster: stuck run cancelled", limit=4.0, seconds=finished["at"] - asked_at)
    assert web.document(run_id)["epsilon_spent"] > 0
    after = web.post_run(epochs=1)
    assert web.event(after, "finished")["state"] == "done"


WRONG = [("DPSGD_STORE", "runs.sqlite"), ("DPSGD_RUN_SECONDS", "soon")]


@pytest.mark.parametrize(("variable", "value"), WRONG)
def test_a_worker_that_could_not_train_ends_and_says_why(
    cluster: Cluster, tmp_path: Path, variable: str, value: str
) -> None:
    worker = cluster.worker(tmp_path, 9, **{variable: value})
    worker.start()
    try:
        assert worker.ended(seconds=60) != 0
    finally:
        worker.kill()
    assert variable in worker.log()
