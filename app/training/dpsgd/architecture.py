"""When two models are the same architecture, so that one traced program can serve both."""

from __future__ import annotations

import json
from typing import Any

import keras


def architecture_key(model: Any) -> str | None:
    """Return a text that is equal for models of one architecture, whatever their weights and names.

    None where that cannot be told from the configuration: anything but a plain
    sequence of Keras' own layers and activations, all of it trained.
    """
    if type(model) is not keras.Sequential or model.non_trainable_variables:
        return None
    if not all(_is_plain(layer) for layer in model.layers):
        return None
    layers = [(type(layer).__name__, _without_start_values(layer.get_config())) for layer in model.layers]
    return json.dumps([list(model.input_shape[1:]), layers], sort_keys=True, default=str)


def _is_plain(layer: Any) -> bool:
    """Return whether the configuration says all that ``layer`` computes."""
    parts = (type(layer), getattr(layer, "activation", None))
    known = all(part is None or str(part.__module__).startswith("keras.") for part in parts)
    return known and not isinstance(layer, keras.Model | keras.layers.Lambda | keras.layers.Wrapper)


def _without_start_values(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key != "name" and not key.endswith("_initializer")}
