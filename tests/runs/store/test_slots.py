"""The number of trainings at once, told by the leader to all processes; on each kind of store."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.runs.service import RunService
from app.runs.store import slots as slots_module
from app.runs.store.database import Store
from app.runs.store.slots import Slots
from app.settings import Settings
from tests.runs.conftest import until
from tests.runs.execution.test_dispatcher import ScriptedExecutor


@pytest.fixture(autouse=True)
def always_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots_module, "FRESH_SECONDS", 0.0)


def test_what_the_leader_tells_all_know(store: Store) -> None:
    leader, other = Slots(store), Slots(store, default=3)
    assert other.known() == 3
    for slots in (4, 4, 2):
        leader.note(slots)
        assert other.known() == slots
    leader.note(0)
    assert other.known() == 2, "none at the moment is no number to reckon with"


def test_who_leads_again_notes_its_slots_again(store: Store) -> None:
    first, second = Slots(store), Slots(store)
    first.note(4)
    second.note(2)
    first.forget()
    first.note(4)
    assert second.known() == 4


def test_without_its_store_the_last_is_known(file_store: Store, tmp_path: Path) -> None:
    slots = Slots(file_store)
    slots.note(4)
    assert slots.known() == 4
    file_store.close()
    (tmp_path / "runs.sqlite").unlink()
    (tmp_path / "runs.sqlite").mkdir()
    assert slots.known() == 4


def test_a_process_that_does_not_lead_reckons_with_the_leader_s_slots(tmp_path: Path) -> None:
    settings = Settings(store=str(tmp_path / "runs.sqlite"), offline=True)
    leading, other = (
        RunService(settings, new_executor=lambda _: ScriptedExecutor(slots=4)) for _ in range(2)
    )
    leading.start_worker()
    until(lambda: leading.dispatcher.leads)
    assert not other.dispatcher.leads
    until(lambda: other._slots() == leading._slots() == 4)
    for service in (other, leading):
        service.close()
