"""Weights as bytes: exact, small, and nothing that runs code."""

from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
import pytest

from app.inference.archive import packed, unpacked


def test_weights_come_back_in_their_order_to_the_last_bit() -> None:
    random = np.random.default_rng(1)
    weights = [random.normal(size=(places, 2)).astype(np.float32) for places in range(1, 14)]
    back = unpacked(packed(weights))
    assert [part.tobytes() for part in back] == [part.tobytes() for part in weights]
    assert [part.shape for part in back] == [part.shape for part in weights]


def test_the_tutorial_s_weights_take_105_kilobytes() -> None:
    assert 104_000 < len(packed([np.zeros(26_010)])) < 106_000


@pytest.mark.parametrize("content", [b"", b"PK", pickle.dumps([1.0])])
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises((ValueError, EOFError, zipfile.BadZipFile)):
        unpacked(content)


def test_nothing_is_unpickled() -> None:
    file = io.BytesIO()
    np.savez(file, np.array([{"an": "object"}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        unpacked(file.getvalue())
