"""Where each dataset comes from, what its arrays are, and what is said when it cannot be had."""

import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.catalog import DATASETS, IDX_FILES, cure_for_missing
from app.training import datasets
from app.training.datasets import DataUnavailable, load

REAL_DATA = os.environ.get("DPSGD_DATA_DIR")
needs_real_data = pytest.mark.skipif(
    not (REAL_DATA and Path(REAL_DATA, "mnist.npz").is_file()),
    reason="the real MNIST archive is only there where DPSGD_DATA_DIR names it",
)


def load_alone(name, tmp_path, **options):
    """Load with nothing but ``tmp_path`` to look into."""
    sizes = {"train_size": DATASETS[name].train_examples, "data_directory": None, "offline": True}
    return load(name, **{**sizes, "cache_directory": tmp_path, **options})


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array)).hexdigest()[:16]


# Taken from the arrays on Python 3.11 with numpy 1.26; the same on Python 3.13 with numpy 2.
@pytest.mark.parametrize(
    ("name", "images", "labels"),
    [
        ("digits", "f4d5ff6425738180", "8833963348d06a2b"),
        ("xor", "bb7198c8217411ea", "132d947928cb9362"),
    ],
)
def test_embedded_datasets_never_change(name, images, labels, tmp_path):
    data = load_alone(name, tmp_path)
    assert (digest(data.images), digest(data.labels)) == (images, labels)


@pytest.mark.parametrize("name", ["digits", "xor"])
def test_embedded_datasets_are_as_the_catalog_says(name, tmp_path):
    data = load_alone(name, tmp_path)
    assert data.info is DATASETS[name]
    assert data.images.shape == (data.info.train_examples, *data.info.input_shape)
    assert data.test_images.shape == (data.info.test_examples, *data.info.input_shape)
    assert data.labels.shape == (data.info.train_examples,)
    assert data.images.dtype == np.float32
    assert np.abs(data.images).max() <= 1
    assert set(data.labels) == set(data.test_labels) == set(range(data.info.classes))


def test_no_digit_is_both_trained_and_tested(tmp_path):
    data = load_alone("digits", tmp_path)
    trained = {image.tobytes() for image in data.images}
    assert not any(image.tobytes() in trained for image in data.test_images)


def test_xor_cannot_be_told_by_one_input(tmp_path):
    data = load_alone("xor", tmp_path)
    assert ((data.images[:, 0] * data.images[:, 1] < 0) == data.labels).all()
    assert abs(data.labels[data.images[:, 0] > 0].mean() - 0.5) < 0.05


def test_a_subset_is_always_the_same_and_nested(tmp_path):
    small = load_alone("digits", tmp_path, train_size=150)
    again = load_alone("digits", tmp_path, train_size=150)
    larger = load_alone("digits", tmp_path, train_size=600)
    np.testing.assert_array_equal(small.images, again.images)
    np.testing.assert_array_equal(small.images, larger.images[:150])
    assert len(small.test_labels) == 360


def test_a_subset_is_not_the_head_of_the_dataset(tmp_path):
    small = load_alone("digits", tmp_path, train_size=150)
    whole = load_alone("digits", tmp_path)
    assert (small.images != whole.images[:150]).any()


@pytest.mark.parametrize("size", [0, -1, 1_438])
def test_a_size_that_the_dataset_has_not_is_refused(size, tmp_path):
    with pytest.raises(ValueError, match=f"train_size is {size}"):
        load_alone("digits", tmp_path, train_size=size)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_offline_without_an_archive_names_the_cure(name, tmp_path):
    with pytest.raises(DataUnavailable) as refusal:
        load_alone(name, tmp_path)
    assert cure_for_missing(name) in str(refusal.value)


def test_a_failed_download_names_the_cure(tmp_path):
    with pytest.raises(DataUnavailable, match="could not be downloaded") as refusal:
        load_alone("mnist", tmp_path, offline=False, url="http://127.0.0.1:9/")
    assert cure_for_missing("mnist") in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("offline", [True, False])
def test_a_damaged_archive_is_named_and_kept(tmp_path, offline):
    archive = tmp_path / "mnist.npz"
    archive.write_bytes(b"half an archive")
    with pytest.raises(DataUnavailable, match=r"archive mnist\.npz on this server was refused") as caught:
        load_alone("mnist", tmp_path / "cache", data_directory=str(tmp_path), offline=offline)
    assert archive.read_bytes() == b"half an archive"
    assert str(tmp_path) not in str(caught.value)  # the text is the client's; paths are the server's


def stand_in(monkeypatch, arrays):
    source = replace(datasets.SOURCES["mnist"], fingerprint=datasets.archives.fingerprint(arrays))
    monkeypatch.setattr(datasets, "SOURCES", {"mnist": source})


def tiny_mnist(pixel):
    return {
        "x_train": np.full((200, 28, 28), pixel, np.uint8),
        "y_train": np.arange(200, dtype=np.uint8) % 10,
        "x_test": np.full((50, 28, 28), pixel, np.uint8),
        "y_test": np.arange(50, dtype=np.uint8) % 10,
    }


def test_the_data_folder_goes_before_the_cache(tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    cache.mkdir()
    np.savez(tmp_path / "mnist.npz", **tiny_mnist(7))
    np.savez(cache / "mnist.npz", **tiny_mnist(9))
    stand_in(monkeypatch, tiny_mnist(7))
    data = load_alone("mnist", cache, train_size=200, data_directory=str(tmp_path))
    assert data.images.shape == (200, 28, 28, 1)
    assert data.images.dtype == np.uint8
    assert (data.images == 7).all()


@needs_real_data
@pytest.mark.parametrize(("name", "mean"), [("mnist", 0.1307), ("fashion_mnist", 0.2860)])
def test_the_published_archives_pass(name, mean):
    data = load(name, train_size=60_000, data_directory=REAL_DATA, offline=True)
    assert data.images.shape == (60_000, 28, 28, 1)
    assert data.test_images.shape == (10_000, 28, 28, 1)
    assert round(float(data.images.mean()) / 255, 4) == mean


@needs_real_data
def test_an_archive_packed_otherwise_passes(tmp_path):
    with np.load(Path(REAL_DATA, "mnist.npz")) as archive:
        np.savez(tmp_path / "mnist.npz", **{name: archive[name] for name in reversed(archive.files)})
    assert len(load_alone("mnist", tmp_path).labels) == 60_000


@needs_real_data
def test_one_changed_label_is_refused(tmp_path):
    with np.load(Path(REAL_DATA, "mnist.npz")) as archive:
        arrays = dict(archive)
    arrays["y_train"][0] += 1
    np.savez(tmp_path / "mnist.npz", **arrays)
    with pytest.raises(DataUnavailable, match="differ from the published"):
        load_alone("mnist", tmp_path)


def test_the_four_files_that_keras_keeps_are_found(tmp_path):
    folder = tmp_path / "fashion-mnist"
    folder.mkdir()
    for name in IDX_FILES.values():
        (folder / name).write_bytes(b"")
    with pytest.raises(DataUnavailable, match="fashion-mnist on this server was refused"):
        load_alone("fashion_mnist", tmp_path)
    shutil.rmtree(folder)
