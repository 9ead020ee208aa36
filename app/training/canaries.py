"""Canaries as data and as layers: every engine trains on them as on any example.

Each example carries a mark behind its own numbers: 0 for an ordinary example, 1..m for the Dirac canary
of that number, NOBODY for a place in the training set that is left empty. A model made by :func:`bearing`
reads it. An empty place has no gradient, so that it is as if nobody were there, and N and q stay.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

ORDINARY, NOBODY = 0, 2**16 - 1
DIRAC_SCALE = 10.0  # a Dirac canary's gradient before clipping, in units of C
_NUMBERS = 2  # a mark is two bytes


def marked(images: NDArray[Any], marks: NDArray[Any]) -> NDArray[Any]:
    """Return ``images`` [n, ...], uint8 or float32, with ``marks`` [n], 0..65535, behind each.

    Images get one row more, plain inputs [n, k] two more numbers; bytes as they are, floats as
    byte/255, which is how the engine feeds bytes to a model.
    """
    own = images.shape[2:]
    tail = np.zeros((len(images), 1 if own else _NUMBERS, *own), images.dtype)
    flat = tail.reshape(len(images), -1)  # a view
    scale = 1 if images.dtype == np.uint8 else 255
    flat[:, 0], flat[:, 1] = (marks // 256) / scale, (marks % 256) / scale
    return np.concatenate([images, tail], axis=1)


def bearing(
    model: Any, *, example_shape: tuple[int, ...], canaries: int, clipping_norm: float, classes: int
) -> tuple[Any, int | None]:
    """Return a model that trains ``model``'s weights on marked examples, and the canaries' variable.

    Dirac canary j has the gradient 10·C·e_j in a vector of ``canaries`` weights that nothing else
    touches, whatever the weights are, and none in ``model``. These weights have no influence on the logits.
    The variable is given by its place among the trainable variables; None for no canaries.

    Its gradient goes the way of any other: a plain dense layer, the cross-entropy, the engine's own clipping.
    """
    rows = 1 if len(example_shape) > 1 else _NUMBERS
    inputs = keras.Input((example_shape[0] + rows, *example_shape[1:]))
    logits, mark = Examples(rows)(inputs), Marks(rows)(inputs)
    for layer in model.layers:
        logits = layer(logits)
    if not canaries:
        return keras.Model(inputs, Borne()([logits, mark])), None
    # dCE/d(first logit) at equal logits and label 0 is 1/classes − 1, and so is not 1.
    scale = DIRAC_SCALE * clipping_norm / (1 - 1 / classes)
    dead = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros", name="dead_weights")
    pull = dead(OneCanary(canaries, scale)(mark))
    borne = keras.Model(inputs, Borne()([logits, mark, pull]))
    return borne, next(i for i, v in enumerate(borne.trainable_variables) if v is dead.kernel)


class _Configured(keras.layers.Layer):  # type: ignore[misc]
    """A layer without weights whose settings are numbers, so that it can be cloned."""

    def __init__(self, *settings: float, **options: Any) -> None:
        super().__init__(**options)
        self.settings = settings

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "settings": self.settings}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        config = dict(config)
        return cls(*config.pop("settings"), **config)


class Examples(_Configured):
    """The examples without their marks."""

    def call(self, inputs: Any) -> Any:
        return inputs[:, : -self.settings[0]]


class Marks(_Configured):
    """The marks [B], int32."""

    def call(self, inputs: Any) -> Any:
        tail = inputs[:, -self.settings[0] :]
        size = int(np.prod(tail.shape[1:]))
        numbers = tf.reshape(tail, [-1, size])
        return tf.cast(tf.round(255.0 * (256.0 * numbers[:, 0] + numbers[:, 1])), tf.int32)


class OneCanary(_Configured):
    """``scale`` at a canary's own place of ``canaries``, [B, canaries]; zeros for anybody else."""

    def call(self, marks: Any) -> Any:
        canaries, scale = self.settings
        return scale * tf.one_hot(marks - 1, int(canaries))


class Borne(_Configured):
    """The logits of ordinary examples; equal logits for the others, through which a canary pulls."""

    def call(self, inputs: Any) -> Any:
        logits, mark, *pull = inputs
        others = tf.zeros_like(logits)
        if pull:
            # Its value is always 0: the dead weights are moved but never felt.
            others -= (pull[0] - tf.stop_gradient(pull[0])) * tf.one_hot(0, logits.shape[-1])
        return tf.where((mark == ORDINARY)[:, tf.newaxis], logits, others)
