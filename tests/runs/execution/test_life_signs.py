"""When a training process counts as dead: silent and idle, as far as somebody was there to see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.runs.execution import life_signs
from app.runs.execution.life_signs import LOOK_SECONDS, PATIENCE, LifeSigns

LEASE = 5.0
SPAWNED_AT = 1000.0


class Clock:
    """Stands in for the module time."""

    def __init__(self) -> None:
        self.now = SPAWNED_AT

    def monotonic(self) -> float:
        return self.now


class Observed(LifeSigns):
    """Life signs of a process whose processor time is ``computed``, at times that a test sets."""

    def __init__(self, clock: Clock, computed: float | None) -> None:
        self.clock = clock
        self.computed = computed
        super().__init__(pid=0)

    def _computed_seconds(self) -> float | None:
        return self.computed

    def watch(self, seconds: float, *, every: float = 0.1, computing: float = 0.0) -> None:
        """Look for ``seconds`` at a process that says nothing and computes that share of the time."""
        for _ in range(round(seconds / every)):
            self.clock.now += every
            if self.computed is not None:
                self.computed += computing * every
            self.look(SPAWNED_AT)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(life_signs, "time", clock)
    return clock


@pytest.mark.parametrize(
    ("computed", "computing", "seconds", "dead"),
    [
        pytest.param(7.0, 0.0, LEASE - 0.5, False, id="idle, within the lease"),
        pytest.param(7.0, 0.0, LEASE + 0.5, True, id="idle, past the lease"),
        pytest.param(7.0, 0.05, LEASE + 0.5, False, id="computing, past the lease"),
        pytest.param(7.0, 0.05, PATIENCE * LEASE + 0.5, True, id="computing, past all patience"),
        pytest.param(None, 0.0, LEASE + 0.5, False, id="computing cannot be seen"),
        pytest.param(None, 0.0, PATIENCE * LEASE + 0.5, True, id="nor after all patience"),
    ],
)
def test_a_silent_process_is_dead_when_it_has_also_stopped_computing(
    clock: Clock, computed: float | None, computing: float, seconds: float, dead: bool
) -> None:
    life = Observed(clock, computed)
    life.watch(seconds, computing=computing)
    assert life.silent_for(LEASE) is dead


def test_a_word_from_the_process_begins_the_count_anew(clock: Clock) -> None:
    life = Observed(clock, 7.0)
    life.watch(LEASE - 0.5)
    life.look(clock.now)
    assert not life.silent_for(LEASE)
    life.watch(0.5)
    assert not life.silent_for(LEASE)


def test_time_in_which_nobody_looked_is_no_silence(clock: Clock) -> None:
    """A web process that was stopped for a minute has heard nothing; its trainer did nothing wrong."""
    life = Observed(clock, 7.0)
    life.watch(1.0)
    clock.now += 60.0
    life.look(SPAWNED_AT)
    assert not life.silent_for(1.0 + 2 * LOOK_SECONDS)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc")
def test_the_computing_of_a_process_is_seen() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            life = LifeSigns(busy.pid)
            before = life._computed_seconds()
            assert before is not None
            while life._computed_seconds() == before:
                assert busy.poll() is None
        finally:
            busy.kill()
