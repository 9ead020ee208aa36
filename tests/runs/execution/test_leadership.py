"""The lock of the leader: one holds it, and its death frees it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.runs.execution.leadership import FileLeadership, leadership_of
from app.runs.store.database import Store
from tests.runs.conftest import until

HOLDER = """
import sys, time
from app.runs.execution.leadership import leadership_of
from app.runs.store.database import Store
leadership = leadership_of(Store(sys.argv[1]))
assert leadership.holds()
print("holds", flush=True)
time.sleep(60)
"""


def test_one_leads_until_it_resigns(store_location: str) -> None:
    stores = [Store(store_location), Store(store_location)]
    first, second = (leadership_of(store) for store in stores)
    assert first.holds()
    assert first.holds()
    assert not second.holds()
    first.resign()
    until(second.holds)  # PostgreSQL notices the closed connection a moment later
    assert not first.holds()
    second.resign()


def test_a_killed_leader_s_lock_is_free(store_location: str) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, store_location], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "holds\n"
    mine = leadership_of(Store(store_location))
    assert not mine.holds()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    until(mine.holds, seconds=5.0)
    mine.resign()


def test_a_lock_that_cannot_be_made_is_not_held(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    leadership = FileLeadership(tmp_path / "file" / "leader")
    assert not leadership.holds()


def test_who_holds_the_lock_of_a_file_that_was_taken_away_leads_no_more(tmp_path: Path) -> None:
    first, second = FileLeadership(tmp_path / "leader"), FileLeadership(tmp_path / "leader")
    assert first.holds()
    (tmp_path / "leader").unlink()
    assert second.holds()
    assert not first.holds()
    second.resign()
    assert first.holds()
    first.resign()


def test_servers_that_know_one_store_by_two_names_have_one_leader(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "runs.sqlite"))
    with store.writing():
        pass
    (tmp_path / "other.sqlite").symlink_to(tmp_path / "runs.sqlite")
    first, second = leadership_of(store), leadership_of(Store(str(tmp_path / "other.sqlite")))
    assert first.holds()
    assert not second.holds()
    first.resign()
    store.close()


@pytest.mark.parametrize("resigned", [0, 1, 2])
def test_resigning_what_is_not_held_does_nothing(tmp_path: Path, resigned: int) -> None:
    leadership = FileLeadership(tmp_path / "leader")
    for _ in range(resigned):
        leadership.resign()
    assert leadership.holds()
    leadership.resign()
