"""Contenders that train nothing: they sleep, note when they were at work, and some of them fail."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from benchmarks.peers.work import Contenders, Weights, Work

SECONDS_A_STEP = 0.002
LOG = "FAKE_CONTENDERS_LOG"


class Sleeper:
    """Its step moves each weight by the sum of the labels, or by a part of it."""

    share = 1.0

    def __init__(self, work: Work) -> None:
        self._work, self._moved = work, 0

    def train(self, steps: int) -> int:
        started = time.monotonic()
        time.sleep(steps * SECONDS_A_STEP)
        with Path(os.environ[LOG]).open("a", encoding="ascii") as log:
            log.write(f"{started} {time.monotonic()} {type(self).__name__}\n")
        self._moved += steps
        return steps * self._work.batch_size

    def weights(self) -> Weights:
        rate = self._work.learning_rate / self._work.batch_size
        moved = self._moved * rate * self.share * self._work.labels.sum()
        return [np.float32(weight - moved) for weight in self._work.weights or []]


class Halver(Sleeper):
    share = 0.5


class Refuser(Sleeper):
    def train(self, steps: int) -> int:
        if self._work.batch_size > 64:
            raise MemoryError("no room for so many")
        return super().train(steps)


class Quitter(Sleeper):
    def train(self, steps: int) -> int:
        os._exit(1)


CONTENDERS: Contenders = {kind.__name__: kind for kind in (Sleeper, Halver, Refuser, Quitter)}
