"""Estimates: from what the store's own runs measured, else the calibration, else the shipped figure."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.events import Finished
from app.parameters import RunParameters
from app.runs import timing as timing_module
from app.runs.store.database import Store
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim, NewRun, Record
from app.runs.timing import Rate, Timing, TooExpensive, rest, shipped_rate, until_free, whole_seconds
from app.runs.work import OVERHEAD_SECONDS, private_work

MNIST = RunParameters.of_task("mnist")
BASELINE = replace(MNIST, baseline=True)
DIGITS = RunParameters.of_task("digits")
RATE = Rate(examples_per_second=30_000, source="runs")


@pytest.fixture
def lifecycle(store: Store) -> Lifecycle:
    return Lifecycle(store)


@pytest.fixture
def timing(store: Store, monkeypatch: pytest.MonkeyPatch) -> Timing:
    monkeypatch.setattr(timing_module, "FRESH_SECONDS", 0.0)
    return Timing(store)


def queue(lifecycle: Lifecycle, store: Store, parameters: RunParameters = MNIST, **job: Any) -> Record:
    whole = {"kind": "training", "parameters": parameters.to_dict(), "fallback": None, "notices": [], **job}
    with store.writing() as connection:
        return_id = lifecycle.admit(connection, NewRun(job=whole, client="c"))
    return lifecycle.record(return_id)


def started(lifecycle: Lifecycle, store: Store, parameters: RunParameters = MNIST, **job: Any) -> Claim:
    queue(lifecycle, store, parameters, **job)
    claim = lifecycle.claim()
    assert claim is not None
    return claim


def ended(
    lifecycle: Lifecycle,
    store: Store,
    parameters: RunParameters = MNIST,
    *,
    seconds: float,
    state: str = "done",
    steps: int | None = None,
    **job: Any,
) -> None:
    claim = started(lifecycle, store, parameters, **job)
    taken = parameters.steps if steps is None else steps
    lifecycle.finish(
        claim.run_id, claim.owner, [], Finished(state=state, steps=taken, training_seconds=seconds)
    )


def test_a_new_store_is_estimated_by_the_shipped_figure(timing: Timing) -> None:
    assert timing.rate() == shipped_rate()
    assert timing.rate().source == "shipped"


def test_the_training_process_s_own_calibration_goes_before_it(timing: Timing, lifecycle: Lifecycle) -> None:
    lifecycle.note_speed({"examples_per_second": 12_000.0})
    lifecycle.note_speed({"examples_per_second": 12_345.0})
    assert timing.rate() == Rate(examples_per_second=12_345.0, source="calibration")


def test_finished_runs_go_before_the_calibration(timing: Timing, lifecycle: Lifecycle, store: Store) -> None:
    lifecycle.note_speed({"examples_per_second": 12_345.0})
    ended(lifecycle, store, seconds=40.0)
    rate = timing.rate()
    assert (rate.source, rate.examples_per_second) == ("runs", pytest.approx(private_work(MNIST) / 40.0))
    assert timing.seconds(MNIST) == pytest.approx(40.0 + OVERHEAD_SECONDS)


def test_the_last_long_runs_decide(timing: Timing, lifecycle: Lifecycle, store: Store) -> None:
    for _ in range(timing_module.RUNS_LOOKED_AT):
        ended(lifecycle, store, seconds=400.0)
    for seconds in (40.0, 41.0, 39.0):
        ended(lifecycle, store, seconds=seconds)
    for _ in range(timing_module.RUNS_LOOKED_AT - 3):
        ended(lifecycle, store, replace(DIGITS, epochs=1), seconds=0.01)
    assert timing.seconds(MNIST) == pytest.approx(40.0 + OVERHEAD_SECONDS, rel=0.03)


@pytest.mark.parametrize(
    "run",
    [
        {"seconds": 4.0, "state": "cancelled", "steps": 100},
        {"seconds": 4.0, "state": "failed", "steps": 100},
        {"seconds": 4.0, "steps": 100},  # stopped at its budget
        {"seconds": 0.0},
        {"seconds": 4.0, "kind": "audit"},  # its canaries cost time too
    ],
    ids=str,
)
def test_a_run_that_was_not_trained_whole_says_nothing_of_speed(
    timing: Timing, lifecycle: Lifecycle, store: Store, run: dict[str, Any]
) -> None:
    ended(lifecycle, store, **run)
    assert timing.rate().source == "shipped"


def test_a_run_on_its_fallback_s_data_counts_by_those(
    timing: Timing, lifecycle: Lifecycle, store: Store
) -> None:
    ended(lifecycle, store, seconds=2.0, steps=DIGITS.steps, fallback=DIGITS.to_dict())
    assert timing.rate().examples_per_second == pytest.approx(private_work(DIGITS) / 2.0)


def test_a_store_that_cannot_be_used_leaves_the_speed_as_it_was_known(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert Timing(Store(str(tmp_path / "file" / "runs.sqlite"))).rate() == shipped_rate()


def test_the_shipped_table_can_be_written_as_json(timing: Timing) -> None:
    description = timing.description()
    assert json.loads(json.dumps(description)) == description
    assert description["model_cost"]["tutorial_cnn"].keys() == {"mnist", "fashion_mnist"}
    assert description["model_cost"]["toy_mlp"].keys() == {"mnist", "fashion_mnist", "digits", "xor"}


def test_a_run_is_refused_by_its_estimate(timing: Timing, lifecycle: Lifecycle) -> None:
    lifecycle.note_speed({"examples_per_second": 1_000.0})
    estimate = timing.check(MNIST, limit=3600)
    assert estimate == timing.seconds(MNIST)
    assert timing.check(MNIST, limit=estimate) == estimate
    with pytest.raises(TooExpensive) as refusal:
        timing.check(MNIST, limit=estimate - 1)
    assert (refusal.value.estimate, refusal.value.limit) == (estimate, estimate - 1)


def eta(timing: Timing, record: Record, lifecycle: Lifecycle, *, slots: int = 1) -> float | None:
    return timing.eta(record, MNIST, steps=0, ahead=lifecycle.ahead(record), slots=slots)


def test_nothing_is_told_of_the_end_until_a_run_has_measured_it(
    timing: Timing, lifecycle: Lifecycle, store: Store
) -> None:
    lifecycle.note_speed({"examples_per_second": 12_345.0})
    assert eta(timing, queue(lifecycle, store), lifecycle) is None


def test_who_waits_behind_more_ends_later(timing: Timing, lifecycle: Lifecycle, store: Store) -> None:
    ended(lifecycle, store, seconds=40.0)
    started(lifecycle, store)
    waiting = [queue(lifecycle, store) for _ in range(3)]
    etas = [eta(timing, record, lifecycle) for record in waiting]
    one = 40.0 + OVERHEAD_SECONDS
    assert etas == pytest.approx([2 * one, 3 * one, 4 * one], abs=0.5)
    with_two_slots = [eta(timing, record, lifecycle, slots=2) for record in waiting]
    assert with_two_slots == pytest.approx([one, 2 * one, 2 * one], abs=0.5)


def test_a_run_that_has_begun_is_told_its_rest(timing: Timing, lifecycle: Lifecycle, store: Store) -> None:
    ended(lifecycle, store, seconds=40.0)
    record = lifecycle.record(started(lifecycle, store).run_id)
    rests = [
        timing.eta(record, MNIST, steps=steps, ahead=[], slots=1)
        for steps in (1, MNIST.steps // 2, MNIST.steps)
    ]
    assert rests == pytest.approx([40.0, 20.0, 0.0], abs=0.2)


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_a_run_that_has_ended_has_no_end_to_wait_for(
    timing: Timing, lifecycle: Lifecycle, store: Store, state: str
) -> None:
    ended(lifecycle, store, seconds=40.0)
    record = replace(lifecycle.record(queue(lifecycle, store).id), state=state)
    assert timing.eta(record, MNIST, steps=0, ahead=[], slots=1) is None


def test_the_rest_never_grows_while_steps_are_taken() -> None:
    whole = whole_seconds(BASELINE, RATE)
    rests = [
        rest(BASELINE, RATE, steps=steps, elapsed=whole * steps / BASELINE.steps)
        for steps in range(0, BASELINE.steps + 1, 50)
    ]
    assert rests == sorted(rests, reverse=True)
    assert rests[0] == pytest.approx(whole)


def test_after_the_private_series_the_baseline_s_time_is_left_and_runs_down() -> None:
    whole = whole_seconds(BASELINE, RATE)
    rests = [
        rest(BASELINE, RATE, steps=BASELINE.steps, elapsed=whole * part) for part in (0.5, 0.8, 1.0, 2.0)
    ]
    assert rests == sorted(rests, reverse=True)
    assert rests[0] > 0
    assert rests[-2:] == pytest.approx([0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize(
    ("rests", "queued", "slots", "seconds"),
    [
        ([], [], 1, 0.0),
        ([5.0], [], 1, 5.0),
        ([5.0], [], 2, 0.0),
        ([5.0, 3.0], [10.0], 2, 5.0),
        ([5.0, 3.0], [10.0, 10.0], 2, 13.0),
        ([], [4.0, 4.0, 4.0], 3, 4.0),
    ],
)
def test_a_slot_is_free_when_those_ahead_have_been_served(
    rests: list[float], queued: list[float], slots: int, seconds: float
) -> None:
    assert until_free(rests, queued, slots=slots) == seconds


def test_the_time_of_a_run_that_is_overdue_is_not_counted_against_others(
    timing: Timing, lifecycle: Lifecycle, store: Store
) -> None:
    ended(lifecycle, store, seconds=40.0)
    running = replace(lifecycle.record(started(lifecycle, store).run_id), started_at=time.time() - 500)
    record = queue(lifecycle, store)
    found = timing.eta(record, MNIST, steps=0, ahead=[running], slots=1)
    assert found == pytest.approx(40.0 + OVERHEAD_SECONDS, abs=0.2)


def test_the_rest_of_the_private_series_has_the_whole_baseline_behind_it() -> None:
    half = rest(BASELINE, RATE, steps=BASELINE.steps // 2, elapsed=1.0)
    private = private_work(BASELINE) / RATE.examples_per_second
    whole = whole_seconds(BASELINE, RATE) - OVERHEAD_SECONDS
    assert half == pytest.approx(whole - private / 2)


def test_a_slow_start_is_not_counted_against_the_rest() -> None:
    whole = whole_seconds(MNIST, RATE)
    assert rest(MNIST, RATE, steps=0, elapsed=1000.0) == pytest.approx(whole - OVERHEAD_SECONDS)


def test_runs_together_end_at_the_same_time_in_any_order(timing: Timing) -> None:
    # Two slots: 6 alone, 3 and then 2, where the order as given would end at 8.
    assert [timing.together(each, slots=2) for each in ([2.0, 3.0, 6.0], [6.0, 3.0, 2.0])] == [6.0, 6.0]
    assert timing.together([], slots=0) == 0.0


def test_more_may_run_than_there_are_slots_now_and_others_end_by_themselves(
    timing: Timing, lifecycle: Lifecycle, store: Store
) -> None:
    ended(lifecycle, store, seconds=40.0)
    for _ in range(3):
        started(lifecycle, store)
    waits = queue(lifecycle, store)
    queue(lifecycle, store)
    one = 40.0 + OVERHEAD_SECONDS
    assert eta(timing, waits, lifecycle, slots=1) == pytest.approx(2 * one, abs=1.0)
    line = lifecycle.line()
    assert timing.eta_of_all([waits.id], line=line, slots=1) == pytest.approx(2 * one, abs=1.0)
    running = [record.id for record in line if record.state == "running"]
    assert timing.eta_of_all(running, line=line, slots=1) == pytest.approx(one, abs=1.0)


def test_a_clock_that_was_set_back_takes_no_time_from_a_run(
    timing: Timing, lifecycle: Lifecycle, store: Store
) -> None:
    ended(lifecycle, store, seconds=40.0)
    begun = lifecycle.record(started(lifecycle, store).run_id)
    assert begun.started_at is not None
    future = replace(begun, started_at=begun.started_at + 1000.0)
    waits = queue(lifecycle, store)
    left = timing.eta(waits, MNIST, steps=0, ahead=[future], slots=1)
    assert left == pytest.approx(2 * (40.0 + OVERHEAD_SECONDS), abs=1.0)
