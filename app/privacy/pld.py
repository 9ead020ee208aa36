"""The tightest known epsilon, by privacy loss distributions, under a time limit.

The computation runs in one child process, started at the first need: it can be
stopped, and neither its memory nor the accountant's import burdens this process. It
ends when nobody has asked for a while.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from app.privacy.mechanism import check_accounting

SMALLEST_SIGMA = 0.3
TIME_LIMIT_SECONDS = 1.5
START_LIMIT_SECONDS = 20.0
IDLE_SECONDS = 30.0
_QUEUE_LIMIT_SECONDS = 10.0
_FAILURE_KEPT_SECONDS = 60.0
_CACHE_SIZE = 4096
_PROJECT_ROOT = Path(__file__).resolve().parents[2]

NOT_COMPUTED = "not computed yet: ask POST /api/privacy"
NO_NOISE = "without noise epsilon is infinite"
TOO_LITTLE_NOISE = f"no meaningful privacy below noise multiplier {SMALLEST_SIGMA}: RDP only"


@dataclass(frozen=True, kw_only=True)
class PldResult:
    """The figures of the whole privacy curve, or the ``reason`` why there are none.

    ``epsilon`` is for adding or removing one example, ``replace_one_epsilon`` for
    replacing one, both at the delta asked for. ``advantage``, the true-positive
    rates, the whole ``trade_off`` [{fpr, tpr}] and delta at epsilon log(9) bound every membership attack.
    """

    epsilon: float | None = None
    reason: str | None = None
    advantage: float | None = None
    tpr_at_1pct_fpr: float | None = None
    tpr_at_0_1pct_fpr: float | None = None
    trade_off: list[dict[str, float]] | None = None
    delta_at_odds_of_9: float | None = None
    replace_one_epsilon: float | None = None


class Question(NamedTuple):
    """One request to the accountant; the key of the cache."""

    sampling_probability: float
    noise_multiplier: float
    steps: int
    delta: float


class PldAccountant:
    """One child process that computes privacy curves, and the cache of its answers; thread-safe."""

    def __init__(self, *, time_limit: float = TIME_LIMIT_SECONDS, idle_seconds: float = IDLE_SECONDS) -> None:
        """Prepare; nothing starts before the first question.

        Args:
            time_limit: seconds a computation may take before its process is killed.
            idle_seconds: how long the process is kept after an answer, for the next question.
        """
        self._time_limit = time_limit
        self._idle_seconds = idle_seconds
        self._idle: threading.Timer | None = None
        self._lock = threading.Lock()  # one question at a time
        self._cache_lock = threading.Lock()
        self._cache: OrderedDict[Question, tuple[PldResult, float]] = OrderedDict()
        self._child: _Child | None = None

    def ask(self, question: Question, *, wait: bool) -> PldResult:
        """Return the figures for ``question``.

        With ``wait`` False only what is cached is returned, at once. A failure
        (time limit, memory) is remembered for a minute.
        """
        cached = self._cached(question)
        if cached is not None:
            return cached
        if not wait:
            return PldResult(reason=NOT_COMPUTED)
        if not self._lock.acquire(timeout=_QUEUE_LIMIT_SECONDS):
            return PldResult(reason="the accountant is busy; ask again")
        try:
            return self._cached(question) or self._remember(question, self._compute(question))
        finally:
            self._end_when_idle()
            self._lock.release()

    def close(self) -> None:
        """End the child process, if there is one; the next question starts another."""
        child, self._child = self._child, None
        if child is not None and child.owner == os.getpid():
            child.kill()

    def _end_when_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        if self._child is None:  # closed meanwhile, it may be at exit, when no thread can be started any more
            return
        self._idle = threading.Timer(self._idle_seconds, self._end_unless_busy)
        self._idle.daemon = True
        self._idle.start()

    def _end_unless_busy(self) -> None:
        if self._lock.acquire(blocking=False):  # else somebody asks, and sets the clock anew
            try:
                self.close()
            finally:
                self._lock.release()

    def _cached(self, question: Question) -> PldResult | None:
        with self._cache_lock:
            found = self._cache.get(question)
            if found is None:
                return None
            result, expires = found
            return result if time.monotonic() < expires else None

    def _remember(self, question: Question, result: PldResult) -> PldResult:
        lasts = float("inf") if result.epsilon is not None else _FAILURE_KEPT_SECONDS
        with self._cache_lock:
            self._cache[question] = (result, time.monotonic() + lasts)
            self._cache.move_to_end(question)
            if len(self._cache) > _CACHE_SIZE:
                self._cache.popitem(last=False)
        return result

    def _compute(self, question: Question) -> PldResult:
        try:
            answer = self._running_child().ask(
                {**question._asdict(), "seconds": self._time_limit}, seconds=self._time_limit
            )
        except _Stopped as stopped:
            self.close()
            return PldResult(reason=str(stopped))
        return PldResult(**answer)

    def _running_child(self) -> _Child:
        # A forked server worker inherits its parent's child: the pipes are not its own.
        if self._child is None or self._child.owner != os.getpid():
            self._child = _Child()
            self._child.wait_until_ready()
        return self._child


class _Stopped(Exception):
    """The child gave no answer; the text says why and is fit for the person who asked."""


class _Child:
    """The process itself and a thread that collects its lines."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.privacy.pld_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=_PROJECT_ROOT,
            env=_child_environment(),
            start_new_session=True,  # Ctrl-C is for the server; the child ends when its input does
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(None)

    def wait_until_ready(self) -> None:
        """Return when the child has imported the accountant.

        Raises:
            _Stopped: it ended, or did not get ready in time.
        """
        self._next_line(START_LIMIT_SECONDS, "the accountant's process did not start in time")

    def ask(self, request: dict[str, Any], *, seconds: float) -> dict[str, Any]:
        """Return the child's answer to ``request``.

        Raises:
            _Stopped: it ended, or took longer than ``seconds``.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except OSError:
            raise _Stopped("the accountant's process ended; ask again") from None
        answer: dict[str, Any] = json.loads(self._next_line(seconds, f"time limit of {seconds:g} s reached"))
        return answer

    def _next_line(self, seconds: float, late: str) -> str:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise _Stopped(late) from None
        if line is None:
            raise _Stopped("the accountant's process ended; ask again")
        return line

    def kill(self) -> None:
        """End the process and collect it."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # what was not flushed has nobody left to read it
            self._process.stdin.close()


