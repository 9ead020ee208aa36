"""A client that goes, is cut off, comes again or never had the answer finds its run."""

from __future__ import annotations

import socket

from tests.faults.playground import Playground, whole_story
from tests.faults.watcher import Watcher


def test_a_run_goes_on_when_its_streams_are_cut_and_is_replayed_whole(playground: Playground) -> None:
    run_id = playground.post_run(epochs=6)
    gone = Watcher(playground.port, run_id)
    playground.event(run_id, "epoch")
    gone.leave()
    live = Watcher(playground.port, run_id).join(30)
    assert playground.event(run_id, "finished")["state"] == "done"
    stored = playground.events(run_id)
    assert whole_story(stored)
    assert live.ids == [event["id"] for event in stored]
    later = Watcher(playground.port, run_id).join(10)
    assert later.ids == live.ids
    assert later.events == live.events
    assert len(playground.document(run_id)["epochs"]) == 6


def test_a_run_goes_on_when_the_client_that_waited_for_it_hangs_up(playground: Playground) -> None:
    """The waiting POST: its connection is cut before the answer; the same key finds the same run."""
    before = playground.count("done")
    body = b'{"mode": "real", "task": "digits", "epochs": 5}'
    head = (
        f"POST /api/train HTTP/1.1\r\nHost: localhost:{playground.port}\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: cut-{playground.port}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", playground.port)) as connection:
        connection.sendall(head.encode() + body)
        playground.until(lambda: playground.count("running") == 1)
    run_id = playground.post_run(epochs=5, headers={"Idempotency-Key": f"cut-{playground.port}"})
    assert playground.event(run_id, "finished")["state"] == "done"
    assert [event["kind"] for event in playground.events(run_id)].count("started") == 1
    assert playground.count("done") == before + 1
    assert playground.count("queued") == playground.count("running") == 0


def test_a_repeated_post_gets_the_run_of_the_first(playground: Playground) -> None:
    key = {"Idempotency-Key": "a-reply-that-was-lost"}
    first = playground.post_run(epochs=2, headers=key)
    assert playground.post_run(epochs=2, headers=key) == first
    assert playground.event(first, "finished")["state"] == "done"
    assert playground.post_run(epochs=2, headers=key) == first, "also when it has ended"
    assert playground.post_run(epochs=2) != first
