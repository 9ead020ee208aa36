"""Which examples join a step: Poisson sampling, or shuffled fixed-size batches for comparison.

Both are functions of (sampling seed, step) alone, however steps are grouped into calls.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf


def poisson_threshold(*, batch_size: int, examples: int) -> int:
    """Return the largest 32-bit random integer that selects an example, for q = batch_size/examples.

    Integers, because uniform float32 numbers have steps of 2⁻²³, a relative
    error of 3e-5 in q at q = 0.004; here it is below 2⁻³²/q, and q is rounded
    down, the side of more privacy.

    >>> poisson_threshold(batch_size=1, examples=1) == 2**31 - 1
    True
    """
    return batch_size * 2**32 // examples - 1 - 2**31


def poisson_sample(seed: Any, step: Any, *, examples: Any, threshold: Any) -> Any:
    """Return the sorted indices [n] of one step's sample: every example joins on its own coin.

    ``seed`` and ``step`` are int64 scalars, the key and the counter of Philox
    (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
    """
    bits = tf.random.stateless_uniform(
        [examples], tf.stack([seed, step]), minval=None, maxval=None, dtype=tf.int32, alg="philox"
    )
    return tf.cast(tf.where(bits <= threshold)[:, 0], tf.int32)


def shuffled_batches(
    seed: int, *, first_step: int, steps: int, batch_size: int, examples: int
) -> npt.NDArray[np.int32]:
    """Return the indices [steps, batch_size] of shuffled batches, a new permutation each epoch.

    An epoch is ⌊examples/batch_size⌋ batches; what is left over sits out until the next permutation.
    """
    per_epoch = examples // batch_size
    epochs = range(first_step // per_epoch, (first_step + steps - 1) // per_epoch + 1)
    batches = np.concatenate(
        [_permutation(seed, epoch, examples)[: per_epoch * batch_size] for epoch in epochs]
    ).reshape(-1, batch_size)
    start = first_step - epochs[0] * per_epoch
    return batches[start : start + steps]


def _permutation(seed: int, epoch: int, examples: int) -> npt.NDArray[np.int32]:
    generator = np.random.Generator(np.random.Philox(key=[seed % 2**64, epoch]))
    return generator.permutation(examples).astype(np.int32)
