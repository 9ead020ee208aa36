"""Streams of a scripted store: what each subscriber gets, when a stream ends, and what it leaves behind."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from app.events import Finished, Progress
from app.runs.following import feed as feed_module
from app.runs.following import stream as stream_module
from app.runs.following.stream import HEARTBEAT, RETRY, EventStream, Tailer
from app.runs.store.database import Store
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import NewRun
from tests.runs.conftest import until
from tests.runs.following.scripted_store import RUN, ScriptedStore

FRAME = re.compile(rb"id: (\d+)\nevent: (\w+)\ndata: (.*)\n\n")
AGE = 30.0  # longer than any test


class Audience:
    """Streams over one store; ``left`` counts those that were closed."""

    def __init__(self, store: Any, lifecycle: Any = None) -> None:
        self.tailer = Tailer(store=store, lifecycle=lifecycle or store)
        self.left = 0
        self._readers: list[Reader] = []

    def stream(self, position: int = 0, *, run_id: str = RUN, **more: Any) -> EventStream:
        more = {"seconds": AGE, "on_close": self._count, **more}
        return EventStream(self.tailer, run_id, position=position, **more)

    def reader(self, position: int = 0, **more: Any) -> Reader:
        self._readers.append(Reader(self.stream(position, **more)))
        return self._readers[-1]

    def close(self) -> None:
        self.tailer.close()
        for reader in self._readers:
            reader.thread.join(timeout=5.0)

    def _count(self) -> None:
        self.left += 1


class Reader:
    """A client: reads its stream to the end in a thread, as a server's thread would send it."""

    def __init__(self, stream: EventStream) -> None:
        self.received = b""
        self.thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self.thread.start()

    @property
    def ids(self) -> list[int]:
        return ids(self.received)

    def _read(self, stream: EventStream) -> None:
        for chunk in stream:
            self.received += chunk
        stream.close()


def ids(received: bytes) -> list[int]:
    return [int(id) for id, _, _ in FRAME.findall(received)]


def numbers(first: int, last: int) -> list[int]:
    return list(range(first, last + 1))


@pytest.fixture
def scripted() -> ScriptedStore:
    return ScriptedStore()


@pytest.fixture
def audience(scripted: ScriptedStore) -> Iterator[Audience]:
    audience = Audience(scripted)
    yield audience
    audience.close()


def test_a_finished_run_is_told_from_its_first_event_to_its_last(
    scripted: ScriptedStore, audience: Audience
) -> None:
    scripted.append(2)
    scripted.finish()
    received = b"".join(audience.stream())
    assert received.startswith(RETRY)
    assert FRAME.sub(b"", received.removeprefix(RETRY)) == b""  # nothing but whole frames
    told = [(int(id), kind, json.loads(data)) for id, kind, data in FRAME.findall(received)]
    assert told == [
        (1, b"progress", {"kind": "progress", "steps": 1}),
        (2, b"progress", {"kind": "progress", "steps": 2}),
        (3, b"finished", {"kind": "finished", "state": "done"}),
    ]


def test_events_come_as_they_are_written_and_the_last_ends_the_stream(
    scripted: ScriptedStore, audience: Audience
) -> None:
    scripted.append()
    reader = audience.reader()
    for count in (2, 3, 4):
        until(lambda count=count: len(reader.ids) == count - 1)
        assert reader.thread.is_alive()
        scripted.append()
    scripted.finish()
    reader.thread.join(timeout=5.0)
    assert not reader.thread.is_alive()
    assert reader.ids == numbers(1, 5)


@pytest.mark.parametrize("position", [0, 1, 3, 5])
def test_a_resumed_stream_begins_behind_its_client_s_last_event(
    scripted: ScriptedStore, audience: Audience, position: int
) -> None:
    scripted.append(5)
    scripted.finish()
    assert ids(b"".join(audience.stream(position))) == numbers(position + 1, 6)


def test_a_stream_cut_anywhere_and_resumed_has_no_gap(scripted: ScriptedStore, audience: Audience) -> None:
    scripted.append(3)
    received: list[int] = []
    for _ in range(6):
        stream = audience.stream(len(received))
        next(stream)
        received += ids(next(stream))
        stream.close()
        scripted.append(4)
    scripted.finish()
    received += ids(b"".join(audience.stream(len(received))))
    assert received == numbers(1, 28)


