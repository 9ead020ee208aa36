"""What becomes of a run when its training process dies, hangs, takes too long or is told to stop."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.faults import trainer
from tests.faults.playground import FINISHED, RUN_PY, Playground, send, whole_story
from tests.faults.promises import kept

LONG = 60  # epochs of 0.2 s


def under_way(playground: Playground, **parameters: int) -> str:
    """Return a run that has measured something."""
    run_id = playground.post_run(**{"epochs": LONG, **parameters})
    playground.event(run_id, "epoch")
    return run_id


def stop(playground: Playground, run_id: str) -> None:
    assert playground.ask("POST", f"/api/runs/{run_id}/cancel")[0] == 200


def test_a_killed_trainer_is_retried_once_and_then_the_run_fails_in_words(playground: Playground) -> None:
    run_id = under_way(playground)
    waiting = playground.post_run(epochs=2)
    killed_at = send(playground.trainer(), signal.SIGKILL)
    retrying = playground.event(run_id, "retrying")
    kept(1, "trainer killed: retrying", limit=1.0, seconds=retrying["at"] - killed_at)

    playground.until(lambda: playground.document(run_id)["attempt"] == 2)
    playground.until(lambda: playground.document(run_id)["epochs"])
    killed_at = send(playground.trainer(), signal.SIGKILL)
    finished = playground.event(run_id, "finished")
    kept(1, "trainer killed again: failed", limit=1.0, seconds=finished["at"] - killed_at)

    document = playground.document(run_id)
    assert document["state"] == "failed"
    assert document["error"]["kind"] == "lost"
    assert "signal 9" in document["error"]["message"]
    assert "Start the run again" in document["error"]["message"]
    assert document["epsilon_charged"] > document["epsilon_spent"] > 0
    assert whole_story(playground.events(run_id))
    assert playground.event(waiting, "finished")["state"] == "done", "the queue was harmed"


def test_a_hung_trainer_is_killed_and_its_run_retried(playground: Playground) -> None:
    run_id = under_way(playground, epochs=10)
    hung = playground.trainer()
    stopped_at = send(hung, signal.SIGSTOP)
    began = time.monotonic()
    assert playground.ask("GET", "/healthz")[0] == 200
    assert playground.ask("POST", "/api/train", {"epochs": 2, "seed": 1})[0] == 200
    kept(2, "trainer hung: web answers, with a simulation", limit=1.0, seconds=time.monotonic() - began)
    retrying = playground.event(run_id, "retrying")
    kept(2, "trainer hung: killed, retrying", limit=5.0 + 1.0, seconds=retrying["at"] - stopped_at)
    assert not hung.is_running()
    assert playground.event(run_id, "finished")["state"] == "done"
    assert whole_story(playground.events(run_id))


@pytest.mark.parametrize("seed", [trainer.GREEDY, trainer.GREEDY_LIBRARY])
def test_a_trainer_without_memory_is_retried_once_and_then_fails_in_words(
    playground: Playground, seed: int
) -> None:
    run_id = playground.post_run(seed=seed)
    finished = playground.event(run_id, "finished")
    kinds = [event["kind"] for event in playground.events(run_id)]
    assert kinds.count("retrying") == 1
    assert finished["error"]["kind"] == "lost"
    assert "memory" in finished["error"]["message"]
    assert playground.ask("GET", "/healthz")[0] == 200
    after = playground.post_run(epochs=1)
    assert playground.event(after, "finished")["state"] == "done"


def test_a_real_training_that_finds_no_memory_is_retried_in_a_new_process(tmp_path: Path) -> None:
    with Playground(tmp_path, RUN_PY, pretending=False) as playground:
        warm = playground.post_run(epochs=1)
        assert playground.event(warm, "finished", seconds=120)["state"] == "done"
        first = playground.trainer()
        held = first.memory_info().vms
        first.rlimit(psutil.RLIMIT_AS, (held, held))
        run_id = playground.post_run(epochs=1, model="logistic", batch_size=512)
        finished = playground.event(run_id, "finished", seconds=120)
        assert finished["state"] == "done"
        why = playground.event(run_id, "retrying")["why"]
        assert "memory" in why or "signal 6" in why, "TensorFlow itself aborts where a thread cannot start"
        assert playground.trainer().pid != first.pid
        assert playground.document(run_id)["attempt"] == 2


def test_a_queued_run_is_cancelled_at_once(playground: Playground) -> None:
    run_id = under_way(playground)
    waiting = playground.post_run(epochs=2)
    began = time.monotonic()
    status, document = playground.ask("POST", f"/api/runs/{waiting}/cancel")
    kept(4, "queued run cancelled", limit=0.25, seconds=time.monotonic() - began)
    assert (status, document["state"], document["epsilon_spent"]) == (200, "cancelled", 0.0)
    stop(playground, run_id)


def test_a_running_run_is_cancelled_and_keeps_what_it_measured(playground: Playground) -> None:
    run_id = under_way(playground)
    before = playground.document(run_id)
    asked_at = time.time()
    stop(playground, run_id)
    finished = playground.event(run_id, "finished")
    kept(4, "running run cancelled", limit=0.5, seconds=finished["at"] - asked_at)
    document = playground.document(run_id)
    assert document["state"] == "cancelled"
    assert document["epochs"][: len(before["epochs"])] == before["epochs"]
    assert document["epsilon_spent"] >= before["epsilon_spent"] > 0
    assert document["progress"]["steps"] == finished["steps"] > 0


def test_a_stuck_run_is_cancelled_and_keeps_what_it_measured(playground: Playground) -> None:
    run_id = under_way(playground, seed=trainer.DEAF)
    asked_at = time.time()
    status, document = playground.ask("POST", f"/api/runs/{run_id}/cancel")
    finished = playground.event(run_id, "finished")
    kept(4, "stuck run cancelled", limit=4.0, seconds=finished["at"] - asked_at)
    assert (status, document["state"]) == (200, "cancelled"), "the answer shows the end"
    assert document["epochs"]
    assert document["epsilon_spent"] > 0
    after = playground.post_run(epochs=1)
    assert playground.event(after, "finished")["state"] == "done"


def test_a_hung_run_is_cancelled(playground: Playground) -> None:
    run_id = under_way(playground)
    send(playground.trainer(), signal.SIGSTOP)
    asked_at = time.time()
    assert playground.ask("POST", f"/api/runs/{run_id}/cancel")[1]["state"] == "cancelled"
    finished = playground.event(run_id, "finished")
    kept(4, "hung run cancelled", limit=4.0, seconds=finished["at"] - asked_at)
    assert playground.document(run_id)["epsilon_spent"] > 0


def test_a_run_goes_on_when_its_client_is_gone(playground: Playground) -> None:
    run_id = playground.post_run(epochs=3)  # and nobody asks again before it has ended
    playground.until(lambda: playground.state(run_id) in FINISHED)
    assert playground.state(run_id) == "done"
    assert whole_story(playground.events(run_id))
    assert len(playground.document(run_id)["epochs"]) == 3
