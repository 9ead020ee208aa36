"""The catalog's models as numpy computes them: what Keras would answer, to rounding.

Made for one picture at a time in the web process, which has no TensorFlow; training is not its business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from app.code.layers import LAYERS, Convolution, Dense, Layer, Pool, same_padding

Array = NDArray[np.float32]

_ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "relu": lambda values: np.maximum(values, 0),
    "tanh": np.tanh,
}


class Network:
    """Model ``name`` of the catalog with ``weights``: kernel and bias of each layer, as Keras orders them.

    Raises:
        KeyError: the name is unknown.
        ValueError: these are not as many weights as the model has.
    """

    def __init__(self, name: str, weights: Sequence[Array]) -> None:
        self._layers = LAYERS[name]
        self._weights = list(weights)
        weighted = sum(not isinstance(layer, Pool) for layer in self._layers) + 1  # and the logits
        if len(self._weights) != 2 * weighted:
            raise ValueError(f"{name} has {2 * weighted} weights, these are {len(self._weights)}.")

    def probabilities(self, images: Array) -> Array:
        """Return the probability of each class, [B, classes], for ``images`` [B, height, width, channels]."""
        parts = iter(self._weights)
        values = images.astype(np.float32)
        for layer in self._layers:
            values = _after(layer, values, parts)
        return _softmax(_dense(values, parts))


def _after(layer: Layer, values: Array, parts: Iterator[Array]) -> Array:
    match layer:
        case Convolution():
            return _ACTIVATIONS[layer.activation](_convolved(layer, values, parts))
        case Pool():
            return np.asarray(_windows(values, layer.size, layer.stride).max(axis=(4, 5)))
        case Dense():
            return _ACTIVATIONS[layer.activation](_dense(values, parts))


def _convolved(layer: Convolution, values: Array, parts: Iterator[Array]) -> Array:
    """Return [B, height', width', filters]; the kernel is [size, size, channels, filters]."""
    kernel, bias = next(parts), next(parts)
    _, height, width, _ = values.shape
    padded = np.pad(values, [(0, 0), same_padding(layer, height), same_padding(layer, width), (0, 0)])
    windows = _windows(padded, layer.size, layer.stride)
    return np.asarray(np.tensordot(windows, kernel, axes=((4, 5, 3), (0, 1, 2))) + bias)


def _windows(values: Array, size: int, stride: int) -> Array:
    """Return the square windows that fit into ``values``, [B, height', width', channels, size, size]."""
    rows = sliding_window_view(values, size, axis=1)[:, ::stride]
    return sliding_window_view(rows, size, axis=2)[:, :, ::stride]


def _dense(values: Array, parts: Iterator[Array]) -> Array:
    """Return [B, units] of values of any shape behind B, flattened as Keras does: rows, columns, channels."""
    kernel, bias = next(parts), next(parts)
    return values.reshape(len(values), -1) @ kernel + bias


def _softmax(logits: Array) -> Array:
    scaled = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=1, keepdims=True))
