"""The random streams of one run: initial weights, sampling and noise."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class RunSeeds:
    """One 64-bit seed a stream. Private run and baseline share ``weights`` and ``sampling``."""

    weights: int
    sampling: int
    noise: int


def run_seeds(seed: int | None) -> RunSeeds:
    """Return the seeds of a run: secret ones from the operating system, or those that ``seed`` (>= 0) gives.

    The streams of a given seed are independent children of one ``SeedSequence``,
    so that none of them tells another; who knows the seed knows them all.
    """
    if seed is None:
        weights, sampling, noise = (int.from_bytes(os.urandom(8), "little") for _ in range(3))
    else:
        children = np.random.SeedSequence(seed).spawn(3)
        weights, sampling, noise = (int(child.generate_state(1, np.uint64)[0]) for child in children)
    return RunSeeds(weights=weights, sampling=sampling, noise=noise)
