"""One series of a run, private or baseline: the engine is led from mark to mark and its measures emitted."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from app.events import Emit, EpochPoint, IterationPoint, Progress, Series, ShouldStop
from app.parameters import RunParameters
from app.privacy.guarantee import EpsilonAt
from app.training.notices import RisingLoss
from app.training.schedule import Mark
from app.training.tally import Statistics, Tally, gradient_facts

SECONDS_PER_SLICE = 0.15  # a stop is looked for between slices, and must be seen within 0.25 s
SECONDS_PER_PROGRESS = 0.25
GROWTH = 4


class Stopped(Exception):
    """``should_stop`` answered True."""


class Diverged(Exception):
    """Loss or gradients stopped being finite numbers."""


class Evaluated(Protocol):
    """What an engine finds on the test set (``dpsgd.Evaluation``)."""

    accuracy: float
    loss: float
    per_class_accuracy: list[float]


class TrainingEngine(Protocol):
    """What the loop asks of an engine (``dpsgd.Engine``)."""

    steps_done: int

    @property
    def weights(self) -> list[Any]:
        """Return the present weights as arrays, in the model's order."""

    def run(self, steps: int) -> Statistics:
        """Take ``steps`` steps."""

    def evaluate(self) -> Evaluated:
        """Judge the present weights on the test set."""


@dataclass(kw_only=True)
class Ledger:
    """The state of one run that outlives its series: who listens, and what was spent.

    ``steps`` counts the private steps really taken, ``seconds`` the time they took.
    """

    emit: Emit
    should_stop: ShouldStop
    epsilon_at: EpsilonAt = lambda steps: None
    steps_total: int = 0
    steps: int = 0
    seconds: float = 0.0
    _reported_at: float = field(default=-math.inf, init=False)

    def epsilon(self) -> float | None:
        """Return the ε of the steps taken, None where it is infinite."""
        return self.epsilon_at(self.steps) if self.steps else 0.0

    def check_stop(self) -> None:
        """Raise Stopped if somebody asked for it."""
        if self.should_stop():
            raise Stopped

    def report(self, *, now: bool = False) -> None:
        """Emit a Progress if one is due, or ``now``."""
        if now or time.monotonic() - self._reported_at >= SECONDS_PER_PROGRESS:
            self._reported_at = time.monotonic()
            self.emit(Progress(steps=self.steps, steps_total=self.steps_total, epsilon=self.epsilon()))


@dataclass
class Pace:
    """How many steps fit a slice, found by measured speed."""

    steps: int = 1
    _cold: bool = True

    def note(self, steps: int, seconds: float) -> None:
        """Learn from ``steps`` that took ``seconds``; the first call compiles and teaches nothing."""
        if self._cold:
            self._cold = False
            return
        fitting = SECONDS_PER_SLICE * steps / max(seconds, 1e-6)
        self.steps = int(min(max(fitting, 1), GROWTH * self.steps))


class RunningLoss:
    """The mean training loss over the last epoch's worth of segments; at an epoch's end, over that epoch."""

    def __init__(self) -> None:
        self._before: list[Tally] = []
        self._now: list[Tally] = []

    def add(self, segment: Tally, *, closes_epoch: bool) -> float | None:
        """Add a segment and return the mean; None if no example was sampled."""
        self._now.append(segment)
        window = self._now if closes_epoch else self._before[len(self._now) :] + self._now
        if closes_epoch:
            self._before, self._now = self._now, []
        sampled = sum(part.examples for part in window)
        return sum(part.loss_sum for part in window) / sampled if sampled else None


class Course:
    """The way of one engine through one series of a run."""

    def __init__(
        self, engine: TrainingEngine, *, series: Series, parameters: RunParameters, ledger: Ledger
    ) -> None:
        self._engine, self._series, self._ledger = engine, series, ledger
        self._clipping_norm = parameters.clipping_norm if series == "private" else None
        self._pace, self._loss = Pace(), RunningLoss()
        self._epoch, self._segment = Tally(), Tally()
        self._alarm = RisingLoss()

    def start(self) -> None:
        """Show the untrained network and take the first step, which compiles the engine.

        Raises:
            Stopped, Diverged: see :meth:`follow`.
        """
        self._ledger.check_stop()
        untrained = self._evaluate()
        self._point(iteration=0, accuracy=untrained.accuracy, loss=untrained.loss)
        self._advance_to(1)

    def follow(self, marks: Iterable[Mark]) -> None:
        """Train from mark to mark and emit the points measured there.

        Raises:
            Stopped: somebody asked for it; what was measured has been emitted.
            Diverged: a loss or a gradient is not finite; no point was emitted from it.
        """
        started = time.monotonic()
        for mark in marks:
            self._advance_to(mark.step)
            self._measure(mark, started)
            if mark.closes_epoch:
                started = time.monotonic()

    def _advance_to(self, step: int) -> None:
        while self._engine.steps_done < step:
            self._ledger.check_stop()
            self._slice(min(self._pace.steps, step - self._engine.steps_done))

    def _slice(self, steps: int) -> None:
        started = time.monotonic()
        statistics = self._engine.run(steps)
        elapsed = time.monotonic() - started
        self._pace.note(steps, elapsed)
        if self._series == "private":
            self._ledger.steps = self._engine.steps_done
        self._ledger.report()
        if not (math.isfinite(statistics.loss_sum) and np.isfinite(statistics.norms).all()):
            raise Diverged
        self._epoch.add(statistics)
        self._segment.add(statistics)

    def _measure(self, mark: Mark, epoch_started: float) -> None:
        found = self._evaluate()
        mean = self._loss.add(self._segment, closes_epoch=mark.closes_epoch)
        loss = found.loss if mean is None else mean
        self._segment = Tally()
        self._ledger.report(now=True)
        self._point(iteration=mark.step, accuracy=found.accuracy, loss=loss)
        if mark.closes_epoch:
            self._close_epoch(mark, found, loss=loss, seconds=time.monotonic() - epoch_started)

    def _close_epoch(self, mark: Mark, found: Evaluated, *, loss: float, seconds: float) -> None:
        private = self._clipping_norm is not None
        self._ledger.emit(
            EpochPoint(
                series=self._series,
                epoch=mark.epoch,
                iteration=mark.step,
                accuracy=found.accuracy,
                loss=loss,
                test_loss=found.loss,
                per_class_accuracy=found.per_class_accuracy,
                epsilon=self._ledger.epsilon() if private else None,
                seconds=seconds,
                **self._gradient_facts(),
            )
        )
        self._epoch = Tally()
        if private and (notice := self._alarm.after_epoch(loss)):
            self._ledger.emit(notice)

    def _gradient_facts(self) -> dict[str, Any]:
        if self._clipping_norm is None:
            return {}
        return gradient_facts(self._epoch, clipping_norm=self._clipping_norm)

    def _evaluate(self) -> Evaluated:
        found = self._engine.evaluate()
        if not math.isfinite(found.loss):
            raise Diverged
        return found

    def _point(self, *, iteration: int, accuracy: float, loss: float) -> None:
        self._ledger.emit(
            IterationPoint(series=self._series, iteration=iteration, accuracy=accuracy, loss=loss)
        )
