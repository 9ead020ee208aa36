"""What becomes of a table of one's own when processes are killed: its run ends, and nothing of it is left."""

from __future__ import annotations

import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.playground import RUN_PY, Playground, send
from tests.own_table import sample_table, table_request

CONTENT = sample_table().to_bytes()


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    with Playground(tmp_path, RUN_PY, pretending=False) as started:
        yield started


def under_way(playground: Playground) -> str:
    """Return a real run on the sample that has measured something and goes on for some seconds."""
    status, answer = playground.ask("POST", "/api/tables", table_request())
    assert status == 201, answer
    run_id = playground.post_run(
        task=None, dataset="table", table=answer["table"], epochs=60, batch_size=16, model="mlp"
    )
    playground.event(run_id, "epoch", seconds=120)
    assert tables(playground) == 1
    return run_id


def tables(playground: Playground) -> int:
    with closing(sqlite3.connect(playground.store, timeout=10)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM tables").fetchone()
    return int(count)


def found(playground: Playground) -> list[str]:
    """Return the files of the store, and those for temporary use, in which a piece of the table stands."""
    pieces = [CONTENT[start : start + 64] for start in range(0, len(CONTENT) - 64, 64)]
    files = [
        *playground.store.parent.iterdir(),
        *(f for f in Path(tempfile.gettempdir()).glob("*") if f.is_file()),
    ]
    return [file.name for file in files if any(piece in file.read_bytes() for piece in pieces)]


def ended_well(playground: Playground, run_id: str) -> None:
    assert playground.event(run_id, "finished", seconds=120)["state"] == "done"
    playground.until(lambda: tables(playground) == 0)
    playground.until(lambda: found(playground) == [])


def test_a_killed_trainer_finds_the_table_again(playground: Playground) -> None:
    run_id = under_way(playground)
    send(playground.trainer(), signal.SIGKILL)
    playground.event(run_id, "retrying")
    assert tables(playground) == 1
    ended_well(playground, run_id)


def test_a_server_that_is_killed_whole_finds_the_table_again(playground: Playground) -> None:
    run_id = under_way(playground)
    playground.kill()
    assert tables(playground) == 1
    playground.start()
    ended_well(playground, run_id)


def test_a_cancelled_run_leaves_nothing_of_its_table(playground: Playground) -> None:
    run_id = under_way(playground)
    assert playground.ask("POST", f"/api/runs/{run_id}/cancel")[1]["state"] == "cancelled"
    assert (tables(playground), found(playground)) == (0, [])
