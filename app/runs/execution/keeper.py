"""The keeper of one attempt: it stands between a training process and the run store.

It writes what the process tells, with the attempt's token; reads whether the run
shall stop; and ends the process that is stuck, silent, too late or no longer the
run's owner. It runs where the process runs: in the leading web process, or on a
worker of the cluster.
"""

from __future__ import annotations

import base64
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.events import Event, Finished, Progress
from app.runs.execution.training_process import Heard, Lost, Trained, TrainingProcess
from app.runs.store.database import StoreUnavailable
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim, Fenced

LISTEN_SECONDS = 0.05
ORDERS_SECONDS = 0.1  # between two looks at the cancel flag
BEAT_SECONDS = 1.0
RETRY_SECONDS = 0.25  # between two tries of a store that cannot be used

TIME_LIMIT = "The run was stopped at the time limit of {seconds:g} s (DPSGD_RUN_SECONDS)."
SILENT = "it gave no sign of life for {seconds:g} s and was killed"
DIED = "the training process ended: {why}"
CLOSING = "the server was stopped"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Times, in seconds, that end an attempt.

    ``lease``: without a sign of life from the process (see ``life_signs``); ``run``: in all; ``grace``:
    from the request to stop to the kill, for a cancelled run; ``late_grace`` for one past its limit.
    """

    lease: float = 5.0
    run: float = 3600.0
    grace: float = 3.0
    late_grace: float = 2.5


@dataclass
class _Attempt:
    """What the keeper knows of its attempt."""

    claim: Claim
    started_at: float = field(default_factory=time.monotonic)
    steps: int = 0
    unwritten: list[Event] = field(default_factory=list)
    weights: dict[str, bytes] = field(default_factory=dict)  # by series, until the attempt has ended
    stop_asked_at: float | None = None
    late: bool = False
    store_at: float = 0.0  # the store is left alone until then
    orders_at: float = 0.0
    wrote_at: float = 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started_at


class Keeper:
    """Keeps attempts, one at a time, on one training process.

    ``site`` is {"data_directory", "offline"} of this machine. ``closing`` set makes the keeper give its
    attempt back to the queue.
    """

    def __init__(
        self,
        *,
        lifecycle: Lifecycle,
        process: TrainingProcess,
        site: Mapping[str, Any],
        limits: Limits,
        closing: threading.Event,
    ) -> None:
        self._lifecycle = lifecycle
        self._process = process
        self._site = site
        self._limits = limits
        self._closing = closing

    def keep(self, claim: Claim) -> None:
        """Execute the attempt of ``claim`` until its end, or what has become of it, is in the store."""
        attempt = _Attempt(claim)
        try:
            self._persistently(lambda: self._lifecycle.enter(claim.run_id, claim.owner))
            job = self._job(claim)
            if job is None:
                return self._give_back(attempt)
            self._process.begin(claim.run_id, job)
            self._watch(attempt)
        except Fenced:
            _log.info("attempt %d was taken over or its run has ended", claim.attempt)
            self._process.kill()

    def _job(self, claim: Claim) -> dict[str, Any] | None:
        """Return what the training process is told, its table included, which is kept nowhere here.

        None where the table could not be read before the keeper was to close.
        """
        job = {name: claim.job.get(name) for name in ("parameters", "fallback", "audit")}
        job |= {"earlier": claim.earlier, **self._site}
        if not claim.job["parameters"].get("table"):
            return job
        found: list[bytes | None] = []
        self._persistently(lambda: found.append(self._lifecycle.table(claim.run_id)))
        if not found:
            return None
        return {**job, "table": base64.b64encode(found[0]).decode() if found[0] else None}

    def _watch(self, attempt: _Attempt) -> None:
        while True:
            for message in self._process.receive(attempt.claim.run_id, LISTEN_SECONDS):
                if isinstance(message, Lost):
                    return self._lost(attempt, DIED.format(why=message.why))
                if isinstance(message, Finished):
                    return self._finished(attempt, message)
                self._note(attempt, message)
            if self._closing.is_set():
                return self._give_back(attempt)
            if self._process.seems_dead(self._limits.lease):
                self._process.kill()
                return self._lost(attempt, SILENT.format(seconds=self._limits.lease))
            self._look(attempt)
            if self._overdue(attempt):
                self._process.kill()
                return self._finished(attempt, self._stopped(attempt))

    def _note(self, attempt: _Attempt, heard: Heard) -> None:
        if isinstance(heard, Trained):
            attempt.weights[heard.series] = heard.weights
            return
        if isinstance(heard, Progress):
            attempt.steps = heard.steps
        attempt.unwritten.append(heard)

    def _look(self, attempt: _Attempt) -> None:
        """Write what is new, or a beat, and read the orders, as often as each is due."""
        now = time.monotonic()
        if attempt.stop_asked_at is None and attempt.seconds > self._limits.run:
            attempt.late = True
            self._stop(attempt)
        if now < attempt.store_at:
            return
        try:
            self._write(attempt, now)
            if attempt.stop_asked_at is None and now >= attempt.orders_at:
                attempt.orders_at = now + ORDERS_SECONDS
                if self._lifecycle.cancel_requested(attempt.claim.run_id, attempt.claim.owner):
                    self._stop(attempt)
        except StoreUnavailable as fault:
            _log.warning("attempt %d cannot use the store: %s", attempt.claim.attempt, fault)
            attempt.store_at = now + RETRY_SECONDS

    def _stop(self, attempt: _Attempt) -> None:
        attempt.stop_asked_at = time.monotonic()
        self._process.stop(attempt.claim.run_id)

    def _write(self, attempt: _Attempt, now: float) -> None:
        claim = attempt.claim
        if attempt.unwritten:
            self._lifecycle.append(claim.run_id, claim.owner, attempt.unwritten)
            attempt.unwritten = []
        elif now - attempt.wrote_at > BEAT_SECONDS:
            self._lifecycle.beat(claim.run_id, claim.owner)
        else:
            return
        attempt.wrote_at = now

    def _overdue(self, attempt: _Attempt) -> bool:
        if attempt.stop_asked_at is None:
            return False
        grace = self._limits.late_grace if attempt.late else self._limits.grace
        return time.monotonic() - attempt.stop_asked_at > grace

    def _stopped(self, attempt: _Attempt) -> Finished:
        return Finished(state="cancelled", steps=attempt.steps, training_seconds=attempt.seconds)

    def _finished(self, attempt: _Attempt, finished: Finished) -> None:
        if attempt.late and finished.state == "cancelled":
            message = TIME_LIMIT.format(seconds=self._limits.run)
            finished = replace(finished, state="failed", error={"kind": "time_limit", "message": message})
        claim = attempt.claim
        self._persistently(
            lambda: self._lifecycle.finish(
                claim.run_id, claim.owner, attempt.unwritten, finished, weights=attempt.weights
            )
        )

    def _give_back(self, attempt: _Attempt) -> None:
        self._process.kill()
        self._lost(attempt, CLOSING, crash=False)

    def _lost(self, attempt: _Attempt, why: str, *, crash: bool = True) -> None:
        if attempt.stop_asked_at is not None:  # killed or dead while it was stopping: it has stopped
            self._finished(attempt, self._stopped(attempt))
            return
        claim = attempt.claim
        if not self._closing.is_set():
            self._process.start()  # so that the next attempt finds it warm again
        self._persistently(
            lambda: self._lifecycle.lose(
                claim.run_id, claim.owner, why=why, crash=crash, new=attempt.unwritten
            )
        )

    def _persistently(self, write: Callable[[], object]) -> None:
        """Do ``write`` as soon as the store can be used; a keeper that is closing does not wait for it."""
        while True:
            try:
                write()
                return
            except StoreUnavailable as fault:
                _log.warning("the run store cannot be used: %s", fault)
                if self._closing.wait(RETRY_SECONDS):
                    return
