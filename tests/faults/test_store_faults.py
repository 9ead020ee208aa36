"""A store that is locked, full or read-only: refusals in words, no training disturbed, and recovery alone."""

from __future__ import annotations

import os
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.faults.playground import GUNICORN, RUN_PY, Playground, whole_story
from tests.faults.promises import kept

# So that the superuser, too, is refused what a folder's mode forbids.
WITHOUT_PRIVILEGE = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner")
OUTAGE_SECONDS = 2.5


@contextmanager
def locked(playground: Playground) -> Iterator[str]:
    """Hold the store's lock for the time of the block; give the word for it."""
    with closing(sqlite3.connect(playground.store, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield "locked"


@contextmanager
def full(playground: Playground) -> Iterator[str]:
    """Let no file of the server grow for the time of the block; give the word for it."""
    log = playground.store.with_name(playground.store.name + "-wal")
    processes = playground.web_workers()
    for process in processes:
        process.rlimit(psutil.RLIMIT_FSIZE, (log.stat().st_size, resource.RLIM_INFINITY))
    try:
        yield "full"
    finally:
        for process in processes:
            process.rlimit(psutil.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def unready(playground: Playground) -> Any:
    """Return the problem that /readyz tells, None while it finds none; it looks at most once a second."""
    status, problem = playground.ask("GET", "/readyz")
    return problem if status == 503 else None


def assert_it_can_only_simulate(playground: Playground, word: str) -> None:
    body = {"mode": "real", "task": "digits", "epochs": 1}
    status, problem = playground.ask("POST", "/api/train", body, headers={"Prefer": "respond-async"})
    assert (status, problem["status"]) == (503, 503), problem
    assert word in problem["detail"]
    problem = playground.until(lambda: unready(playground), seconds=5)
    assert word in problem["detail"]
    assert playground.ask("GET", "/healthz")[0] == 200
    began = time.monotonic()
    assert playground.ask("POST", "/api/train", {"epochs": 2, "seed": 1})[0] == 200
    kept(12, f"store {word}: a simulation", limit=1.0, seconds=time.monotonic() - began)


def assert_it_recovers(playground: Playground, word: str) -> None:
    """Within seconds and by itself the server is ready and trains."""
    began = time.monotonic()
    playground.until(lambda: playground.ask("GET", "/readyz")[0] == 200, seconds=10)
    kept(12, f"store {word} no more: ready", limit=2.0, seconds=time.monotonic() - began)
    after = playground.post_run(epochs=1)
    assert playground.event(after, "finished")["state"] == "done"
    assert whole_story(playground.events(after))


@pytest.mark.parametrize("trouble", [locked, full])
def test_a_store_that_takes_no_writes_is_a_503_and_no_training_loses_an_event(
    playground: Playground, trouble: Callable[[Playground], Any]
) -> None:
    epochs = 25
    run_id = playground.post_run(epochs=epochs)
    playground.event(run_id, "epoch")
    began = time.monotonic()
    with trouble(playground) as word:
        written = len(playground.events(run_id))
        assert_it_can_only_simulate(playground, word)
        status, document = playground.ask("GET", f"/api/runs/{run_id}")
        assert status == 200, f"what is stored can still be read: {document}"
        assert document["state"] == "running"
        time.sleep(max(0.0, OUTAGE_SECONDS - (time.monotonic() - began)))
        assert len(playground.events(run_id)) <= written + 10, "the store took events after all"
    assert_it_recovers(playground, word)
    assert playground.event(run_id, "finished")["state"] == "done"
    events = playground.events(run_id)
    assert whole_story(events)
    assert [event["epoch"] for event in events if event["kind"] == "epoch"] == list(range(1, epochs + 1))
    steps = [event["steps"] for event in events if event["kind"] == "progress"]
    assert len(steps) == len(set(steps)) == 4 * epochs
    assert [event["kind"] for event in events].count("started") == 1
    assert "Traceback" not in playground.log()


def test_a_run_can_end_and_another_begin_when_the_store_is_back(playground: Playground) -> None:
    """The training ends while nobody can write it down."""
    run_id, waiting = playground.post_run(epochs=3), playground.post_run(epochs=1)
    playground.event(run_id, "epoch")
    with locked(playground):
        time.sleep(OUTAGE_SECONDS)
    for id in (run_id, waiting):
        assert playground.event(id, "finished")["state"] == "done"
        assert whole_story(playground.events(id))
        assert [event["kind"] for event in playground.events(id)].count("started") == 1


def test_a_folder_that_cannot_be_written_is_a_503_until_it_can(tmp_path: Path) -> None:
    playground = Playground(tmp_path, RUN_PY)
    playground.store.parent.mkdir(mode=0o500)
    try:
        playground.start(before=WITHOUT_PRIVILEGE if os.getuid() == 0 else ())
        assert_it_can_only_simulate(playground, "cannot be written")
        playground.store.parent.chmod(0o700)
        assert_it_recovers(playground, "cannot be written")
    finally:
        playground.store.parent.chmod(0o700)
        playground.kill()


def test_a_store_that_has_become_read_only_is_a_503_until_it_is_not(tmp_path: Path) -> None:
    """As a disk is after a fault: there are runs, but nothing can be added."""
    playground = Playground(tmp_path, RUN_PY)
    try:
        playground.start()
        old = playground.post_run(epochs=1)
        assert playground.event(old, "finished")["state"] == "done"
        playground.terminate()
        playground.store.chmod(0o400)
        playground.store.parent.chmod(0o500)
        playground.start(before=WITHOUT_PRIVILEGE if os.getuid() == 0 else ())
        assert_it_can_only_simulate(playground, "cannot be written")
        playground.store.parent.chmod(0o700)
        playground.store.chmod(0o600)
        assert_it_recovers(playground, "cannot be written")
        assert playground.document(old)["state"] == "done"
    finally:
        playground.store.parent.chmod(0o700)
        playground.kill()


@pytest.mark.parametrize("kind", [RUN_PY, GUNICORN])
def test_a_server_can_be_stopped_while_its_store_is_locked(tmp_path: Path, kind: str) -> None:
    with Playground(tmp_path, kind) as playground:
        run_id = playground.post_run(epochs=10)
        playground.event(run_id, "epoch")
        with locked(playground):
            kept(6, f"SIGTERM, store locked, {kind}: all gone", limit=10.0, seconds=playground.terminate())
        playground.start()
        assert playground.event(run_id, "finished")["state"] == "done"
        assert whole_story(playground.events(run_id))


def test_a_server_that_starts_on_a_locked_store_goes_on_with_its_runs_later(tmp_path: Path) -> None:
    with Playground(tmp_path, RUN_PY) as playground:
        run_id = playground.post_run(epochs=20)  # more than it can take until it is killed
        playground.event(run_id, "epoch")
        playground.kill()
        with locked(playground) as word:
            playground.start()
            assert_it_can_only_simulate(playground, word)
            assert playground.state(run_id) == "running", "an orphan that nobody could write to yet"
        began = time.time()
        started = playground.event(run_id, "started", number=2)
        kept(7, "orphan of a store that was locked: running", limit=3.0, seconds=started["at"] - began)
        assert playground.event(run_id, "finished")["state"] == "done"
        assert whole_story(playground.events(run_id))