def test_many_subscribers_get_the_same_of_what_is_read_once(
    scripted: ScriptedStore, audience: Audience
) -> None:
    scripted.append(20)
    readers = [audience.reader() for _ in range(8)]
    until(lambda: all(len(reader.ids) == 20 for reader in readers))
    late = [audience.reader(), audience.reader(15)]
    scripted.append(5)
    scripted.finish()
    for reader in [*readers, *late]:
        reader.thread.join(timeout=5.0)
    assert {tuple(reader.ids) for reader in [*readers, late[0]]} == {tuple(numbers(1, 26))}
    assert late[1].ids == numbers(16, 26)
    assert scripted.rows_read == 26


def test_runs_have_feeds_of_their_own(scripted: ScriptedStore, audience: Audience) -> None:
    scripted.append(3)
    scripted.append(2, run_id="another")
    scripted.finish()
    scripted.finish(run_id="another")
    assert ids(b"".join(audience.stream())) == numbers(1, 4)
    assert ids(b"".join(audience.stream(run_id="another"))) == numbers(1, 3)


def test_who_waits_long_gets_comments_that_are_no_events(
    scripted: ScriptedStore, audience: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(stream_module, "SLICE_SECONDS", 0.01)
    scripted.append()
    reader = audience.reader()
    until(lambda: reader.received.count(HEARTBEAT) >= 3)
    assert HEARTBEAT.startswith(b":")
    assert HEARTBEAT.endswith(b"\n\n")
    assert reader.ids == [1]


def test_a_stream_past_its_age_ends_and_its_client_resumes(
    scripted: ScriptedStore, audience: Audience
) -> None:
    scripted.append(3)
    received = b"".join(audience.stream(seconds=0.2))
    assert ids(received) == numbers(1, 3)
    scripted.finish()
    assert ids(b"".join(audience.stream(3))) == [4]


def test_a_client_that_hung_up_frees_its_seat(scripted: ScriptedStore, audience: Audience) -> None:
    scripted.append()
    hung_up = threading.Event()
    reader = audience.reader(gone=hung_up.is_set)
    until(lambda: reader.ids == [1])
    assert audience.left == 0
    hung_up.set()
    until(lambda: audience.left == 1)


@pytest.mark.parametrize("chunks", [0, 1, 2])
def test_closing_a_stream_leaves_once_however_far_it_was_sent(
    scripted: ScriptedStore, audience: Audience, chunks: int
) -> None:
    scripted.append()
    stream = audience.stream()
    for _ in range(chunks):
        next(stream)
    stream.close()
    stream.close()
    assert audience.left == 1
    assert audience.tailer.join(RUN).subscribers == 1  # no one else is left


def test_an_outage_of_the_store_is_waited_out(
    scripted: ScriptedStore, audience: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(stream_module, "SLICE_SECONDS", 0.01)
    scripted.append(2)
    reader = audience.reader()
    until(lambda: len(reader.ids) == 2)
    scripted.broken = True
    beats = reader.received.count(HEARTBEAT)
    until(lambda: reader.received.count(HEARTBEAT) >= beats + 3)
    scripted.append(2)
    scripted.broken = False
    until(lambda: len(reader.ids) == 4)
    scripted.finish()
    reader.thread.join(timeout=5.0)
    assert reader.ids == numbers(1, 5)


def test_a_feed_holds_its_newest_frames_and_the_rest_is_read_again(
    scripted: ScriptedStore, audience: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "WINDOW_BYTES", 500)
    monkeypatch.setattr(stream_module, "PAGE", 7)
    scripted.append(100)
    first = audience.reader()
    until(lambda: len(first.ids) == 100)
    feed = audience.tailer.join(RUN)
    held = feed.after(feed.last - 5)
    assert held is not None
    assert feed.after(0) is None
    assert sum(map(len, held)) < 500
    late = audience.reader()
    until(lambda: len(late.ids) == 100)
    scripted.finish()
    for reader in (first, late):
        reader.thread.join(timeout=5.0)
    assert first.ids == late.ids == numbers(1, 101)


def test_who_is_behind_the_window_waits_for_the_store_too(
    scripted: ScriptedStore, audience: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "WINDOW_BYTES", 500)
    scripted.append(50)
    scripted.finish()
    with audience.tailer.watching(RUN) as feed:
        until(lambda: feed.ended)
        scripted.broken = True
        late = audience.reader()
        time.sleep(0.3)
        assert late.thread.is_alive()
        assert late.ids == []
        scripted.broken = False
        late.thread.join(timeout=5.0)
    assert late.ids == numbers(1, 51)


@pytest.mark.parametrize("window", [500, 10_000])
def test_a_run_deleted_under_its_stream_ends_it(
    scripted: ScriptedStore, audience: Audience, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    monkeypatch.setattr(feed_module, "WINDOW_BYTES", window)
    scripted.append(50)
    with audience.tailer.watching(RUN):
        reader = audience.reader()
        until(lambda: len(reader.ids) == 50)
        scripted.delete()
        reader.thread.join(timeout=5.0)
        assert not reader.thread.is_alive()
        late = audience.reader()  # one who finds it gone and the beginning of its feed too
        late.thread.join(timeout=5.0)
        assert not late.thread.is_alive()


def test_nobody_watching_means_nobody_looks(scripted: ScriptedStore, audience: Audience) -> None:
    scripted.append()
    stream = audience.stream()
    next(stream)
    next(stream)
    stream.close()
    time.sleep(0.1)  # the look that was under way
    looks = scripted.looks
    time.sleep(0.3)
    assert scripted.looks == looks


def test_what_no_counter_announces_is_found_a_little_later(
    scripted: ScriptedStore, audience: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "ANYWAY_SECONDS", 0.1)
    scripted.append()
    reader = audience.reader()
    until(lambda: reader.ids == [1])
    scripted.append(announced=False)
    until(lambda: reader.ids == [1, 2])


def test_a_store_without_a_counter_is_asked_for_its_rows() -> None:
    scripted = ScriptedStore(counts=False)
    scripted.append()
    audience = Audience(scripted)
    reader = audience.reader()
    until(lambda: reader.ids == [1])
    scripted.append()
    until(lambda: reader.ids == [1, 2])
    audience.close()


def test_a_server_that_stops_ends_streams_and_waiting(scripted: ScriptedStore, audience: Audience) -> None:
    scripted.append()
    reader = audience.reader()
    until(lambda: reader.ids == [1])
    waited: list[bool] = []
    waiting = threading.Thread(target=lambda: waited.append(audience.tailer.wait(RUN, 20.0)))
    waiting.start()
    audience.tailer.close()
    for thread in (reader.thread, waiting):
        thread.join(timeout=2.0)
        assert not thread.is_alive()
    assert waited == [False]
    assert audience.left == 1


def test_waiting_ends_with_the_run_its_time_or_its_client(
    scripted: ScriptedStore, audience: Audience
) -> None:
    scripted.append()
    assert audience.tailer.wait(RUN, 0.1) is False
    assert audience.tailer.wait(RUN, 20.0, gone=lambda: True) is False
    threading.Timer(0.1, scripted.finish).start()
    assert audience.tailer.wait(RUN, 20.0) is True


def test_the_tailer_follows_a_real_store_on_each_database(store: Store) -> None:
    lifecycle = Lifecycle(store)
    with store.writing() as connection:
        run_id = lifecycle.admit(connection, NewRun(job={}, client="a"))
    claim = lifecycle.claim()
    assert claim is not None
    audience = Audience(store, lifecycle)
    reader = audience.reader(run_id=run_id)
    for steps in (1, 2, 3):
        lifecycle.append(run_id, claim.owner, [Progress(steps=steps, steps_total=9, epsilon=None)])
        until(lambda steps=steps: reader.ids == numbers(1, 1 + steps))
    lifecycle.finish(run_id, claim.owner, [], Finished(state="done", steps=3, training_seconds=1.0))
    reader.thread.join(timeout=5.0)
    audience.close()
    kinds = [kind for _, kind, _ in FRAME.findall(reader.received)]
    assert kinds == [b"started", b"progress", b"progress", b"progress", b"finished"]
