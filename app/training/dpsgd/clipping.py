"""The sum of per-example gradients, each clipped to L2 norm C over all trainable weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from app.training.dpsgd.per_example import has_own_rule, per_example_gradients, raw_variable
from app.training.dpsgd.recording import recording


class GradientSum(NamedTuple):
    """Gradients summed over some examples, in the order of the model's trainable variables.

    ``norms`` are the L2 norms before clipping, one an example (empty where nothing is clipped).
    """

    sums: list[Any]
    loss_sum: Any
    norms: Any


GradientsOf = Callable[[Any], GradientSum]  # from example indices [n]


def clipped_gradients(
    model: Any, units: Sequence[Any], images: Any, labels: Any, clipping_norm: Any
) -> GradientSum:
    """Return Σ min(1, C/‖g_i‖)·g_i of a batch held at once, by one forward and one backward pass.

    ``images`` are as the model takes them, ``labels`` class numbers [B]. Algorithm 1 of Abadi et al.,
    "Deep learning with differential privacy", 2016, without the noise.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        with recording(units, split_activation=has_own_rule, watch=tape.watch) as records:
            logits = model(images, training=True)
        loss_sum = tf.reduce_sum(_losses(labels, logits))
    output_gradients = tape.gradient(
        loss_sum,
        [record.outputs for record in records],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    layers = [
        per_example_gradients(record, gradients)
        for record, gradients in zip(records, output_gradients, strict=True)
    ]
    norms = tf.sqrt(tf.add_n([layer.squared_norms for layer in layers]))
    factors = tf.minimum(1.0, clipping_norm / norms)  # a zero gradient gives min(1, inf)
    found = {
        id(variable): total
        for record, layer in zip(records, layers, strict=True)
        for variable, total in zip(record.layer.trainable_variables, layer.weighted_sum(factors), strict=True)
    }
    sums = [found.get(id(v), tf.zeros(v.shape)) for v in model.trainable_variables]
    return GradientSum(sums, loss_sum, norms)


def plain_gradients(model: Any, images: Any, labels: Any) -> GradientSum:
    """Return the ordinary gradient of the batch's summed loss."""
    variables = [raw_variable(variable) for variable in model.trainable_variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(variables)
        loss_sum = tf.reduce_sum(_losses(labels, model(images, training=True)))
    gradients = tape.gradient(loss_sum, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return GradientSum([tf.convert_to_tensor(part) for part in gradients], loss_sum, tf.zeros([0]))


def _losses(labels: Any, logits: Any) -> Any:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


def sum_over_chunks(
    gradients_of: GradientsOf, indices: Any, *, shapes: Sequence[Any], chunks: Any, parallel: int
) -> GradientSum:
    """Return the gradients summed over all ``indices`` [n], in ``chunks`` nearly equal parts.

    Chunks run side by side, up to ``parallel`` at a time, but are added in order,
    so that the result does not depend on timing. No index, no chunk: the sum is zero.
    """
    count = tf.size(indices)

    def body(chunk: Any, sums: list[Any], loss_sum: Any, norms: Any) -> Any:
        part = gradients_of(indices[chunk * count // chunks : (chunk + 1) * count // chunks])
        added = [tf.ensure_shape(a + b, shape) for a, b, shape in zip(sums, part.sums, shapes, strict=True)]
        return chunk + 1, added, loss_sum + part.loss_sum, norms.write(chunk, part.norms)

    norms = tf.TensorArray(tf.float32, size=chunks, element_shape=[None], infer_shape=False)
    start = (tf.constant(0), [tf.zeros(shape) for shape in shapes], tf.constant(0.0), norms)
    _, sums, loss_sum, norms = tf.while_loop(
        lambda chunk, *_: chunk < chunks, body, start, parallel_iterations=parallel
    )
    return GradientSum(sums, loss_sum, norms.concat())
