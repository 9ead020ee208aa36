"""The Gaussian noise of the mechanism, a function of (noise seed, step) alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

# Keeps the noise off the sampler's part of the random stream even if both seeds are equal.
_DOMAIN = 1 << 62
# Large nets draw in pieces, each a task for one core; fixed, so that a seed means the same everywhere.
PIECE = 1 << 15


def gaussian_noise(seed: Any, step: Any, *, shapes: Sequence[Any], stddev: Any) -> list[Any]:
    """Return N(0, stddev²) for each of ``shapes``, drawn once for the sum of a whole step.

    ``seed`` and ``step`` are int64 scalars. A generator without state gives the
    same noise in whatever order or grouping the steps are run.
    """
    sizes = [math.prod(shape) for shape in shapes]
    total = sum(sizes)
    pieces = -(-total // PIECE)
    drawn = [
        _normal(tf.stack([seed, step * pieces + index + _DOMAIN]), min(PIECE, total - index * PIECE))
        for index in range(pieces)
    ]
    flat = stddev * (drawn[0] if pieces == 1 else tf.concat(drawn, axis=0))
    return [tf.reshape(part, shape) for part, shape in zip(tf.split(flat, sizes), shapes, strict=True)]


def _normal(key: Any, size: int) -> Any:
    half = -(-size // 2)
    bits = tf.random.stateless_uniform(
        [2, half], key, minval=None, maxval=None, dtype=tf.uint32, alg="philox"
    )
    return normal_of(bits)[:size]


def normal_of(bits: Any) -> Any:
    """Return 2n standard normal numbers from uint32 ``bits`` [2, n] by the transform of Box & Muller (1958).

    Written out, because it is vectorised and so twice as fast as TensorFlow's
    own, and because of the tails. Noise that ends at some point betrays an example
    that moves a sum beyond it: 40 bits under the logarithm reach 7.5 standard
    deviations, TensorFlow's 23 stop at 5.7.
    """
    # float32 keeps 24 bits of the angle anyway; its other eight continue the radius.
    spare = (tf.cast(tf.bitwise.bitwise_and(bits[1], 0xFF), tf.float32) + 0.5) * 2.0**-8
    uniform = (tf.cast(bits[0], tf.float32) + spare) * 2.0**-32  # (0, 1]
    radius = tf.sqrt(-2.0 * tf.math.log(uniform))
    angle = (2.0 * math.pi * 2.0**-24) * tf.cast(tf.bitwise.right_shift(bits[1], 8), tf.float32)
    return tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=0)
