"""Images and labels as the graph holds them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf


class Data(NamedTuple):
    """Images [n, ...] (uint8, or float32 used as they are) and int32 labels [n]."""

    images: Any
    labels: Any


def as_data(images: npt.NDArray[Any], labels: npt.NDArray[Any]) -> Data:
    """Return tensors of the arrays; bytes stay bytes, everything else becomes float32."""
    kept = images if images.dtype == np.uint8 else images.astype(np.float32)
    return Data(tf.constant(kept), tf.constant(labels, tf.int32))


def model_inputs(images: Any) -> Any:
    """Return what the model is fed: bytes scaled to [0, 1], float32 untouched."""
    return tf.cast(images, tf.float32) / 255.0 if images.dtype == tf.uint8 else images
