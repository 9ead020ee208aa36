"""The Gaussian noise of the mechanism, a function of (noise seed, step, variable) alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

# Keeps the noise off the sampler's part of the random stream even if both seeds are equal.
_DOMAIN = 1 << 62


def gaussian_noise(seed: Any, step: Any, *, shapes: Sequence[Any], stddev: Any) -> list[Any]:
    """Return N(0, stddev²) for each of ``shapes``, drawn once for the sum of a whole step.

    ``seed`` and ``step`` are int64 scalars. A generator without state gives the
    same noise in whatever order or grouping the steps are run.
    """
    return [
        stddev
        * tf.random.stateless_normal(
            shape, tf.stack([seed, step * len(shapes) + index + _DOMAIN]), alg="philox"
        )
        for index, shape in enumerate(shapes)
    ]
