"""The lock of the leader: one holds it, and its death frees it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.runs.leadership import FileLeadership, leadership_of
from app.runs.store import Store

HOLDER = """
import sys, time
from app.runs.leadership import leadership_of
from app.runs.store import Store
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
    assert second.holds()
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
    deadline = time.monotonic() + 5.0
    while not mine.holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    mine.resign()


def test_a_lock_that_cannot_be_made_is_not_held(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    leadership = FileLeadership(tmp_path / "file" / "leader")
    assert not leadership.holds()


@pytest.mark.parametrize("resigned", [0, 1, 2])
def test_resigning_what_is_not_held_does_nothing(tmp_path: Path, resigned: int) -> None:
    leadership = FileLeadership(tmp_path / "leader")
    for _ in range(resigned):
        leadership.resign()
    assert leadership.holds()
    leadership.resign()
