"""DP-SGD in JAX: ``vmap`` of ``grad`` under ``jit``, written by hand and by JAX Privacy."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers.architectures import Conv, Pool, placed
from benchmarks.peers.work import Contenders, Weights, Work


def _loss(weights: Any, image: Any, label: Any, *, model: str) -> Any:
    """Return the cross-entropy of one example, image [28, 28, 1]."""
    layers, rest = list(placed(model)), list(weights)
    values = image[None]
    for index, (layer, side, _) in enumerate(layers):
        if isinstance(layer, Pool):
            window, strides = (1, layer.size, layer.size, 1), (1, layer.stride, layer.stride, 1)
            values = jax.lax.reduce_window(values, -jnp.inf, jax.lax.max, window, strides, "VALID")
            continue
        kernel, bias = rest.pop(0), rest.pop(0)
        if isinstance(layer, Conv):
            padding = [(layer.padding(side),) * 2] * 2
            values = jax.lax.conv_general_dilated(
                values,
                kernel,
                (layer.stride, layer.stride),
                padding,
                dimension_numbers=("NHWC", "HWIO", "NHWC"),
            )
            values = jax.nn.relu(values + bias)
        else:
            values = values.reshape(1, -1) @ kernel + bias
            values = values if index == len(layers) - 1 else jax.nn.relu(values)
    return -jax.nn.log_softmax(values[0])[label]


def _by_hand(work: Work) -> tuple[Any, Any]:
    """Return the noisy sum as a function, and the state that it starts with, a key."""
    gradient = jax.vmap(jax.grad(partial(_loss, model=work.model)), in_axes=(None, 0, 0))
    deviation = work.noise_multiplier * work.clipping_norm

    def noisy_sum(weights: Any, images: Any, labels: Any, key: Any) -> Any:
        gradients = gradient(weights, images, labels)
        squares = sum(jnp.sum(jnp.square(part), axis=range(1, part.ndim)) for part in gradients)
        factors = jnp.minimum(1.0, work.clipping_norm / jnp.sqrt(squares))
        key, *keys = jax.random.split(key, len(weights) + 1)
        sums = [
            jnp.tensordot(factors, part, axes=1) + deviation * jax.random.normal(own, part.shape[1:])
            for own, part in zip(keys, gradients, strict=True)
        ]
        return sums, key

    return noisy_sum, jax.random.key(1)


def _jax_privacy(work: Work) -> tuple[Any, Any]:
    """Return the same by JAX Privacy's clipping and noise."""
    import jax_privacy

    clipped_sum = jax_privacy.clipped_grad(
        partial(_loss, model=work.model),
        l2_clip_norm=work.clipping_norm,
        batch_argnums=(1, 2),
        keep_batch_dim=False,
    )
    noise = jax_privacy.noise_addition.gaussian_privatizer(
        stddev=work.noise_multiplier * work.clipping_norm, prng_key=1
    )

    def noisy_sum(weights: Any, images: Any, labels: Any, state: Any) -> Any:
        return noise.update(clipped_sum(weights, images, labels), state)

    return noisy_sum, noise.init([jnp.asarray(weight) for weight in work.weights or []])


class _Trainer:
    """One compiled step, on batches that are slices of arrays in memory."""

    def __init__(self, work: Work, *, mechanism: Any) -> None:
        self._weights = [jnp.asarray(weight) for weight in work.weights or []]
        self._images, self._labels = jnp.asarray(work.scaled), jnp.asarray(work.labels)
        self._batch_size, self._next = work.batch_size, 0
        noisy_sum, self._state = mechanism(work)
        rate = work.learning_rate / work.batch_size

        @partial(jax.jit, donate_argnums=0)
        def step(weights: Any, state: Any, images: Any, labels: Any, start: Any) -> Any:
            batch, of = (jax.lax.dynamic_slice_in_dim(a, start, work.batch_size) for a in (images, labels))
            sums, state = noisy_sum(weights, batch, of, state)
            return [weight - rate * total for weight, total in zip(weights, sums, strict=True)], state

        self._step = step

    def train(self, steps: int) -> int:
        for _ in range(steps):
            self._weights, self._state = self._step(
                self._weights, self._state, self._images, self._labels, self._next
            )
            after = self._next + self._batch_size
            self._next = after if after + self._batch_size <= len(self._labels) else 0
        jax.block_until_ready(self._weights)
        return steps * self._batch_size

    def weights(self) -> Weights:
        return [np.asarray(weight) for weight in self._weights]


CONTENDERS: Contenders = {
    "vmap": partial(_Trainer, mechanism=_by_hand),
    "jax_privacy": partial(_Trainer, mechanism=_jax_privacy),
}
