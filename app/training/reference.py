"""TensorFlow Privacy's clipping in our loop: the second engine, and the oracle of the first.

TensorFlow Privacy computes and clips every per-example gradient. Sampling,
noise, denominator and optimizer stay ours, because its own model shuffles and
divides by the realised batch, which is not the mechanism that is accounted.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from app.training import dpsgd
from app.training.dpsgd.clipping import GradientSum
from app.training.dpsgd.program import Kind, Program


class EngineUnavailable(RuntimeError):
    """TensorFlow Privacy cannot be used in this environment; the text says why."""


class Engine(dpsgd.Engine):
    """Trains like :class:`app.training.dpsgd.Engine`, many times slower, with TensorFlow Privacy's gradients.

    Raises:
        EngineUnavailable: TensorFlow Privacy is not installed or does not import.
    """

    def __init__(self, model: Any, *, clipping_norm: float | None, **arguments: Any) -> None:
        self._norm = clipping_norm
        _private_model_class()
        super().__init__(model, clipping_norm=clipping_norm, **arguments)

    def _program_for(self, model: Any, kind: Kind) -> Program:
        if self._norm is None:
            return super()._program_for(model, kind)
        return _ReferenceProgram(keras.models.clone_model(model), kind, self._norm)


class _ReferenceProgram(Program):
    def __init__(self, model: Any, kind: Kind, clipping_norm: float) -> None:
        super().__init__(model, kind)
        self._private_model = _private_model_class()(
            l2_norm_clip=clipping_norm,
            noise_multiplier=0.0,
            use_xla=False,  # its convolutions are several times slower on CPUs
            inputs=model.inputs,
            outputs=model.outputs,
        )
        self._private_model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def _clipped_gradients(self, images: Any, labels: Any, clipping_norm: Any) -> GradientSum:
        microbatches = images[:, tf.newaxis], labels[:, tf.newaxis]  # of one example each
        clipped, norms = tf.vectorized_map(self._private_model._compute_per_example_grads, microbatches)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, self._model(images, training=True))
        return GradientSum([tf.reduce_sum(part, axis=0) for part in clipped], tf.reduce_sum(losses), norms)


def _private_model_class() -> Any:
    """Return TensorFlow Privacy's functional model, which also tells the norms that it clips."""
    try:
        from tensorflow_privacy.privacy.keras_models.dp_keras_model import DPModel
    except (ImportError, AttributeError) as error:  # the latter beside a newer TensorFlow
        raise EngineUnavailable(
            "TensorFlow Privacy is not available here: its last release needs Python 3.11 or older. "
            'Choose the engine "fast", which computes the same clipped gradients.'
        ) from error

    class NormTellingModel(DPModel):  # type: ignore[misc]
        def _process_per_example_grads(self, grads: Any) -> Any:
            return super()._process_per_example_grads(grads), tf.linalg.global_norm(grads)

    return NormTellingModel
