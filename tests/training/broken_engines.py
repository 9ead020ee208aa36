"""Engines broken on purpose, as people break them; a context in which every new engine is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import tensorflow as tf

from app.training.dpsgd import program
from app.training.dpsgd.clipping import clipped_gradients
from app.training.dpsgd.noise import gaussian_noise


def not_clipping(model: Any, units: Any, images: Any, labels: Any, clipping_norm: Any) -> Any:
    return clipped_gradients(model, units, images, labels, 1e30)


def a_tenth_of_the_noise(seed: Any, step: Any, *, shapes: Any, stddev: Any) -> Any:
    return gaussian_noise(seed, step, shapes=shapes, stddev=stddev / 10)


def noise_once_in(steps: int) -> Any:
    """Return a noise that comes at every ``steps``-th step only: once an epoch."""

    def noise(seed: Any, step: Any, *, shapes: Any, stddev: Any) -> Any:
        now = tf.cast(step % steps == 0, tf.float32)
        return gaussian_noise(seed, step, shapes=shapes, stddev=stddev * now)

    return noise


@contextmanager
def broken(fault: str, *, steps_per_epoch: int) -> Iterator[None]:
    """Break every engine that is made here; "none" leaves it whole."""
    name, replacement = {
        "none": ("gaussian_noise", gaussian_noise),
        "clipping off": ("clipped_gradients", not_clipping),
        "noise at a tenth": ("gaussian_noise", a_tenth_of_the_noise),
        "noise once per epoch": ("gaussian_noise", noise_once_in(steps_per_epoch)),
    }[fault]
    with mock.patch.object(program, name, replacement):
        yield
