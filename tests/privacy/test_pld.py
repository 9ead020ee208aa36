from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from app.privacy import pld_child
from app.privacy.mechanism import InvalidMechanism
from app.privacy.pld import (
    NO_NOISE,
    NOT_COMPUTED,
    TOO_LITTLE_NOISE,
    PldAccountant,
    PldResult,
    Question,
    epsilon_pld,
)
from tests.privacy.reference import GOLDEN, Reference

SMALL = Question(256 / 60_000, 1.3, 3516, 1e-5)
HUGE = Question(0.5, 0.5, 1000, 1e-5)  # eight million losses: seconds and a gigabyte


@pytest.fixture(scope="module")
def accountant() -> Iterator[PldAccountant]:
    patient = PldAccountant(time_limit=60)
    yield patient
    patient.close()


@pytest.fixture
def hurried() -> Iterator[PldAccountant]:
    with_short_limit = PldAccountant(time_limit=0.001)
    yield with_short_limit
    with_short_limit.close()


EXTREME = [reference for reference in GOLDEN if reference.pld > 60]
ORDINARY = [reference for reference in GOLDEN if reference.pld <= 60]


@pytest.mark.parametrize("reference", ORDINARY, ids=[reference.label for reference in ORDINARY])
def test_given_time_every_ordinary_row_gets_the_golden_pld(
    accountant: PldAccountant, reference: Reference
) -> None:
    result = accountant.ask(Question(**reference.numbers), wait=True)
    assert result.epsilon == pytest.approx(reference.pld, rel=1e-3)
    assert result.replace_one_epsilon == pytest.approx(reference.replace_one, rel=1e-3)
    assert result.reason is None


@pytest.mark.parametrize("reference", EXTREME, ids=[reference.label for reference in EXTREME])
def test_the_extreme_rows_answer_or_say_that_time_was_up(reference: Reference) -> None:
    result = epsilon_pld(**reference.numbers, wait=True)
    if result.epsilon is None:
        assert result.reason == "time limit of 1.5 s reached"
    else:
        assert result.epsilon == pytest.approx(reference.pld, rel=1e-3)


def test_the_figures_bound_each_other(accountant: PldAccountant) -> None:
    result = accountant.ask(SMALL, wait=True)
    assert result.epsilon is not None
    assert result.replace_one_epsilon is not None
    assert result.advantage is not None
    assert result.tpr_at_1pct_fpr is not None
    assert result.tpr_at_0_1pct_fpr is not None
    assert result.epsilon < result.replace_one_epsilon < 2.1 * result.epsilon
    assert 0.001 < result.tpr_at_0_1pct_fpr < result.tpr_at_1pct_fpr < 0.01 + result.advantage


def test_without_waiting_only_the_cache_answers() -> None:
    accountant = PldAccountant(time_limit=60)
    try:
        assert accountant.ask(SMALL, wait=False) == PldResult(reason=NOT_COMPUTED)
        computed = accountant.ask(SMALL, wait=True)
        assert accountant.ask(SMALL, wait=False) == computed
        assert computed.epsilon is not None
    finally:
        accountant.close()


def test_without_waiting_no_process_starts() -> None:
    before = psutil.Process().children()
    PldAccountant().ask(SMALL, wait=False)
    assert psutil.Process().children() == before


def test_at_the_time_limit_the_process_is_killed_and_the_next_question_gets_another(
    monkeypatch: pytest.MonkeyPatch, hurried: PldAccountant
) -> None:
    before = set(psutil.Process().children())
    assert hurried.ask(HUGE, wait=True).reason == "time limit of 0.001 s reached"
    assert set(psutil.Process().children()) <= before
    assert hurried.ask(HUGE, wait=False).reason == "time limit of 0.001 s reached"
    monkeypatch.setattr(hurried, "_time_limit", 60.0)
    assert hurried.ask(SMALL, wait=True).epsilon == pytest.approx(0.8645889, rel=1e-6)


def test_a_dead_process_is_said_and_replaced() -> None:
    accountant = PldAccountant(time_limit=60)
    before = set(psutil.Process().children())
    try:
        accountant.ask(SMALL, wait=True)
        (child,) = set(psutil.Process().children()) - before
        child.kill()
        other = SMALL._replace(steps=17)
        assert accountant.ask(other, wait=True).reason == "the accountant's process ended; ask again"
        another = SMALL._replace(steps=18)
        assert accountant.ask(another, wait=True).epsilon is not None
    finally:
        accountant.close()


def test_where_the_process_was_closed_no_clock_is_set_for_its_end(hurried: PldAccountant) -> None:
    # At the interpreter's exit the process is closed first, and from Python 3.12 on no thread can start then.
    before = set(threading.enumerate())
    assert hurried.ask(HUGE, wait=True).epsilon is None
    assert not [
        thread for thread in set(threading.enumerate()) - before if isinstance(thread, threading.Timer)
    ]


