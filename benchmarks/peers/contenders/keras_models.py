"""Keras' own ``fit``, and what TensorFlow Privacy makes of it."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
import tensorflow as tf

from app.training.models import build
from benchmarks.peers.architectures import CLASSES
from benchmarks.peers.work import Contenders, Weights, Work

Loss = keras.losses.SparseCategoricalCrossentropy


class _Fit:
    """``fit`` on float32 images in [0, 1] held as tensors, at most an epoch a call."""

    def __init__(self, model: Any, work: Work, *, optimizer: Any, loss: Any) -> None:
        self._model, self._batch_size = model, work.batch_size
        model.set_weights(work.weights)
        model.compile(optimizer=optimizer, loss=loss)
        self._images, self._labels = tf.constant(work.scaled), tf.constant(work.labels)
        self._epoch = len(work.labels) // work.batch_size

    def train(self, steps: int) -> int:
        remaining = steps
        while remaining:
            count = min(remaining, self._epoch)
            part = slice(0, count * self._batch_size)
            self._model.fit(self._images[part], self._labels[part], batch_size=self._batch_size, verbose=0)
            remaining -= count
        return steps * self._batch_size

    def weights(self) -> Weights:
        return list(self._model.get_weights())


def _built(work: Work) -> Any:
    return build(work.model, input_shape=work.images.shape[1:], classes=CLASSES, seed=1)


def _without_privacy(work: Work) -> _Fit:
    return _Fit(
        _built(work), work, optimizer=keras.optimizers.SGD(work.learning_rate), loss=Loss(from_logits=True)
    )


def _dp_optimizer(work: Work, *, vectorized: bool) -> _Fit:
    """Keras' legacy optimizer with one microbatch an example, as TensorFlow Privacy's tutorial has it."""
    from tensorflow_privacy.privacy.optimizers import dp_optimizer_keras, dp_optimizer_keras_vectorized

    kind = (
        dp_optimizer_keras_vectorized.VectorizedDPKerasSGDOptimizer
        if vectorized
        else dp_optimizer_keras.DPKerasSGDOptimizer
    )
    optimizer = kind(
        l2_norm_clip=work.clipping_norm,
        noise_multiplier=work.noise_multiplier,
        num_microbatches=work.batch_size,
        learning_rate=work.learning_rate,
    )
    return _Fit(_built(work), work, optimizer=optimizer, loss=Loss(from_logits=True, reduction="none"))


def _dp_sequential(work: Work, *, registry: bool) -> _Fit:
    """TensorFlow Privacy's model class; its registry serves models of nothing but dense layers."""
    from tensorflow_privacy.privacy.fast_gradient_clipping import layer_registry
    from tensorflow_privacy.privacy.keras_models.dp_keras_model import DPSequential

    model = DPSequential(
        l2_norm_clip=work.clipping_norm,
        noise_multiplier=work.noise_multiplier,
        use_xla=False,  # XLA's convolutions are several times slower on CPUs
        layer_registry=layer_registry.make_default_layer_registry() if registry else None,
        layers=[keras.Input(work.images.shape[1:]), *_built(work).layers],
    )
    return _Fit(model, work, optimizer=keras.optimizers.SGD(work.learning_rate), loss=Loss(from_logits=True))


CONTENDERS: Contenders = {
    "fit": _without_privacy,
    "dp_optimizer": partial(_dp_optimizer, vectorized=False),
    "vectorized_dp_optimizer": partial(_dp_optimizer, vectorized=True),
    "dp_sequential": partial(_dp_sequential, registry=False),
    "dp_sequential_registry": partial(_dp_sequential, registry=True),
}
