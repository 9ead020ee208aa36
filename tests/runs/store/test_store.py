"""The run store, as a file and on PostgreSQL: what is written whole, what is refused, what heals itself."""

from __future__ import annotations

import contextlib
import threading

import pytest
from sqlalchemy import select

from app.runs.store.database import Store, StoreUnavailable
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import NewRun
from app.runs.store.schema import facts, runs
from app.runs.store.transitions import count
from tests.postgresql import PostgreSQL
from tests.runs.conftest import JOB


def queue_run(store: Store) -> str:
    with store.writing() as connection:
        return Lifecycle(store).admit(connection, NewRun(job=JOB, client="c"))


def queued(store: Store) -> int:
    with store.reading() as connection:
        return count(connection, runs.c.state == "queued")


def test_what_is_written_is_there_for_the_next_process(store: Store, store_location: str) -> None:
    run_id = queue_run(store)
    other = Store(store_location)
    assert Lifecycle(other).record(run_id).job == JOB
    other.close()


def test_a_block_that_raises_writes_nothing(store: Store) -> None:
    with contextlib.suppress(ZeroDivisionError), store.writing() as connection:
        Lifecycle(store).admit(connection, NewRun(job=JOB, client="c"))
        raise ZeroDivisionError
    assert queued(store) == 0


def test_many_threads_and_stores_claim_each_run_once(store: Store, store_location: str) -> None:
    wanted = {queue_run(store) for _ in range(24)}
    stores = [Store(store_location) for _ in range(3)]
    claimed: list[str] = []

    def claim(lifecycle: Lifecycle) -> None:
        while (claim := lifecycle.claim()) is not None:
            claimed.append(claim.run_id)

    threads = [threading.Thread(target=claim, args=(Lifecycle(each),)) for each in stores for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in stores:
        each.close()
    assert sorted(claimed) == sorted(wanted)


def test_a_store_of_another_version_is_refused_and_not_touched(store: Store, store_location: str) -> None:
    with store.writing() as connection:
        connection.execute(facts.update().where(facts.c.name == "schema").values(value="0"))
    other = Store(store_location)
    with pytest.raises(StoreUnavailable, match="another version"):
        queue_run(other)
    other.close()
    with store.reading() as connection:
        assert connection.execute(select(facts.c.value)).scalar_one() == "0"


def test_several_stores_may_open_one_empty_database_at_once(store_location: str) -> None:
    stores = [Store(store_location) for _ in range(6)]
    faults: list[Exception] = []

    def use(store: Store) -> None:
        try:
            queue_run(store)
        except StoreUnavailable as fault:
            faults.append(fault)

    threads = [threading.Thread(target=use, args=(each,)) for each in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert queued(stores[0]) == 6
    for each in stores:
        each.close()


def test_a_store_whose_connections_were_cut_heals_itself(postgresql: PostgreSQL) -> None:
    with postgresql.database() as url:
        store = Store(url)
        queue_run(store)
        with postgresql.closed(url), pytest.raises(StoreUnavailable):
            queue_run(store)
        queue_run(store)
        assert queued(store) == 2
        store.close()


def test_a_writer_that_hangs_within_a_transaction_does_not_hold_up_the_others(postgresql: PostgreSQL) -> None:
    with postgresql.database() as url:
        hung, other = Store(url), Store(url)
        run_id = queue_run(other)

        def hang() -> None:
            with hung.writing() as connection:
                connection.execute(runs.update().values(estimated_seconds=1.0))
                Lifecycle(other).cancel(run_id)

        with pytest.raises(StoreUnavailable):
            hang()
        record = Lifecycle(other).record(run_id)
        assert (record.state, record.estimated_seconds) == ("cancelled", None)
        hung.close()
        other.close()


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    store = Store("postgresql://user:secret@127.0.0.1:9/runs")
    with pytest.raises(StoreUnavailable) as refused:
        queue_run(store)
    assert str(refused.value) == "The run store's database server cannot be reached."
