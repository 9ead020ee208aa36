"""Opacus' ways to per-example gradients, on batches that are slices of a tensor in memory."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from opacus.grad_sample.utils import prepare_module
from opacus.optimizers import DPOptimizer
from opacus.optimizers.optimizer_fast_gradient_clipping import DPOptimizerFastGradientClipping
from opacus.utils.fast_gradient_clipping_utils import DPLossFastGradientClipping
from torch import nn

from benchmarks.peers.architectures import Conv, Dense, Placed, Pool, placed
from benchmarks.peers.work import Contenders, Weights, Work

warnings.filterwarnings("ignore")  # of hooks and of a random generator that is not cryptographic


class _Trainer:
    def __init__(self, work: Work, *, mode: str) -> None:
        self._places = [place for place in placed(work.model) if not isinstance(place.layer, Pool)]
        self._plain = nn.Sequential(*_modules(work.model))
        self._set(work.weights or [])
        self._criterion: Any = nn.CrossEntropyLoss()
        self._module = prepare_module(self._plain, grad_sample_mode=mode)
        ghost = mode == "ghost"
        self._optimizer = (DPOptimizerFastGradientClipping if ghost else DPOptimizer)(
            torch.optim.SGD(self._module.parameters(), lr=work.learning_rate),
            noise_multiplier=work.noise_multiplier,
            max_grad_norm=work.clipping_norm,
            expected_batch_size=work.batch_size,
        )
        if ghost:
            self._module.max_grad_norm = work.clipping_norm
            self._criterion = DPLossFastGradientClipping(self._module, self._optimizer, self._criterion)
        self._images = torch.from_numpy(work.scaled.transpose(0, 3, 1, 2).copy())
        self._labels = torch.from_numpy(work.labels.astype(np.int64))
        self._batch_size, self._next = work.batch_size, 0

    def train(self, steps: int) -> int:
        for _ in range(steps):
            part = slice(self._next, self._next + self._batch_size)
            self._optimizer.zero_grad()
            self._criterion(self._module(self._images[part]), self._labels[part]).backward()
            self._optimizer.step()
            after = self._next + self._batch_size
            self._next = after if after + self._batch_size <= len(self._labels) else 0
        return steps * self._batch_size

    def _set(self, weights: Weights) -> None:
        with torch.no_grad():
            for parameter, place, weight in zip(self._plain.parameters(), self._each(), weights, strict=True):
                parameter.copy_(torch.from_numpy(_to_torch(weight, place)))

    def weights(self) -> Weights:
        parameters = [parameter.detach().numpy() for parameter in self._plain.parameters()]
        return [_from_torch(weight, place) for weight, place in zip(parameters, self._each(), strict=True)]

    def _each(self) -> Iterator[Placed]:
        """Yield the layer of each parameter: kernel and bias in turn."""
        for place in self._places:
            yield from (place, place)


def _modules(model: str) -> Iterator[nn.Module]:
    layers = list(placed(model))
    for index, (layer, side, channels) in enumerate(layers):
        if isinstance(layer, Conv):
            yield nn.Conv2d(channels, layer.filters, layer.size, layer.stride, layer.padding(side))
            yield nn.ReLU()
        elif isinstance(layer, Pool):
            yield nn.MaxPool2d(layer.size, layer.stride)
        else:
            if side:
                yield nn.Flatten()
            yield nn.Linear(max(side, 1) ** 2 * channels, layer.units)
            if index < len(layers) - 1:
                yield nn.ReLU()


def _to_torch(weight: Any, place: Placed) -> Any:
    """Return a weight of Keras in PyTorch's layout: channels come first there, also where flattened."""
    if weight.ndim == 1:
        return weight
    if isinstance(place.layer, Dense):
        if place.side:
            split = weight.reshape(place.side, place.side, place.channels, -1)
            weight = split.transpose(2, 0, 1, 3).reshape(weight.shape)
        return np.ascontiguousarray(weight.T)
    return np.ascontiguousarray(weight.transpose(3, 2, 0, 1))


def _from_torch(weight: Any, place: Placed) -> Any:
    if weight.ndim == 1:
        return weight.copy()
    if isinstance(place.layer, Dense):
        kernel = weight.T
        if place.side:
            split = kernel.reshape(place.channels, place.side, place.side, -1)
            kernel = split.transpose(1, 2, 0, 3).reshape(kernel.shape)
        return kernel.copy()
    return weight.transpose(2, 3, 1, 0).copy()


CONTENDERS: Contenders = {
    mode: partial(_Trainer, mode=mode) for mode in ("hooks", "functorch", "ew", "ghost")
}
"""Per-layer rules on hooks; functorch for every layer; PyTorch's ExpandedWeights; ghost clipping."""
