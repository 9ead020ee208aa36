"""The cluster's executor where there is no cluster, and what it makes of what a scheduler says."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import pytest
from distributed.security import Security

from app.runs.execution.dask_executor import DaskExecutor, Pulses
from app.runs.store.database import Store
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim, NewRun
from tests.runs.conftest import JOB
from tests.serving import ROOT, free_port


def worker(*, last_seen: float = 0.0, slots: int = 1, status: str = "running") -> dict[str, Any]:
    return {"last_seen": last_seen, "status": status, "resources": {"training": slots} if slots else {}}


COUNTED: list[tuple[str, Mapping[str, Any], int]] = [
    ("none", {}, 0),
    ("two", {"a": worker(), "b": worker(slots=3)}, 4),
    ("one that closes", {"a": worker(), "b": worker(status="closing_gracefully")}, 1),
    ("one without the preload", {"a": worker(), "b": worker(slots=0)}, 1),
]


@pytest.mark.parametrize(
    ("workers", "slots"), [case[1:] for case in COUNTED], ids=[case[0] for case in COUNTED]
)
def test_slots_are_those_of_the_running_workers_with_the_preload(
    workers: Mapping[str, Any], slots: int
) -> None:
    assert sum(Pulses(6.0).slots(workers, now=0.0).values()) == slots


def test_a_worker_that_is_not_heard_has_no_slots_until_it_is_heard_again() -> None:
    pulses = Pulses(6.0)
    late = 7.0
    pulses.slots({"a": worker(last_seen=1), "b": worker(last_seen=1)}, now=0)
    assert list(pulses.slots({"a": worker(last_seen=1), "b": worker(last_seen=2)}, now=late)) == ["b"]
    back = pulses.slots({"a": worker(last_seen=9), "b": worker(last_seen=3)}, now=late + 1)
    assert list(back) == ["a", "b"]


def test_a_scheduler_with_another_clock_makes_no_worker_silent() -> None:
    pulses = Pulses(6.0)
    for now in range(0, 100, 2):
        assert pulses.slots({"a": worker(last_seen=now - 10_000_000.0)}, now=now) == {"a": 1}


@pytest.fixture
def claim(store: Store) -> Claim:
    lifecycle = Lifecycle(store)
    with store.writing() as connection:
        lifecycle.admit(connection, NewRun(job=JOB, client="c"))
    claim = lifecycle.claim()
    assert claim is not None
    return claim


def test_without_a_scheduler_nothing_waits_and_no_attempt_is_given_up(store: Store, claim: Claim) -> None:
    executor = DaskExecutor(
        lifecycle=Lifecycle(store),
        scheduler=f"tls://127.0.0.1:{free_port()}",
        security=Security(require_encryption=True),
        lease=30.0,
    )
    began = time.monotonic()
    executor.start()
    executor.submit(claim)
    executor.kill("another run")
    assert (executor.live_slots(), executor.poll()) == (0, [])
    assert time.monotonic() - began < 1.0, "the dispatcher's thread would stand still"
    time.sleep(1.5)
    assert (executor.live_slots(), executor.poll()) == (0, [])
    executor.close()


def test_a_server_without_a_cluster_does_not_load_dask() -> None:
    script = "import sys, app; app.create_app(); sys.exit('distributed' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
