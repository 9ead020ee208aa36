"""The SQLite store as a file: private, recovering, and clear about what is wrong with it."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import event

from app.runs.store.database import Store, StoreUnavailable
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import NewRun
from app.runs.store.schema import facts

NEW = NewRun(job={"kind": "training"}, client="c")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "runs.sqlite"


def write(store: Store) -> str:
    with store.writing() as connection:
        return Lifecycle(store).admit(connection, NEW)


def test_nobody_else_on_the_machine_can_read_run_ids(path: Path) -> None:
    store = Store(str(path))
    write(store)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    store.close()


def test_a_locked_store_is_named_and_usable_again_when_it_is_free(path: Path) -> None:
    store = Store(str(path))
    write(store)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreUnavailable, match="locked by another program"):
        write(store)
    other.execute("ROLLBACK")
    other.close()
    assert write(store)
    store.close()


def test_a_full_store_is_named_and_usable_again_when_there_is_room(path: Path) -> None:
    store = Store(str(path))
    write(store)
    room = {"pages": 1}  # SQLite takes no number below the pages there are
    event.listen(
        store._open(),
        "checkout",
        lambda connection, *_: connection.execute(f"PRAGMA max_page_count = {room['pages']}"),
    )
    with pytest.raises(StoreUnavailable, match="disk is full"), store.writing() as connection:
        Lifecycle(store).admit(connection, NewRun(job={"kind": "x" * 300_000}, client="c"))
    assert Lifecycle(store).count("queued") == 1
    room["pages"] = 1_000_000
    assert write(store)
    store.close()


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"this is no database, it is a text " * 100, "not a database"), (None, "cannot be (opened|used)")],
)
def test_a_file_that_is_no_database_is_named(path: Path, content: bytes | None, reason: str) -> None:
    path.parent.mkdir(parents=True)
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(StoreUnavailable, match=reason):
        write(Store(str(path)))


@pytest.mark.parametrize("gone", ["the files", "their folder"])
def test_what_is_written_after_the_file_was_taken_away_is_in_the_new_one(path: Path, gone: str) -> None:
    store = Store(str(path))
    watcher = store.watcher()
    write(store)
    watcher.version()  # opens its connection
    for file in path.parent.iterdir():
        file.unlink()
    if gone == "their folder":
        path.parent.rmdir()
    run_id = write(store)
    watcher.version()
    other = Store(str(path))  # as another process, or this server after its next start
    assert Lifecycle(other).record(run_id).state == "queued"
    assert Lifecycle(store).count("queued") == 1
    store.close()
    other.close()


def test_a_store_of_another_version_is_left_alone(path: Path) -> None:
    store = Store(str(path))
    with store.writing() as connection:
        connection.execute(facts.update().where(facts.c.name == "schema").values(value="0"))
    store.close()
    with pytest.raises(StoreUnavailable, match="another version"):
        write(Store(str(path)))
    connection_of_old = sqlite3.connect(path)
    assert connection_of_old.execute("SELECT value FROM facts").fetchall() == [("0",)]
    connection_of_old.close()


@pytest.mark.parametrize(
    "location", ["mysql://host/name", "postgresql://host", "redis://x/1", "postgresql://h:p/n"]
)
def test_a_location_that_names_no_store_is_refused(location: str) -> None:
    with pytest.raises(ValueError, match=r"postgresql://user:password@host/name"):
        Store(location)
