"""An archive passes by what its arrays are, not by how it was packed; anything else is refused."""

import gzip
import io
import struct

import numpy as np
import pytest

from app.catalog import IDX_FILES
from app.training.archives import NAMES, DamagedArchive, decode, fingerprint, read


@pytest.fixture
def arrays():
    generator = np.random.default_rng(5)
    return {
        "x_train": generator.integers(0, 256, (20, 3, 3), dtype=np.uint8),
        "y_train": generator.integers(0, 10, 20, dtype=np.uint8),
        "x_test": generator.integers(0, 256, (8, 3, 3), dtype=np.uint8),
        "y_test": generator.integers(0, 10, 8, dtype=np.uint8),
    }


def npz(arrays, save=np.savez):
    buffer = io.BytesIO()
    save(buffer, **arrays)
    return {"small.npz": buffer.getvalue()}


def idx(arrays):
    def pack(array):
        header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
        return gzip.compress(header + array.tobytes())

    return {IDX_FILES[name]: pack(array) for name, array in arrays.items()}


@pytest.mark.parametrize(
    "pack",
    [
        npz,
        lambda arrays: npz(arrays, np.savez_compressed),
        lambda arrays: npz(dict(reversed(arrays.items()))),
        idx,
    ],
    ids=["stored", "compressed", "other order", "idx files"],
)
def test_every_packing_of_the_same_arrays_passes(arrays, pack):
    found = decode(pack(arrays), fingerprint(arrays))
    for name in NAMES:
        np.testing.assert_array_equal(found[name], arrays[name])


def one_pixel_off(arrays):
    arrays["x_test"][3, 1, 1] ^= 1


def labels_swapped(arrays):
    arrays["y_train"], arrays["y_test"] = arrays["y_test"], arrays["y_train"]


def reshaped(arrays):
    arrays["x_train"] = arrays["x_train"].reshape(20, 9)


def retyped(arrays):
    arrays["y_train"] = arrays["y_train"].view(np.int8)


def incomplete(arrays):
    del arrays["y_test"]


def pickled(arrays):
    arrays["y_train"] = arrays["y_train"].astype(object)


@pytest.mark.parametrize("damage", [one_pixel_off, labels_swapped, reshaped, retyped, incomplete, pickled])
def test_changed_arrays_are_refused(arrays, damage):
    expected = fingerprint(arrays)
    damage(arrays)
    with pytest.raises(DamagedArchive):
        decode(npz(arrays), expected)


@pytest.mark.parametrize("packing", [npz, idx])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_cut_content_is_refused(arrays, packing, share):
    contents = {name: content[: int(share * len(content))] for name, content in packing(arrays).items()}
    with pytest.raises(DamagedArchive):
        decode(contents, fingerprint(arrays))


def test_text_in_place_of_an_archive_is_refused(arrays):
    with pytest.raises(DamagedArchive, match="cannot be read"):
        decode({"small.npz": b"<html>Not found</html>"}, fingerprint(arrays))


def test_a_file_that_changes_on_disk_is_read_again(arrays, tmp_path):
    path = tmp_path / "small.npz"
    path.write_bytes(npz(arrays)["small.npz"])
    expected = fingerprint(arrays)
    assert read(path, expected) is read(path, expected)
    path.write_bytes(b"damaged since")
    with pytest.raises(DamagedArchive):
        read(path, expected)


def test_arrays_in_memory_cannot_be_changed_by_a_run(arrays, tmp_path):
    path = tmp_path / "small.npz"
    path.write_bytes(npz(arrays)["small.npz"])
    with pytest.raises(ValueError, match="read-only"):
        read(path, fingerprint(arrays))["x_train"][0] = 0
