"""Weights as bytes: a .npz of float32 arrays, which nothing but numbers can be read from."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Weights = list[NDArray[np.float32]]


def packed(weights: Sequence[NDArray[Any]]) -> bytes:
    """Return ``weights``, in their order, as the bytes of an uncompressed .npz.

    >>> [part.tolist() for part in unpacked(packed([np.zeros(2), np.ones((1, 1))]))]
    [[0.0, 0.0], [[1.0]]]
    """
    file = io.BytesIO()
    np.savez(file, *(np.asarray(part, np.float32) for part in weights))  # named arr_0, arr_1, …
    return file.getvalue()


def unpacked(content: bytes) -> Weights:
    """Return the weights that :func:`packed` wrote.

    Raises:
        ValueError: an array would have to be unpickled.
        zipfile.BadZipFile: these are other bytes.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return [np.asarray(arrays[f"arr_{place}"], np.float32) for place in range(len(arrays.files))]
