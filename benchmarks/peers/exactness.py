"""One batch's clipped gradients by a loop over single examples in float64, written to a file.

    python -m benchmarks.peers.exactness MODEL FILE.npz

Shares nothing with any contender's clipping: a model in float64, one tape an example, NumPy for the rest.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.peers.architectures import CLASSES, initial_weights
from benchmarks.peers.work import EXACT_EXAMPLES, mnist

CANDIDATES = 96


def write_reference(model: str, file: Path) -> None:
    """Write images, labels, weights, C (the median norm: half are clipped) and the clipped sum."""
    images, labels, _ = mnist(CANDIDATES)
    weights = initial_weights(model)
    loop = Loop(model)
    gradients = loop.gradients(weights, images, labels)
    usable = loop.away_from_kinks(weights, images, labels, gradients)[:EXACT_EXAMPLES]
    if len(usable) < EXACT_EXAMPLES:
        raise RuntimeError(f"only {len(usable)} of {CANDIDATES} examples lie away from kinks")
    norms = np.linalg.norm(gradients[usable], axis=1)
    clipping_norm = np.float64(np.float32(np.median(norms)))
    np.savez(
        file,
        images=images[usable],
        labels=labels[usable],
        clipping_norm=clipping_norm,
        clipped_sum=np.minimum(1, clipping_norm / norms) @ gradients[usable],
        weights=len(weights),
        **{f"weight_{index}": weight for index, weight in enumerate(weights)},
    )


class Loop:
    """A model of the catalog in float64, differentiated one example at a time."""

    def __init__(self, model: str) -> None:
        import keras

        from app.training.models import build

        keras.backend.set_floatx("float64")
        keras.mixed_precision.set_global_policy("float64")
        self._model = build(model, input_shape=(28, 28, 1), classes=CLASSES, seed=1)

    def gradients(self, weights: Any, images: Any, labels: Any) -> npt.NDArray[np.float64]:
        """Return [n, parameters]."""
        import tensorflow as tf

        self._model.set_weights(weights)
        variables = [getattr(v, "value", v) if not isinstance(v, tf.Variable) else v for v in self._trained]

        def gradient(image: Any, label: Any) -> Any:
            with tf.GradientTape() as tape:
                loss = -tf.nn.log_softmax(self._model(image[None], training=True))[0, label]
            return tf.concat([tf.reshape(part, [-1]) for part in tape.gradient(loss, variables)], axis=0)

        gradient_of = tf.function(gradient, autograph=False, reduce_retracing=True)
        scaled = images / 255
        return np.stack(
            [gradient_of(tf.constant(x), tf.constant(y)).numpy() for x, y in zip(scaled, labels, strict=True)]
        )

    @property
    def _trained(self) -> list[Any]:
        return list(self._model.trainable_variables)

    def away_from_kinks(self, weights: Any, images: Any, labels: Any, gradients: Any) -> Any:
        """Return the indices of the examples whose gradient does not jump when weights move by a rounding.

        At a ReLU's zero or a pooling tie the gradient is discontinuous, and float32 may land on either side.
        """
        scale = np.median(np.linalg.norm(gradients, axis=1))
        jump = np.zeros(len(gradients))
        for sign in (-1, 1):
            generator = np.random.default_rng(0)
            moved = [weight * (1 + sign * 3e-6 * generator.normal(size=weight.shape)) for weight in weights]
            difference = self.gradients(moved, images, labels) - gradients
            jump = np.maximum(jump, np.linalg.norm(difference, axis=1))
        return np.flatnonzero(jump < 1e-3 * scale)


if __name__ == "__main__":
    write_reference(sys.argv[1], Path(sys.argv[2]))
