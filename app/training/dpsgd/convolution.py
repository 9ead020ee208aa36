"""Per-example kernel gradients of Conv2D: patches of the input times the gradient at each position.

TensorFlow's own patch extraction is about three times slower than the two ways
used here, both of which read the input in long contiguous runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

# Above this many output channels the identity convolution costs more than copying slices.
_MAX_IDENTITY_CHANNELS = 64


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


def kernel_gradients(layer: Any, inputs: Any, gradients: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return [B, K, O] kernel gradients and what turns a flat sum of them into the kernel's shape.

    ``inputs`` is [B, H, W, C] and ``gradients`` dL/dz [B, h, w, O]. K counts the
    kernel's kh·kw·C entries in an order (and with zero rows) that the second result undoes.
    """
    axes = [
        _axis(layer, axis=axis, size=inputs.shape[axis + 1], outputs=gradients.shape[axis + 1])
        for axis in (0, 1)
    ]
    channels = inputs.shape[-1]
    narrow = axes[0].stride * axes[1].kernel * channels <= _MAX_IDENTITY_CHANNELS
    extract = _patches_by_identity if narrow else _patches_by_blocks
    patches, mask, restore = extract(inputs, *axes)
    positions = axes[0].outputs * axes[1].outputs
    columns = tf.reshape(gradients, [-1, positions, gradients.shape[-1]])
    products = tf.matmul(patches, columns, transpose_a=True)
    return (products if mask is None else products * mask), restore


def _axis(layer: Any, *, axis: int, size: int, outputs: int) -> _Axis:
    kernel, stride = layer.kernel_size[axis], layer.strides[axis]
    # TensorFlow's SAME rule: as much padding as the last position needs, the odd pixel behind.
    total = max((outputs - 1) * stride + kernel - size, 0) if layer.padding == "same" else 0
    return _Axis(size=size, kernel=kernel, stride=stride, outputs=outputs, before=total // 2)


def _fit(inputs: Any, rows: tuple[int, int], columns: tuple[int, int]) -> Any:
    """Return ``inputs`` with zeros put before and after each image axis; a negative number crops."""
    cropped = inputs[:, : rows[1] if rows[1] < 0 else None, : columns[1] if columns[1] < 0 else None]
    paddings = [[0, 0], [rows[0], max(rows[1], 0)], [columns[0], max(columns[1], 0)], [0, 0]]
    return tf.pad(cropped, paddings) if any(map(any, paddings)) else cropped


def _patches_by_identity(inputs: Any, rows: _Axis, columns: _Axis) -> tuple[Any, Any, Callable[[Any], Any]]:
    """One convolution with an identity kernel of one stride of rows, then contiguous row slices."""
    channels = inputs.shape[-1]
    width = rows.stride * columns.kernel * channels
    fitted = _fit(
        inputs,
        rows.padding((rows.outputs - 1 + rows.blocks) * rows.stride),
        columns.padding((columns.outputs - 1) * columns.stride + columns.kernel),
    )
    identity = np.eye(width, dtype=np.float32).reshape(rows.stride, columns.kernel, channels, width)
    strips = tf.nn.conv2d(fitted, identity, strides=[rows.stride, columns.stride], padding="VALID")
    positions = rows.outputs * columns.outputs
    slices = [
        tf.reshape(strips[:, block : block + rows.outputs], [-1, positions, width])
        for block in range(rows.blocks)
    ]
    entries = rows.kernel * columns.kernel * channels
    slices[-1] = slices[-1][:, :, : entries - (rows.blocks - 1) * width]
    patches = tf.concat(slices, axis=2)  # [B, positions, kh·kw·C]
    shape = [rows.kernel, columns.kernel, channels, -1]
    return patches, None, lambda total: tf.reshape(total, shape)


def _patches_by_blocks(inputs: Any, rows: _Axis, columns: _Axis) -> tuple[Any, Any, Callable[[Any], Any]]:
    """Stride-sized blocks moved into the channels, then unit slices."""
    channels = inputs.shape[-1]
    blocks = _space_to_depth(
        _fit(
            inputs,
            rows.padding((rows.outputs - 1 + rows.blocks) * rows.stride),
            columns.padding((columns.outputs - 1 + columns.blocks) * columns.stride),
        ),
        rows.stride,
        columns.stride,
    )
    positions = rows.outputs * columns.outputs
    slices = [
        tf.reshape(
            blocks[:, row : row + rows.outputs, column : column + columns.outputs],
            [-1, positions, blocks.shape[-1]],
        )
        for row in range(rows.blocks)
        for column in range(columns.blocks)
    ]
    patches = tf.concat(slices, axis=2)  # [B, positions, (bh, bw, sh, sw, C)]
    split = [rows.blocks, columns.blocks, rows.stride, columns.stride, channels, -1]
    whole = [rows.blocks * rows.stride, columns.blocks * columns.stride, channels, -1]

    def restore(total: Any) -> Any:
        ordered = tf.transpose(tf.reshape(total, split), [0, 2, 1, 3, 4, 5])
        return tf.reshape(ordered, whole)[: rows.kernel, : columns.kernel]

    return patches, _valid_entries(rows, columns, channels), restore


def _space_to_depth(images: Any, row_stride: int, column_stride: int) -> Any:
    if row_stride == column_stride == 1:
        return images
    if row_stride == column_stride:
        return tf.nn.space_to_depth(images, row_stride)
    _, height, width, channels = images.shape
    rows, columns = height // row_stride, width // column_stride
    split = tf.reshape(images, [-1, rows, row_stride, columns, column_stride, channels])
    ordered = tf.transpose(split, [0, 1, 3, 2, 4, 5])
    return tf.reshape(ordered, [-1, rows, columns, row_stride * column_stride * channels])


def _valid_entries(rows: _Axis, columns: _Axis, channels: int) -> Any:
    """Return [K, 1] of 1 for the kernel's entries and 0 for those that rounding to strides added.

    None where the strides divide the kernel and nothing was added.
    """
    if rows.kernel % rows.stride == 0 and columns.kernel % columns.stride == 0:
        return None
    row = np.arange(rows.blocks * rows.stride).reshape(rows.blocks, 1, rows.stride, 1, 1)
    column = np.arange(columns.blocks * columns.stride).reshape(1, columns.blocks, 1, columns.stride, 1)
    valid = (row < rows.kernel) & (column < columns.kernel)
    return np.repeat(valid, channels, axis=4).reshape(-1, 1).astype(np.float32)
