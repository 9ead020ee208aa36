"""Tables in the store: taken by one run, deleted when that has ended or nobody came, gone from the files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text, update

from app.events import Finished
from app.runs.store.database import Store
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim, NewRun
from app.runs.store.schema import tables
from app.runs.store.tables import (
    MOST_OF_A_CLIENT,
    MOST_TABLES,
    UNUSED_SECONDS,
    TableInUse,
    Tables,
    TooManyTables,
    UnknownTable,
    take,
)
from tests.own_table import sample_table

TABLE = sample_table()
JOB = {"kind": "training", "parameters": {}, "fallback": None, "notices": []}
DONE = Finished(state="done", steps=1, training_seconds=0.1)


def brought(store: Store, *, client: str = "c", limited: bool = False) -> str:
    return Tables(store).add(TABLE, TABLE.info, client=client, limited=limited)


def claimed(store: Store, table_id: str) -> Claim:
    lifecycle = Lifecycle(store)
    with store.writing() as connection:
        take(connection, table_id, lifecycle.admit(connection, NewRun(job=JOB, client="c")))
    claim = lifecycle.claim()
    assert claim is not None
    return claim


def kept(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.execute(text("SELECT count(*) FROM tables")).scalar_one())


def make_old(store: Store, table_id: str) -> None:
    with store.writing() as connection:
        older = tables.c.created_at - UNUSED_SECONDS - 1
        connection.execute(update(tables).where(tables.c.id == table_id).values(created_at=older))


def test_a_table_is_there_for_another_process(store: Store, store_location: str) -> None:
    table_id = brought(store)
    other = Store(store_location)
    assert len(table_id) == 24
    assert Tables(other).info(table_id) == TABLE.info
    claim = claimed(other, table_id)
    assert Lifecycle(store).table(claim.run_id) == TABLE.to_bytes()
    other.close()


def test_only_one_run_takes_a_table(store: Store) -> None:
    table_id = brought(store)
    claimed(store, table_id)
    with pytest.raises(UnknownTable):
        Tables(store).info(table_id)
    with pytest.raises(UnknownTable):
        claimed(store, table_id)
    assert Lifecycle(store).count("queued") == 0, "the run that did not get it was not made"


ENDINGS: dict[str, Callable[[Lifecycle, Claim], object]] = {
    "finished": lambda lifecycle, claim: lifecycle.finish(claim.run_id, claim.owner, [], DONE),
    "lost when cancelled": lambda lifecycle, claim: (
        lifecycle.cancel(claim.run_id),
        lifecycle.lose(claim.run_id, claim.owner, why="x", crash=True),
    ),
    "queued again, then cancelled": lambda lifecycle, claim: (
        lifecycle.lose(claim.run_id, claim.owner, why="x", crash=False),
        lifecycle.cancel(claim.run_id),
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_end_of_a_run_deletes_its_table_and_no_other(store: Store, ending: str) -> None:
    claim, other = claimed(store, brought(store)), brought(store)
    ENDINGS[ending](Lifecycle(store), claim)
    assert Lifecycle(store).table(claim.run_id) is None
    assert Tables(store).info(other) == TABLE.info


def test_a_run_that_is_tried_again_keeps_its_table(store: Store) -> None:
    lifecycle, claim = Lifecycle(store), claimed(store, brought(store))
    assert lifecycle.lose(claim.run_id, claim.owner, why="x", crash=True) == "queued"
    assert lifecycle.table(claim.run_id) == TABLE.to_bytes()
    again = lifecycle.claim()
    assert again is not None
    assert lifecycle.lose(again.run_id, again.owner, why="x", crash=True) == "failed"
    assert kept(store) == 0


def test_a_table_that_nobody_took_expires_and_one_in_use_does_not(store: Store) -> None:
    unused, used, fresh = brought(store), brought(store), brought(store)
    claim = claimed(store, used)
    make_old(store, unused)
    make_old(store, used)
    with pytest.raises(UnknownTable):
        Tables(store).info(unused)
    with pytest.raises(UnknownTable):
        claimed(store, unused)
    assert (Tables(store).expire(), Tables(store).expire()) == (1, 0)
    assert Lifecycle(store).table(claim.run_id) == TABLE.to_bytes()
    assert Tables(store).info(fresh) == TABLE.info


def test_a_table_can_be_deleted_before_a_run_takes_it_and_not_after(store: Store) -> None:
    free, used = brought(store), brought(store)
    claimed(store, used)
    Tables(store).delete(free)
    with pytest.raises(UnknownTable):
        Tables(store).delete(free)
    with pytest.raises(TableInUse):
        Tables(store).delete(used)
    assert kept(store) == 1


def test_a_client_and_the_store_hold_a_limited_number(store: Store) -> None:
    for _ in range(MOST_OF_A_CLIENT):
        brought(store, client="a", limited=True)
    with pytest.raises(TooManyTables) as refused:
        brought(store, client="a", limited=True)
    assert not refused.value.for_all
    for _ in range(MOST_TABLES - MOST_OF_A_CLIENT):
        brought(store, client="b")
    with pytest.raises(TooManyTables) as refused:
        brought(store, client="c")
    assert refused.value.for_all
    assert kept(store) == MOST_TABLES


def pieces_found(folder: Path, content: bytes) -> int:
    """Return how many of the content's pieces of 64 bytes stand in any of the store's files."""
    files = b"".join(file.read_bytes() for file in folder.iterdir())
    return sum(content[start : start + 64] in files for start in range(0, len(content) - 64, 64))


@pytest.mark.parametrize("ending", ["finished", "deleted", "expired"])
def test_nothing_of_a_deleted_table_is_left_in_the_files_of_sqlite(tmp_path: Path, ending: str) -> None:
    store, content = Store(str(tmp_path / "runs.sqlite")), TABLE.to_bytes()
    table_id = brought(store)
    assert pieces_found(tmp_path, content) > 0.9 * len(content) / 64
    if ending == "finished":
        claim = claimed(store, table_id)
        Lifecycle(store).finish(claim.run_id, claim.owner, [], DONE)
    elif ending == "deleted":
        Tables(store).delete(table_id)
    else:
        make_old(store, table_id)
        Tables(store).expire()
    assert pieces_found(tmp_path, content) == 0
    store.close()


def test_where_somebody_reads_the_files_are_emptied_later(tmp_path: Path) -> None:
    store, reader, content = Store(str(tmp_path / "r.sqlite")), Store(str(tmp_path / "r.sqlite")), b""
    table_id, content = brought(store), TABLE.to_bytes()
    with contextlib.ExitStack() as reading:
        connection = reading.enter_context(reader._open().connect())
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT count(*) FROM tables").all()
        Tables(store).delete(table_id)
        assert kept(store) == 0, "the reader is in nobody's way"
        connection.exec_driver_sql("ROLLBACK")
    store.scrub()
    assert pieces_found(tmp_path, content) == 0
    store.close()
    reader.close()


def test_a_store_from_before_tables_gets_them(store: Store, store_location: str) -> None:
    with store.writing() as connection:
        tables.drop(connection)
    newer = Store(store_location)
    assert Tables(newer).info(brought(newer)) == TABLE.info
    newer.close()
