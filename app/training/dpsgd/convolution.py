"""Per-example kernel gradients of Conv2D: patches of the input times the gradient at each position.

TensorFlow's own patch extraction is many times slower than the two ways
used here, both of which copy the input in runs as long as can be had.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

# Above this many output channels the identity convolution costs more than copying runs of columns.
_MAX_IDENTITY_CHANNELS = 32


def is_plain(layer: Any) -> bool:
    """Return whether the layer is a convolution that :func:`kernel_gradients` covers."""
    return (
        layer.data_format == "channels_last"
        and tuple(layer.dilation_rate) == (1, 1)
        and layer.groups == 1
        and layer.padding in ("same", "valid")
    )


@dataclass(frozen=True)
class _Axis:
    """A convolution along one axis: sizes in pixels, ``blocks`` = kernel size in strides, rounded up."""

    size: int
    kernel: int
    stride: int
    outputs: int
    before: int

    @property
    def blocks(self) -> int:
        return -(-self.kernel // self.stride)

    def padding(self, needed: int) -> tuple[int, int]:
        """Return the zeros before and after that make ``needed`` pixels; negative = crop."""
        return self.before, needed - self.before - self.size


@dataclass(frozen=True)
class KernelGradients:
    """Per-example kernel gradients ``each`` [B, ...] with their entries in some order.

    ``restore`` maps a sum of them over examples, flat, to the kernel's own shape.
    """

    each: Any
    restore: Callable[[Any], Any]


def kernel_gradients(layer: Any, inputs: Any, gradients: Any) -> KernelGradients:
    """Return the gradients for ``inputs`` [B, H, W, C] and ``gradients`` dL/dz [B, h, w, O]."""
    rows, columns = (
        _axis(layer, axis=axis, size=inputs.shape[axis + 1], outputs=gradients.shape[axis + 1])
        for axis in (0, 1)
    )
    narrow = rows.stride * columns.kernel * inputs.shape[-1] <= _MAX_IDENTITY_CHANNELS
    along = tf.reshape(gradients, [-1, rows.outputs * columns.outputs, gradients.shape[-1]])
    return (_by_identity if narrow else _by_runs)(inputs, along, rows, columns)


def _axis(layer: Any, *, axis: int, size: int, outputs: int) -> _Axis:
    kernel, stride = layer.kernel_size[axis], layer.strides[axis]
    # TensorFlow's SAME rule: as much padding as the last position needs, the odd pixel behind.
    total = max((outputs - 1) * stride + kernel - size, 0) if layer.padding == "same" else 0
    return _Axis(size=size, kernel=kernel, stride=stride, outputs=outputs, before=total // 2)


def _fit(inputs: Any, rows: tuple[int, int], columns: tuple[int, int]) -> Any:
    """Return ``inputs`` with zeros put before and after each image axis; a negative number crops."""
    cropped = inputs[:, : rows[1] if rows[1] < 0 else None, : columns[1] if columns[1] < 0 else None]
    above, below, left, right = rows[0], max(rows[1], 0), columns[0], max(columns[1], 0)
    if not any((above, below, left, right)):
        return cropped
    _, height, width, channels = cropped.shape
    # Pixels and channels as one axis, for longer runs. Not tf.pad: that operation is fused into a convolution
    # after it, which makes both twice as slow.
    padded = tf.raw_ops.PadV2(
        input=tf.reshape(cropped, [-1, height, width * channels]),
        paddings=[[0, 0], [above, below], [left * channels, right * channels]],
        constant_values=0.0,
    )
    return tf.reshape(padded, [-1, above + height + below, left + width + right, channels])


def _by_identity(inputs: Any, gradients: Any, rows: _Axis, columns: _Axis) -> KernelGradients:
    """One convolution with an identity kernel of one stride of rows, then whole rows of its output."""
    channels = inputs.shape[-1]
    width = rows.stride * columns.kernel * channels
    fitted = _fit(
        inputs,
        rows.padding((rows.outputs - 1 + rows.blocks) * rows.stride),
        columns.padding((columns.outputs - 1) * columns.stride + columns.kernel),
    )
    identity = np.eye(width, dtype=np.float32).reshape(rows.stride, columns.kernel, channels, width)
    strips = tf.nn.conv2d(fitted, identity, strides=[rows.stride, columns.stride], padding="VALID")
    taken = np.add.outer(np.arange(rows.blocks), np.arange(rows.outputs)).ravel()
    flat = tf.gather(tf.reshape(strips, [-1, strips.shape[1], columns.outputs * width]), taken, axis=1)
    patches = tf.reshape(flat, [-1, rows.blocks, rows.outputs * columns.outputs, width])
    products = tf.matmul(patches, gradients[:, tf.newaxis], transpose_a=True)  # [B, blocks, width, O]
    entries, outputs = rows.kernel * columns.kernel * channels, gradients.shape[-1]
    products = tf.reshape(products, [-1, rows.blocks * width, outputs])
    if entries < rows.blocks * width:  # the last stride reaches beyond the kernel
        products = products[:, :entries]
    shape = [rows.kernel, columns.kernel, channels, outputs]
    return KernelGradients(products, lambda total: tf.reshape(total, shape))


def _by_runs(inputs: Any, gradients: Any, rows: _Axis, columns: _Axis) -> KernelGradients:
    """Runs of columns that lie side by side in memory, as long as all windows have in common."""
    channels = inputs.shape[-1]
    fitted = _fit(
        inputs,
        rows.padding((rows.outputs - 1) * rows.stride + rows.kernel),
        columns.padding((columns.outputs - 1) * columns.stride + columns.kernel),
    )
    _, height, width, _ = fitted.shape
    run = math.gcd(columns.stride, columns.kernel)
    runs = tf.reshape(fitted, [-1, height * width // run, run * channels])
    taken = _window_runs(rows, columns, run=run, width=width)
    entries, outputs = rows.kernel * columns.kernel * channels, gradients.shape[-1]
    patches = tf.reshape(tf.gather(runs, taken, axis=1), [-1, gradients.shape[1], entries])
    products = tf.matmul(gradients, patches, transpose_a=True)  # [B, O, entries]: the faster way round
    shape = [rows.kernel, columns.kernel, channels, outputs]
    return KernelGradients(
        products, lambda total: tf.reshape(tf.transpose(tf.reshape(total, [outputs, entries])), shape)
    )


def _window_runs(rows: _Axis, columns: _Axis, *, run: int, width: int) -> npt.NDArray[np.int32]:
    """Return the numbers of the runs that each window holds, window by window, in the kernel's order."""
    row = np.add.outer(np.arange(rows.outputs) * rows.stride, np.arange(rows.kernel))  # [h, kh]
    first = np.arange(columns.outputs) * columns.stride // run
    column = np.add.outer(first, np.arange(columns.kernel // run))  # [w, runs]
    return (row[:, None, :, None] * (width // run) + column[None, :, None, :]).ravel().astype(np.int32)
