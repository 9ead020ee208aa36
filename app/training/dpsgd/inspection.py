"""Which layers of a model carry trainable weights, and whether it has per-example gradients at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from app.training.dpsgd.clipping import clipped_gradients
from app.training.dpsgd.results import UnsupportedModel

_REGULARIZED = ("kernel", "bias", "embeddings", "depthwise", "pointwise", "beta", "gamma", "recurrent")


def use_plain_normalization(model: Any) -> None:
    """Have ``model`` normalise layers by ordinary operations, which give the same numbers.

    Keras 2 uses the fused batch normalisation kernel for it. Under TensorFlow 2.15 that kernel is not safe
    in loop iterations that run side by side: it gave a wrong gradient for the last example of a chunk in one
    call out of ten.
    """
    for layer in model._flatten_layers(include_self=False, recursive=True):
        if isinstance(layer, keras.layers.LayerNormalization) and hasattr(layer, "_fused"):
            layer._fused = False


def trainable_units(model: Any) -> list[Any]:
    """Return the layers whose weights are trained, each to be differentiated as one unit.

    Models nested in ``model`` are opened; any other layer is a unit, with all it contains.

    Raises:
        UnsupportedModel: nothing is trainable, or a layer or the model has a
            property that per-example gradients do not allow.
    """
    for layer in model._flatten_layers(include_self=False, recursive=True):
        _check_layer(layer)
    units = list(_units(model))
    owned = [id(variable) for unit in units for variable in unit.trainable_variables]
    if not model.trainable_variables:
        raise UnsupportedModel("The model has no trainable layer, so there is nothing to train.")
    if len(set(owned)) != len(owned):
        raise UnsupportedModel(
            "A layer or weight is used twice, which per-example clipping cannot attribute; "
            "give each use its own."
        )
    if set(owned) != {id(variable) for variable in model.trainable_variables}:
        raise UnsupportedModel("The model owns trainable weights outside its layers; move them into a layer.")
    return units


def _units(model: Any) -> Iterator[Any]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _units(layer)
        elif layer.trainable_variables:
            yield layer


def _check_layer(layer: Any) -> None:
    name, kind = layer.name, type(layer).__name__
    if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
        raise UnsupportedModel(
            f"{name} ({kind}) makes the output for one example depend on the others in its batch, so that "
            "no per-example gradient exists; use LayerNormalization or GroupNormalization instead."
        )
    if layer.compute_dtype != "float32":
        raise UnsupportedModel(f"{name} ({kind}) computes in {layer.compute_dtype}; only float32 is exact.")
    if _is_regularized(layer):
        raise UnsupportedModel(
            f"{name} ({kind}) has a regularizer or constraint, which is no part of an example's gradient."
        )


def _is_regularized(layer: Any) -> bool:
    names = ["activity_regularizer"]
    names += [f"{part}_{kind}" for part in _REGULARIZED for kind in ("regularizer", "constraint")]
    return any(getattr(layer, name, None) is not None for name in names)


def check_examples_are_independent(
    model: Any, units: Sequence[Any], *, input_shape: Sequence[int], classes: int
) -> None:
    """Run the model on batches that share their first example, and compare that one's gradient norms.

    Catches what no list of layer names can: layers that mix examples or draw
    random numbers that the seeds do not govern (dropout), layers called twice,
    layers whose gradient cannot be had one example at a time, outputs of the wrong shape.

    Raises:
        UnsupportedModel: one of these is the case.
    """
    _check_logits(model, input_shape, classes)
    shared, other = tf.fill([1, *input_shape], 0.5), tf.random.stateless_uniform([2, *input_shape], [7, 7])
    norms = []
    for companion in (other[:1], other[1:], other[:1]):  # chance must not agree three times
        images = tf.concat([shared, companion], axis=0)
        try:
            found = clipped_gradients(model, units, images, tf.zeros([2], tf.int32), clipping_norm=1.0)
        except (TypeError, ValueError) as error:
            if isinstance(error, UnsupportedModel):
                raise
            raise UnsupportedModel(
                "The gradient of one of the model's layers cannot be computed one example at a time."
            ) from error
        norms.append(float(found.norms[0]))
    if max(norms) - min(norms) > 1e-4 * max(norms):
        raise UnsupportedModel(
            "The gradient of one example depends on the others in its batch or on chance "
            "(batch statistics, dropout), so that no per-example gradient exists."
        )


def _check_logits(model: Any, input_shape: Sequence[int], classes: int) -> None:
    shape = tuple(model(tf.zeros([1, *input_shape]), training=False).shape)
    if shape != (1, classes):
        raise UnsupportedModel(
            f"The model's output has shape {shape[1:]} an example; it must be {classes} logits."
        )
