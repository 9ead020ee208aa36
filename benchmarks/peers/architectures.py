"""The three models as plain data, for the contenders that cannot build Keras models."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

SIDE, CLASSES = 28, 10


class Conv(NamedTuple):
    """A convolution with ReLU over [height, width, channels], padded to keep the size or not at all."""

    filters: int
    size: int
    stride: int = 1
    same: bool = True

    def side_after(self, side: int) -> int:
        return -(-side // self.stride) if self.same else (side - self.size) // self.stride + 1

    def padding(self, side: int) -> int:
        """Return the zeros on each side; raises ValueError where the two sides would differ."""
        total = (self.side_after(side) - 1) * self.stride + self.size - side if self.same else 0
        if total % 2:
            raise ValueError(f"{self} pads {side} pixels by {total}, which is not the same on both sides")
        return total // 2


class Pool(NamedTuple):
    """The greatest of each square window."""

    size: int
    stride: int

    def side_after(self, side: int) -> int:
        return (side - self.size) // self.stride + 1


class Dense(NamedTuple):
    """A dense layer on what was flattened in the order height, width, channels; the last one is linear."""

    units: int


Layer = Conv | Pool | Dense

ARCHITECTURES: Mapping[str, tuple[Layer, ...]] = {
    "tutorial_cnn": (
        *(Conv(16, 8, 2), Pool(2, 1), Conv(32, 4, 2, same=False), Pool(2, 1)),
        *(Dense(32), Dense(CLASSES)),
    ),
    "mlp": (Dense(128), Dense(CLASSES)),
    "wide_cnn": (Conv(8, 3), Pool(2, 2), Conv(16, 3), Pool(2, 2), Dense(128), Dense(CLASSES)),
}
"""The catalog's models of these names (app/training/models.py); exactness shows that they agree."""


class Placed(NamedTuple):
    """A layer and what it is given: ``side`` pixels squared of ``channels``; side 0 means a plain vector."""

    layer: Layer
    side: int
    channels: int


def placed(model: str) -> Iterator[Placed]:
    """Yield the layers with the shapes of their inputs; a dense layer's is [side² · channels]."""
    side, channels = SIDE, 1
    for layer in ARCHITECTURES[model]:
        yield Placed(layer, side, channels)
        if isinstance(layer, Dense):
            side, channels = 0, layer.units
        else:
            side = layer.side_after(side)
            channels = layer.filters if isinstance(layer, Conv) else channels


def weight_shapes(model: str) -> Iterator[tuple[int, ...]]:
    """Yield kernel and bias of each layer in Keras' order and layout."""
    for layer, side, channels in placed(model):
        if isinstance(layer, Conv):
            yield from ((layer.size, layer.size, channels, layer.filters), (layer.filters,))
        elif isinstance(layer, Dense):
            yield from ((max(side, 1) ** 2 * channels, layer.units), (layer.units,))


def initial_weights(model: str, seed: int = 1) -> list[npt.NDArray[np.float32]]:
    """Return Glorot-uniform kernels and small random biases."""
    generator = np.random.default_rng(seed)
    weights = []
    for shape in weight_shapes(model):
        if len(shape) == 1:
            weights.append(generator.normal(0, 0.1, shape).astype(np.float32))
            continue
        *window, inputs, outputs = shape
        limit = math.sqrt(6 / (math.prod(window) * (inputs + outputs)))
        weights.append(generator.uniform(-limit, limit, shape).astype(np.float32))
    return weights
