"""The datasets as arrays: from the data folder, Keras' cache or a download, from scikit-learn, or made.

Standard pre-processing only: values are scaled by a public constant, never by
statistics of the private examples. The training subset is a plain seeded draw,
because a stratified one would look at the private labels.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.catalog import (
    DATASETS,
    IDX_FILES,
    DatasetInfo,
    cure_for_missing,
    keras_cache_directory,
    local_archive,
)
from app.training import archives
from app.training.archives import DamagedArchive
from app.training.download import KERAS_ADDRESS, DownloadFailed, Source, download

_log = logging.getLogger(__name__)

# SHA-256 over the arrays (archives.fingerprint) of the published files; MNIST's training
# images have the MD5 6bbc9ace898e44ae57da46a324031adb as the original IDX file.
SOURCES: Mapping[str, Source] = {
    "mnist": Source(
        files=("mnist.npz",),
        folder="",
        fingerprint="e5ea4841dd6fde90b155843179ce5756a4864227194eec7fb09d7cfc4cf702a5",
    ),
    "fashion_mnist": Source(
        files=tuple(IDX_FILES.values()),
        folder="fashion-mnist",
        fingerprint="8294d2ca571ee42977a0b2dbf2f2f22ac6655a869e4497e2cd010da5acf40c92",
    ),
}

_SUBSET_SEED = 20_160_701
_SPLIT_SEED = 1_437
_XOR_SEED = 42


class DataUnavailable(Exception):
    """The dataset cannot be had; the text says why and what cures it."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """Examples and labels, ready for training.

    ``images`` is [N, *input_shape], uint8 in 0..255 (the engine scales to 0..1) or
    float32 as the model takes it; ``labels`` is [N] int32; the test arrays likewise.
    """

    images: NDArray[np.uint8] | NDArray[np.float32]
    labels: NDArray[np.int32]
    test_images: NDArray[np.uint8] | NDArray[np.float32]
    test_labels: NDArray[np.int32]
    info: DatasetInfo


def load(
    name: str,
    *,
    train_size: int,
    data_directory: str | None,
    offline: bool,
    cache_directory: Path | None = None,
    url: str | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Data:
    """Return dataset ``name`` with ``train_size`` training examples and its whole test set.

    Args:
        name: a name of ``app.catalog.DATASETS``.
        train_size: N, 1 up to the dataset's own size; a smaller N is a fixed seeded subset.
        data_directory: folder that may hold ``<name>.npz``; looked at first.
        offline: forbids the download.
        cache_directory: used in place of Keras' cache folder.
        url: the http(s) folder to download from, in place of Keras' own.
        should_stop: asked during a download.

    Raises:
        ValueError: ``train_size`` is out of range.
        DataUnavailable: the data is not here and cannot be downloaded, or is damaged.
        DownloadStopped: ``should_stop`` answered True during a download.
    """
    info = DATASETS[name]
    if not 1 <= train_size <= info.train_examples:
        raise ValueError(
            f"train_size is {train_size}; {info.title} has 1 to {info.train_examples:,} training examples."
        )
    if not info.downloadable:
        return _subset(_EMBEDDED[name](), train_size)
    cache = cache_directory or keras_cache_directory()
    arrays = _archive(
        name, data_directory=data_directory, offline=offline, cache=cache, url=url, should_stop=should_stop
    )
    return _subset(_as_data(arrays, info), train_size)


def _archive(
    name: str,
    *,
    data_directory: str | None,
    offline: bool,
    cache: Path,
    url: str | None,
    should_stop: Callable[[], bool],
) -> archives.Arrays:
    path = local_archive(name, data_directory, cache)
    if path is None and offline:
        raise DataUnavailable(
            f"{name} is not on this machine, and downloads are off. {cure_for_missing(name)}"
        )
    if path is None:
        try:
            download(SOURCES[name], address=url or KERAS_ADDRESS, cache=cache, should_stop=should_stop)
        except DownloadFailed as error:
            raise DataUnavailable(
                f"{name} could not be downloaded: {error}. {cure_for_missing(name)}"
            ) from error
        path = local_archive(name, None, cache)
    assert path is not None, "a download that succeeded left its files in the cache"
    try:
        return archives.read(path, SOURCES[name].fingerprint)
    except DamagedArchive as error:
        # Never replaced by a download: the file may be somebody's own.
        # The text goes to whoever asked, so it names the file; where it lies is for the server's log.
        _log.warning("refused %s: %s", path, error)
        raise DataUnavailable(
            f"The archive {path.name} on this server was refused: {error}. "
            f"Delete or replace it. {cure_for_missing(name)}"
        ) from error


def _as_data(arrays: archives.Arrays, info: DatasetInfo) -> Data:
    return Data(
        images=arrays["x_train"].reshape(-1, *info.input_shape),
        labels=arrays["y_train"].astype(np.int32),
        test_images=arrays["x_test"].reshape(-1, *info.input_shape),
        test_labels=arrays["y_test"].astype(np.int32),
        info=info,
    )


def _subset(data: Data, train_size: int) -> Data:
    """Return ``data`` with a subset that depends on the two sizes alone, never on a label."""
    size = len(data.labels)
    if train_size == size:
        return data
    chosen = np.random.default_rng(_SUBSET_SEED).permutation(size)[:train_size]
    return replace(data, images=data.images[chosen], labels=data.labels[chosen])


@lru_cache(maxsize=1)
def _digits() -> Data:
    """Return scikit-learn's 1,797 digits, split by a fixed seed; pixels 0..16 scaled to 0..1."""
    from sklearn.datasets import load_digits  # 1 s to import, and only this dataset needs it

    info = DATASETS["digits"]
    pixels, labels = load_digits(return_X_y=True)  # [1797, 64]
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(labels))
    images = (pixels[order] / 16).astype(np.float32).reshape(-1, *info.input_shape)
    return _split(images, labels[order].astype(np.int32), info)


@lru_cache(maxsize=1)
def _xor() -> Data:
    """Return points uniform in the square [-1, 1]^2; label 1 where the signs differ."""
    info = DATASETS["xor"]
    size = info.train_examples + info.test_examples
    points = np.random.default_rng(_XOR_SEED).uniform(-1, 1, size=(size, 2)).astype(np.float32)
    return _split(points, (points[:, 0] * points[:, 1] < 0).astype(np.int32), info)


def _split(images: NDArray[np.float32], labels: NDArray[np.int32], info: DatasetInfo) -> Data:
    cut = info.train_examples
    return Data(
        images=images[:cut],
        labels=labels[:cut],
        test_images=images[cut:],
        test_labels=labels[cut:],
        info=info,
    )


_EMBEDDED: Mapping[str, Callable[[], Data]] = {"digits": _digits, "xor": _xor}
