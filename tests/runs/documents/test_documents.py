"""Documents that are kept: each event folded once, and made anew only when there is news."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.events import Finished, Notice, Progress
from app.parameters import RunParameters
from app.runs.documents import documents as documents_module
from app.runs.documents.document import Document, Measurements
from app.runs.documents.documents import Documents
from app.runs.store.database import Store, StoreUnavailable
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim, Entry, NewRun, Record, UnknownRun


class Kept:
    """Documents over a store with one claimed run; remembers what was read and made."""

    def __init__(self, store: Store, parameters: RunParameters) -> None:
        self.lifecycle = Lifecycle(store)
        self._job = {"parameters": parameters.to_dict(), "notices": []}
        self._store = store
        self.read: list[int] = []
        self.made = 0
        self._entries = self.lifecycle.entries
        self.lifecycle.entries = self._note_entries  # type: ignore[method-assign]
        self.documents = Documents(self.lifecycle, self._make)

    def claimed(self) -> Claim:
        self.queued()
        claim = self.lifecycle.claim()
        assert claim is not None
        return claim

    def queued(self) -> str:
        with self._store.writing() as connection:
            return self.lifecycle.admit(connection, NewRun(job=self._job, client="a"))

    def _make(self, record: Record, measurements: Measurements) -> Document:
        self.made += 1
        return {"state": record.state, "steps": measurements.steps, "notices": len(measurements.notices)}

    def _note_entries(self, run_id: str, *, after: int = 0) -> list[Entry]:
        entries = self._entries(run_id, after=after)
        self.read += [entry.id for entry in entries]
        return entries


@pytest.fixture
def kept(tmp_path: Path, parameters: RunParameters) -> Iterator[Kept]:
    store = Store(str(tmp_path / "runs.sqlite"))
    yield Kept(store, parameters)
    store.close()


def progress(steps: int) -> Progress:
    return Progress(steps=steps, steps_total=9, epsilon=None)


def test_each_event_is_read_once(kept: Kept) -> None:
    claim = kept.claimed()
    for steps in (1, 2, 3):
        notice = Notice(id="n", severity="info", text="Well.")
        kept.lifecycle.append(claim.run_id, claim.owner, [progress(steps), notice])
        document = {"state": "running", "steps": steps, "notices": steps}
        assert kept.documents.get(claim.run_id) == (document, 1 + 2 * steps)
    assert kept.read == [1, 2, 3, 4, 5, 6, 7]


def test_a_document_is_made_anew_only_for_a_new_event(kept: Kept) -> None:
    claim = kept.claimed()
    documents = [kept.documents.get(claim.run_id)[0] for _ in range(5)]
    assert all(document is documents[0] for document in documents)
    kept.lifecycle.append(claim.run_id, claim.owner, [progress(1)])
    assert kept.documents.get(claim.run_id)[0]["steps"] == 1
    assert kept.made == 2


def test_one_that_waits_is_made_anew_each_time_for_its_place_may_change(kept: Kept) -> None:
    run_id = kept.queued()
    for _ in range(3):
        assert kept.documents.get(run_id) == ({"state": "queued", "steps": 0, "notices": 0}, 0)
    assert kept.made == 3


def test_a_finished_one_is_shown_while_the_store_is_away(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = kept.claimed()
    kept.documents.get(claim.run_id)
    finished = Finished(state="done", steps=9, training_seconds=1.0)
    kept.lifecycle.finish(claim.run_id, claim.owner, [], finished)
    last = ({"state": "done", "steps": 9, "notices": 0}, 2)
    assert kept.documents.get(claim.run_id) == last

    def away(*_: object) -> None:
        raise StoreUnavailable("The run store is locked.")

    monkeypatch.setattr(kept.lifecycle, "record", away)
    monkeypatch.setattr(kept.lifecycle, "marks", away)
    assert kept.documents.get(claim.run_id) == last


def test_one_made_once_is_not_kept_and_gives_way_to_the_final_one(kept: Kept) -> None:
    def quick(record: Record, measurements: Measurements) -> Document:
        return {"quick": record.state}

    claim = kept.claimed()
    kept.lifecycle.append(claim.run_id, claim.owner, [progress(1)])
    assert kept.documents.get_once(claim.run_id, quick) == {"quick": "running"}
    assert kept.documents.get(claim.run_id)[0]["steps"] == 1
    finished = Finished(state="cancelled", steps=2, training_seconds=0.5)
    kept.lifecycle.finish(claim.run_id, claim.owner, [], finished)
    assert kept.documents.get_once(claim.run_id, quick) == {"quick": "cancelled"}
    final = kept.documents.get(claim.run_id)[0]
    assert final["steps"] == 2
    assert kept.documents.get_once(claim.run_id, quick) == final
    assert kept.read == [1, 2, 3], "each event is still read once"


def test_a_run_deleted_for_its_age_is_not_shown_from_memory(kept: Kept) -> None:
    claim = kept.claimed()
    kept.lifecycle.finish(
        claim.run_id, claim.owner, [], Finished(state="done", steps=9, training_seconds=1.0)
    )
    kept.documents.get(claim.run_id)
    kept.lifecycle.retire(ended_before=time.time() + 1)
    for _ in range(2):
        with pytest.raises(UnknownRun):
            kept.documents.get(claim.run_id)


def test_what_is_written_after_the_row_was_read_is_for_the_next_document(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = kept.claimed()
    record_of = kept.lifecycle.record

    def record_then_news(run_id: str) -> Record:
        record = record_of(run_id)
        kept.lifecycle.append(claim.run_id, claim.owner, [progress(record.last_event)])
        return record

    monkeypatch.setattr(kept.lifecycle, "record", record_then_news)
    for last_event in (2, 3):  # the first call reads the row twice
        document, last = kept.documents.get(claim.run_id)
        assert (document["steps"], last) == (last - 1, last_event)


def test_only_the_runs_asked_for_last_are_kept(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents_module, "RUNS_KEPT", 2)
    claims = [kept.claimed() for _ in range(3)]
    for claim in claims:
        kept.documents.get(claim.run_id)
    for claim in (*claims[1:], claims[0]):
        kept.documents.get(claim.run_id)
    assert kept.made == 4


def test_an_unknown_run_is_told_and_not_kept(kept: Kept) -> None:
    for _ in range(2):
        with pytest.raises(UnknownRun):
            kept.documents.get("0" * 24)
