"""What becomes of runs when web processes die, are stopped, or all is killed at once."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.faults.playground import GUNICORN, RUN_PY, Playground, send, wait_until_gone, whole_story
from tests.faults.promises import kept
from tests.faults.watcher import Watcher

EPOCHS = 6  # of 0.2 s


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Playground]]:
    """Return the function that starts a server of a kind."""
    started: list[Playground] = []

    def start(kind: str) -> Playground:
        started.append(Playground(tmp_path, kind))
        started[-1].start()
        return started[-1]

    yield start
    for playground in started:
        playground.kill()


def test_another_worker_leads_when_the_leader_is_killed(start: Callable[[str], Playground]) -> None:
    playground = start(GUNICORN)
    run_id = playground.post_run(epochs=EPOCHS)
    watchers = [Watcher(playground.port, run_id) for _ in range(12)]  # some on each worker
    playground.event(run_id, "epoch")
    leader, trainer = playground.leader(), playground.trainer()
    killed_at = send(leader, signal.SIGKILL)
    started = playground.event(run_id, "started", number=2)
    kept(5, "leading worker killed: another leads and trains", limit=1.0, seconds=started["at"] - killed_at)
    assert playground.event(run_id, "finished")["state"] == "done"
    wait_until_gone([trainer], seconds=5)

    stored = playground.events(run_id)
    assert whole_story(stored)
    for watcher in watchers:
        assert watcher.join(10).ids == [event["id"] for event in stored]
    assert max(watcher.connections for watcher in watchers) > 1, "no watcher was on the leader"
    playground.until(lambda: len(playground.web_workers()) == 2)


def test_a_stopped_training_process_does_not_outlive_its_leader(start: Callable[[str], Playground]) -> None:
    playground = start(GUNICORN)
    run_id = playground.post_run(epochs=EPOCHS)
    playground.event(run_id, "epoch")
    leader, trainer = playground.leader(), playground.trainer()
    send(trainer, signal.SIGSTOP)
    while trainer.status() != psutil.STATUS_STOPPED:  # the kernel looks for stopped ones when the leader dies
        time.sleep(0.01)
    send(leader, signal.SIGKILL)
    wait_until_gone([trainer], seconds=5)
    assert playground.event(run_id, "finished")["state"] == "done"


def test_a_worker_that_does_not_lead_may_die_unnoticed(start: Callable[[str], Playground]) -> None:
    playground = start(GUNICORN)
    run_id = playground.post_run(epochs=EPOCHS)
    watchers = [Watcher(playground.port, run_id) for _ in range(12)]
    playground.event(run_id, "epoch")
    leader = playground.leader()
    (other,) = (worker for worker in playground.web_workers() if worker.pid != leader.pid)
    send(other, signal.SIGKILL)
    assert playground.event(run_id, "finished")["state"] == "done"
    stored = playground.events(run_id)
    assert [event["kind"] for event in stored].count("started") == 1
    assert all(watcher.join(10).ids == [event["id"] for event in stored] for watcher in watchers)


def test_a_leader_that_was_stopped_for_a_while_goes_on(start: Callable[[str], Playground]) -> None:
    """Longer than the lease: that was not the training process's silence."""
    playground = start(RUN_PY)
    run_id = playground.post_run(epochs=30)
    playground.event(run_id, "epoch")
    leader = playground.leader()
    send(leader, signal.SIGSTOP)
    with pytest.raises(psutil.TimeoutExpired):
        leader.wait(timeout=7.0)
    send(leader, signal.SIGCONT)
    assert playground.event(run_id, "finished")["state"] == "done"
    stored = playground.events(run_id)
    assert [event["kind"] for event in stored].count("started") == 1
    assert whole_story(stored)


@pytest.mark.parametrize("kind", [RUN_PY, GUNICORN])
def test_nothing_survives_a_server_whose_first_process_is_killed(
    start: Callable[[str], Playground], kind: str
) -> None:
    playground = start(kind)
    run_id = playground.post_run(epochs=EPOCHS)
    playground.event(run_id, "epoch")
    family = playground.family()
    send(family[0], signal.SIGKILL)
    wait_until_gone(family, seconds=10)
    playground.start()
    assert playground.event(run_id, "finished")["state"] == "done"
    assert whole_story(playground.events(run_id))


@pytest.mark.parametrize("kind", [RUN_PY, GUNICORN])
def test_a_server_that_is_told_to_stop_gives_its_run_back(
    start: Callable[[str], Playground], kind: str
) -> None:
    playground = start(kind)
    run_id = playground.post_run(epochs=EPOCHS)
    waiting = playground.post_run(epochs=1)
    watchers = [Watcher(playground.port, run_id) for _ in range(6)]
    playground.event(run_id, "epoch")
    kept(6, f"SIGTERM in a training, {kind}: all gone", limit=10.0, seconds=playground.terminate())
    assert playground.state(run_id) == "queued"
    assert playground.events(run_id)[-1]["kind"] == "retrying"

    began = playground.start()
    started = playground.event(run_id, "started", number=2)
    kept(6, f"started again, {kind}: the run too", limit=3.0, seconds=started["at"] - began)
    assert playground.event(run_id, "finished")["state"] == "done"
    assert playground.event(waiting, "finished")["state"] == "done"
    stored = playground.events(run_id)
    assert whole_story(stored)
    assert all(watcher.join(10).ids == [event["id"] for event in stored] for watcher in watchers)


@pytest.mark.parametrize("kind", [RUN_PY, GUNICORN])
def test_runs_outlive_the_death_of_everything(start: Callable[[str], Playground], kind: str) -> None:
    playground = start(kind)
    run_id = playground.post_run(epochs=EPOCHS)
    waiting = [playground.post_run(epochs=1) for _ in range(3)]
    watcher = Watcher(playground.port, run_id)
    playground.event(run_id, "epoch")
    playground.kill()
    assert playground.state(run_id) == "running", "nobody was left to say that it does not"

    began = playground.start()
    started = playground.event(run_id, "started", number=2)
    kept(7, f"all killed, started again, {kind}: orphan runs", limit=3.0, seconds=started["at"] - began)
    ends = [playground.event(id, "finished") for id in (run_id, *waiting)]
    assert [end["state"] for end in ends] == ["done"] * 4
    assert sorted(ends, key=lambda end: end["at"]) == ends, "the queue lost its order"
    assert all(whole_story(playground.events(id)) for id in (run_id, *waiting))
    assert watcher.join(10).ids == [event["id"] for event in playground.events(run_id)]
    document = playground.document(run_id)
    assert document["attempt"] == 2
    assert document["epsilon_charged"] > document["epsilon_spent"]
