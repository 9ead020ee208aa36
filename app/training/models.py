"""The models of the catalog as Keras models that answer logits, with initial weights fixed by a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from app.catalog import why_incompatible

Layers = list[Any]


class IncompatibleModel(ValueError):
    """The model cannot take examples of this shape; the text says why."""


def build(name: str, *, input_shape: tuple[int, ...], classes: int, seed: int) -> keras.Model:
    """Return model ``name`` with logits [batch, classes] as its output, not compiled.

    Args:
        name: a name of ``app.catalog.MODELS``.
        input_shape: shape of one example, without the batch axis.
        classes: number of classes, at least 2.
        seed: 0 <= seed < 2**63; equal seeds give equal weights, on Keras 2 and 3 alike.

    Raises:
        IncompatibleModel: the model needs images, or larger ones.
        KeyError: the name is unknown.
    """
    layers = _LAYERS[name]()
    if problem := why_incompatible(name, input_shape):
        raise IncompatibleModel(problem)
    model = keras.Sequential([keras.Input(input_shape), *layers, keras.layers.Dense(classes)], name=name)
    model.set_weights(_initial_weights(model, seed))
    return model


def _initial_weights(model: keras.Model, seed: int) -> list[NDArray[np.float32]]:
    """Return Glorot-uniform kernels and zero biases (Glorot & Bengio, 2010, eq. 16).

    Drawn by numpy, because Keras 2 and 3 turn one seed into different weights.
    """
    generator = np.random.default_rng(seed)
    weights = []
    for variable in model.get_weights():
        if variable.ndim == 1:
            weights.append(np.zeros(variable.shape, np.float32))
            continue
        *window, inputs, outputs = variable.shape
        limit = np.sqrt(6 / (np.prod(window) * (inputs + outputs)))
        weights.append(generator.uniform(-limit, limit, variable.shape).astype(np.float32))
    return weights


def _conv(filters: int, size: int, *, activation: str = "relu", **options: Any) -> Any:
    return keras.layers.Conv2D(filters, size, activation=activation, **options)


def _dense(units: int, *, activation: str = "relu") -> Any:
    return keras.layers.Dense(units, activation=activation)


def _tutorial_cnn(activation: str) -> Layers:
    """Return the network of TensorFlow Privacy's tutorial `mnist_dpsgd_tutorial_keras.py`.

    With tanh it is the one of Papernot, Thakurta, Song, Chien & Erlingsson (2021, table 1): bounded
    activations keep gradients short, so that clipping takes less from them.
    """
    return [
        _conv(16, 8, strides=2, padding="same", activation=activation),
        keras.layers.MaxPooling2D(2, 1),
        _conv(32, 4, strides=2, padding="valid", activation=activation),
        keras.layers.MaxPooling2D(2, 1),
        keras.layers.Flatten(),
        _dense(32, activation=activation),
    ]


def _two_pools(first: int, second: int, hidden: int) -> Layers:
    return [
        _conv(first, 3, padding="same"),
        keras.layers.MaxPooling2D(2),
        _conv(second, 3, padding="same"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Flatten(),
        _dense(hidden),
    ]


def _perceptron(*hidden: int) -> Layers:
    return [keras.layers.Flatten(), *(_dense(units) for units in hidden)]


_LAYERS: Mapping[str, Callable[[], Layers]] = {
    "tutorial_cnn": lambda: _tutorial_cnn("relu"),
    "tanh_cnn": lambda: _tutorial_cnn("tanh"),
    "wide_cnn": lambda: _two_pools(8, 16, 128),
    "digits_cnn": lambda: _two_pools(16, 32, 32),
    "mlp": lambda: _perceptron(128),
    "small_mlp": lambda: _perceptron(64),
    "toy_mlp": lambda: _perceptron(16),
    "logistic": _perceptron,
}
