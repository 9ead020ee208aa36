"""Figures computed ahead: one at a time, and none that nobody asked for."""

from __future__ import annotations

import threading
import time

from app.parameters import RunParameters
from app.runs.documents import pld_ahead
from app.runs.documents.pld_ahead import PldAhead


def until_equal(found: list[int], wanted: list[int]) -> None:
    deadline = time.monotonic() + 5
    while found != wanted:
        assert time.monotonic() < deadline, (found, wanted)
        time.sleep(0.005)


def test_one_figure_is_computed_at_a_time_and_a_fault_does_not_end_it(parameters: RunParameters) -> None:
    go_on, busy, most = threading.Event(), 0, 0
    computed: list[int] = []

    def compute(wanted: RunParameters) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        go_on.wait(5)
        busy -= 1
        computed.append(wanted.epochs)
        if wanted.epochs == 1:
            raise RuntimeError("no figure")

    ahead = PldAhead(compute)
    for epochs in (1, 2, 3):
        ahead.want(RunParameters.of_task("digits", epochs=epochs))
    go_on.set()
    until_equal(computed, [1, 2, 3])
    assert most == 1
    ahead.want(RunParameters.of_task("digits", epochs=4))
    until_equal(computed, [1, 2, 3, 4])


def test_of_too_many_that_wait_the_oldest_are_dropped() -> None:
    begun, go_on, computed = threading.Event(), threading.Event(), list[int]()

    def compute(wanted: RunParameters) -> None:
        begun.set()
        go_on.wait(5)
        computed.append(wanted.train_size)

    ahead = PldAhead(compute)
    sizes = list(range(1000, 1000 + pld_ahead.WAITING_AT_MOST + 10))
    for size in sizes:
        ahead.want(RunParameters.of_task("digits", train_size=size))
        assert begun.wait(5)
    go_on.set()
    until_equal(computed, [sizes[0], *sizes[-pld_ahead.WAITING_AT_MOST :]])