def test_an_idle_process_ends_and_the_next_question_gets_another() -> None:
    accountant = PldAccountant(time_limit=60, idle_seconds=0.2)
    before = set(psutil.Process().children())
    try:
        accountant.ask(SMALL, wait=True)
        (child,) = set(psutil.Process().children()) - before
        assert psutil.wait_procs([child], timeout=20)[1] == []
        assert accountant.ask(SMALL._replace(steps=17), wait=True).epsilon is not None
    finally:
        accountant.close()


def test_threads_share_one_process_and_get_their_own_answers() -> None:
    accountant = PldAccountant(time_limit=60)
    questions = [SMALL._replace(steps=steps) for steps in (100, 200, 300, 400)]
    answers: dict[Question, PldResult] = {}

    def ask(question: Question) -> None:
        answers[question] = accountant.ask(question, wait=True)

    threads = [threading.Thread(target=ask, args=(question,)) for question in questions]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        epsilons = [answers[question].epsilon or math.inf for question in questions]
        assert epsilons == sorted(epsilons)
        assert len(set(epsilons)) == len(questions)
    finally:
        accountant.close()


def test_the_process_ends_with_its_parent() -> None:
    code = (
        "import os, psutil\n"
        "from app.privacy import epsilon_pld\n"
        "epsilon_pld(sampling_probability=0.01, noise_multiplier=1.0, steps=9, delta=1e-5, wait=True)\n"
        "print(psutil.Process().children()[0].pid, flush=True)\n"
        "os._exit(0)\n"
    )
    parent = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    pid = int(parent.stdout)
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the child outlived its parent"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"noise_multiplier": 0.0}, NO_NOISE),
        ({"noise_multiplier": 0.001}, TOO_LITTLE_NOISE),
        ({"noise_multiplier": 0.2999}, TOO_LITTLE_NOISE),
    ],
)
def test_noise_that_would_exhaust_the_machine_never_reaches_the_process(
    change: dict[str, Any], reason: str
) -> None:
    before = psutil.Process().children()
    result = epsilon_pld(**SMALL._asdict() | change, wait=True)
    assert result == PldResult(reason=reason)
    assert psutil.Process().children() == before


@pytest.mark.parametrize("change", [{"steps": 0}, {"sampling_probability": 0.0}])
def test_an_example_never_used_gives_nothing_away(change: dict[str, Any]) -> None:
    result = epsilon_pld(**SMALL._asdict() | change, wait=False)
    assert (result.epsilon, result.advantage, result.tpr_at_1pct_fpr) == (0.0, 0.0, 0.01)


@pytest.mark.parametrize("name", ["noise_multiplier", "delta", "sampling_probability"])
def test_not_a_number_is_refused(name: str) -> None:
    with pytest.raises(InvalidMechanism):
        epsilon_pld(**SMALL._asdict() | {name: math.nan}, wait=True)


def test_memory_beyond_the_limit_is_a_reason_and_not_a_crash(accountant: PldAccountant) -> None:
    endless = Question(0.5, 20.0, 10**9, 1e-5)
    result = accountant.ask(endless, wait=True)
    assert result.epsilon is None
    assert result.reason == "the privacy loss distribution needs too much memory"
    assert accountant.ask(SMALL, wait=True).epsilon is not None


def test_a_delta_beyond_the_numerics_is_a_reason() -> None:
    answer = pld_child.answer({**SMALL._replace(delta=1e-16)._asdict(), "seconds": 30.0})
    assert answer == {"reason": "delta 1e-16 is too small for the numerical privacy loss distribution"}


def test_the_child_speaks_one_json_line_per_question() -> None:
    question = json.dumps({**SMALL._asdict(), "seconds": 30.0}) + "\n"
    with subprocess.Popen(
        [sys.executable, "-m", "app.privacy.pld_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert json.loads(child.stdout.readline()) == {"ready": True}
        child.stdin.write(question)
        child.stdin.flush()
        assert json.loads(child.stdout.readline())["epsilon"] == pytest.approx(0.8645889, rel=1e-6)
        child.stdin.close()
        assert child.wait(timeout=20) == 0


def test_a_process_leaves_alone_the_child_that_it_was_forked_with() -> None:
    accountant = PldAccountant()
    killed: list[str] = []
    for owner in (os.getpid() + 1, os.getpid()):
        accountant._child = SimpleNamespace(owner=owner, kill=lambda: killed.append("own"))  # type: ignore[assignment]
        accountant.close()
    assert killed == ["own"], "the other is its parent's, who may be asking it now"
