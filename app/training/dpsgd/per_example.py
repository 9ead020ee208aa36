"""Per-example gradients of single layers: their norms, and their weighted sum.

The weighted sum never needs the gradients twice, and a dense layer never forms
them at all: the gradient of example i is the outer product a_i g_iᵀ of its
input and the gradient at its pre-activation, whose norm is ‖a_i‖·‖g_i‖
(Goodfellow, "Efficient per-example gradient computations", 2015).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from app.training.dpsgd import convolution
from app.training.dpsgd.convolution import KernelGradients
from app.training.dpsgd.recording import Record


@dataclass(frozen=True)
class PerExampleGradients:
    """One layer's gradients for a batch of B.

    ``squared_norms`` is [B]; ``weighted_sum`` maps weights [B] to Σ weight_i · gradient_i,
    one tensor for each of ``layer.trainable_variables``.
    """

    squared_norms: Any
    weighted_sum: Callable[[Any], list[Any]]


def has_own_rule(layer: Any) -> bool:
    """Return whether the layer is differentiated by a formula and not by the general way.

    Exact types only: a subclass may compute something else.
    """
    if type(layer) is keras.layers.Dense:
        return _trains_kernel_and_bias(layer)
    if type(layer) is keras.layers.Conv2D:
        return _trains_kernel_and_bias(layer) and convolution.is_plain(layer)
    return False


def _trains_kernel_and_bias(layer: Any) -> bool:
    expected = [layer.kernel, *([layer.bias] if layer.use_bias else [])]
    trained = layer.trainable_variables
    return len(expected) == len(trained) and all(a is b for a, b in zip(expected, trained, strict=True))


def per_example_gradients(record: Record, output_gradients: Any) -> PerExampleGradients:
    """Return the gradients of a recorded layer, given dL/d(outputs) of each example."""
    layer = record.layer
    if not has_own_rule(layer):
        return _materialised(general_gradients(record, output_gradients))
    inputs = record.arguments[0][0]
    if type(layer) is keras.layers.Conv2D:
        return _with_bias(
            layer, convolution.kernel_gradients(layer, inputs, output_gradients), output_gradients
        )
    if len(inputs.shape) == 2:
        return _dense(layer, inputs, output_gradients)
    return _dense_over_positions(layer, inputs, output_gradients)


def _dense(layer: Any, inputs: Any, gradients: Any) -> PerExampleGradients:
    input_norms = tf.reduce_sum(tf.square(inputs), axis=1)  # [B]
    bias_share = 1.0 if layer.use_bias else 0.0
    squared = (input_norms + bias_share) * tf.reduce_sum(tf.square(gradients), axis=1)

    def weighted_sum(weights: Any) -> list[Any]:
        weighted = gradients * weights[:, tf.newaxis]
        kernel = tf.matmul(inputs, weighted, transpose_a=True)
        return [kernel, tf.reduce_sum(weighted, axis=0)] if layer.use_bias else [kernel]

    return PerExampleGradients(squared, weighted_sum)


def _dense_over_positions(layer: Any, inputs: Any, gradients: Any) -> PerExampleGradients:
    depth, units = inputs.shape[-1], gradients.shape[-1]
    batch = tf.shape(inputs)[0]
    rows = tf.reshape(inputs, [batch, -1, depth])
    columns = tf.reshape(gradients, [batch, -1, units])
    products = tf.matmul(rows, columns, transpose_a=True)  # [B, depth, units]
    kernel = KernelGradients(products, lambda total: tf.reshape(total, [depth, units]))
    return _with_bias(layer, kernel, columns)


def _with_bias(layer: Any, kernel: KernelGradients, gradients: Any) -> PerExampleGradients:
    """Return the gradients of a layer that adds its bias at every position."""
    parts = [kernel.each]
    if layer.use_bias:
        parts.append(tf.reduce_sum(gradients, axis=list(range(1, len(gradients.shape) - 1))))
    flat = _FlatGradients(parts)

    def weighted_sum(weights: Any) -> list[Any]:
        total, *bias = flat.weighted_sum(weights)
        return [kernel.restore(total), *bias]

    return PerExampleGradients(flat.squared_norms(), weighted_sum)


def _materialised(gradients: list[Any]) -> PerExampleGradients:
    """Return norms and sums of gradients held as one [B, ...] tensor a variable."""
    flat = _FlatGradients(gradients)

    def weighted_sum(weights: Any) -> list[Any]:
        sums = flat.weighted_sum(weights)
        return [tf.reshape(total, part.shape[1:]) for total, part in zip(sums, gradients, strict=True)]

    return PerExampleGradients(flat.squared_norms(), weighted_sum)


class _FlatGradients:
    """Per-example gradients in parts [B, ...], each flattened to [B, k]."""

    def __init__(self, parts: list[Any]) -> None:
        self._parts = [tf.reshape(part, [tf.shape(part)[0], math.prod(part.shape[1:])]) for part in parts]

    def squared_norms(self) -> Any:
        # One fused kernel a part: squaring and then summing would write all gradients once more.
        return tf.add_n([tf.square(tf.math.reduce_euclidean_norm(part, axis=1)) for part in self._parts])

    def weighted_sum(self, weights: Any) -> list[Any]:
        row = weights[tf.newaxis, :]  # [1, B]
        return [tf.matmul(row, part)[0] for part in self._parts]


def general_gradients(record: Record, output_gradients: Any) -> list[Any]:
    """Return [B, ...] gradients of any layer, by repeating its own backward pass over the examples."""
    layer, arguments = record.layer, record.arguments
    leaves = tf.nest.flatten(arguments)
    batched = [tf.is_tensor(leaf) and leaf.shape.rank != 0 for leaf in leaves]
    moving = [leaf for leaf, is_batched in zip(leaves, batched, strict=True) if is_batched]
    variables = [raw_variable(variable) for variable in layer.trainable_variables]

    def one_example(example: Any) -> list[Any]:
        inputs, gradients = example
        remaining = iter(inputs)
        own = [
            next(remaining)[tf.newaxis] if is_batched else leaf
            for leaf, is_batched in zip(leaves, batched, strict=True)
        ]
        args, kwargs = tf.nest.pack_sequence_as(arguments, own)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            outputs = layer.call(*args, **kwargs)
        seeds = tf.nest.map_structure(lambda part: part[tf.newaxis], gradients)
        found = tape.gradient(
            outputs, variables, output_gradients=seeds, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return [tf.convert_to_tensor(part) for part in found]  # an embedding's gradient is sparse

    elements = (moving, output_gradients)
    if _is_recurrent(layer):
        signature = [tf.TensorSpec(variable.shape, tf.float32) for variable in variables]
        return tf.map_fn(one_example, elements, fn_output_signature=signature)
    return tf.vectorized_map(one_example, elements)


def _is_recurrent(layer: Any) -> bool:
    """Return whether the layer holds a loop over time, whose gradient vectorized_map cannot convert."""
    return any(isinstance(part, keras.layers.RNN) for part in layer._flatten_layers())


def raw_variable(variable: Any) -> Any:
    """Return the tf.Variable behind a Keras 2 or Keras 3 variable."""
    return variable if isinstance(variable, tf.Variable) else variable.value
