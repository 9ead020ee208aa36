"""Which layers of a model carry trainable weights, and whether it has per-example gradients at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from app.training.dpsgd.results import UnsupportedModel

_MIXING = (
    "{name} ({kind}) makes the output for one example depend on the others in its batch, "
    "so that no per-example gradient exists; use LayerNormalization or GroupNormalization instead."
)


def trainable_units(model: Any) -> list[Any]:
    """Return the layers whose weights are trained, each to be differentiated as one unit.

    Models nested in ``model`` are opened; any other layer is a unit, with all it contains.

    Raises:
        UnsupportedModel: nothing is trainable, or a layer or the model has a
            property that per-example gradients do not allow.
    """
    for layer in model._flatten_layers(include_self=True, recursive=True):
        _check_layer(layer)
    units = list(_units(model))
    owned = [id(variable) for unit in units for variable in unit.trainable_variables]
    if not owned:
        raise UnsupportedModel("The model has no trainable layer, so there is nothing to train.")
    if len(set(owned)) != len(owned):
        raise UnsupportedModel("Two layers share a weight, which per-example clipping cannot attribute.")
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
        raise UnsupportedModel(_MIXING.format(name=name, kind=kind))
    if getattr(layer, "compute_dtype", "float32") != "float32":
        raise UnsupportedModel(f"{name} ({kind}) computes in {layer.compute_dtype}; only float32 is exact.")
    if not isinstance(layer, keras.Model) and _regularized(layer):
        raise UnsupportedModel(
            f"{name} ({kind}) has a regularizer or constraint, which is no part of an example's gradient."
        )


def _regularized(layer: Any) -> bool:
    parts = ("kernel", "bias", "activity", "embeddings", "depthwise", "beta", "gamma", "recurrent")
    names = [f"{part}_{kind}" for part in parts for kind in ("regularizer", "constraint")]
    return any(getattr(layer, name, None) is not None for name in names)


def check_examples_are_independent(model: Any, examples: Any) -> None:
    """Return None if an example's output stays the same when its batch companions change.

    ``examples`` are two or more inputs as the model takes them; the second half
    is changed. Catches what no list of layer names can: any layer that mixes
    examples, and randomness (dropout) that the seeds do not govern.

    Raises:
        UnsupportedModel: the output changed.
    """
    half = len(examples) // 2
    changed = tf.concat([examples[:half], tf.reverse(examples[half:], axis=[1]) * 0.5], axis=0)
    before, after = (model(batch, training=True)[:half] for batch in (examples, changed))
    scale = tf.reduce_max(tf.abs(before)) + 1e-6
    if float(tf.reduce_max(tf.abs(before - after)) / scale) > 1e-4:
        raise UnsupportedModel(
            "The model's output for one example depends on the others in its batch or on chance "
            "(batch statistics, dropout), so that no per-example gradient exists."
        )