def _child_environment() -> dict[str, str]:
    # One thread: the machine's cores belong to training, and each thread reserves address space.
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads, "PYTHONPATH": str(_PROJECT_ROOT)}


_ACCOUNTANT = PldAccountant()
atexit.register(_ACCOUNTANT.close)


def epsilon_pld(
    *, sampling_probability: float, noise_multiplier: float, steps: int, delta: float, wait: bool
) -> PldResult:
    """Return the PLD figures at discretisation 1e-4: a valid upper bound, tighter than RDP.

    Neighbours differ by adding or removing one example; sampling is Poisson.
    ``epsilon`` is None with a reason below noise multiplier 0.3, at the time
    limit, and, with ``wait`` False, while it has not been computed.

    Args:
        sampling_probability: q in [0, 1].
        noise_multiplier: sigma >= 0, finite.
        steps: T, a whole number >= 0; 0 gives epsilon 0.
        delta: in (0, 1).
        wait: whether to compute what is not cached (up to 1.5 s, once 1 s more to start).

    Raises:
        InvalidMechanism: a number is out of range, NaN or infinite.
    """
    check_accounting(
        sampling_probability=sampling_probability,
        noise_multiplier=noise_multiplier,
        steps=steps,
        delta=delta,
    )
    if steps == 0 or sampling_probability == 0:
        return PldResult(
            epsilon=0.0,
            advantage=0.0,
            tpr_at_1pct_fpr=0.01,
            tpr_at_0_1pct_fpr=0.001,
            delta_at_odds_of_9=0.0,
            replace_one_epsilon=0.0,
        )
    if noise_multiplier == 0:
        return PldResult(reason=NO_NOISE)
    if noise_multiplier < SMALLEST_SIGMA:
        return PldResult(reason=TOO_LITTLE_NOISE)
    question = Question(float(sampling_probability), float(noise_multiplier), steps, float(delta))
    return _ACCOUNTANT.ask(question, wait=wait)
