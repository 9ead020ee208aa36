"""The optimizers' update rules, written out so that many steps run in one graph.

They equal Keras' SGD, SGD with momentum 0.9 and Adam (0.9, 0.999, 1e-7).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

MOMENTUM = 0.9
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7

# variable, its slots, gradient, learning rate, number of this step from 1 (float32)
Update = Callable[[Any, Sequence[Any], Any, Any, Any], None]


def _sgd(variable: Any, slots: Sequence[Any], gradient: Any, learning_rate: Any, step: Any) -> None:
    variable.assign_sub(learning_rate * gradient)


def _momentum(variable: Any, slots: Sequence[Any], gradient: Any, learning_rate: Any, step: Any) -> None:
    velocity = slots[0].assign(MOMENTUM * slots[0] - learning_rate * gradient)
    variable.assign_add(velocity)


def _adam(variable: Any, slots: Sequence[Any], gradient: Any, learning_rate: Any, step: Any) -> None:
    """Kingma & Ba, "Adam", 2015, in the form of its section 2 that puts both bias corrections in the rate."""
    mean = slots[0].assign_add((gradient - slots[0]) * (1 - BETA_1))
    square = slots[1].assign_add((tf.square(gradient) - slots[1]) * (1 - BETA_2))
    rate = learning_rate * tf.sqrt(1 - tf.pow(BETA_2, step)) / (1 - tf.pow(BETA_1, step))
    variable.assign_sub(rate * mean / (tf.sqrt(square) + EPSILON))


UPDATES: Mapping[str, tuple[Update, int]] = {
    "sgd": (_sgd, 0),
    "momentum": (_momentum, 1),
    "adam": (_adam, 2),
}
"""Each optimizer's rule and how many slots a variable has."""
