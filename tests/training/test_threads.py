"""How TensorFlow is told to use the cores; in this process it has long started, so it is only asked."""

import os

import pytest
import tensorflow as tf

from app.training.dpsgd.threads import OWN_MEMORY_FROM, configure_threads

ALLOCATOR = "TF_ONEDNN_USE_SYSTEM_ALLOCATOR"


@pytest.fixture
def told(monkeypatch):
    """Return what TensorFlow is told, by the name of the setting; the environment is put back."""
    told = {}
    for name in ("inter_op", "intra_op"):
        setter = f"set_{name}_parallelism_threads"
        monkeypatch.setattr(tf.config.threading, setter, lambda count, name=name: told.update({name: count}))
    monkeypatch.setenv(ALLOCATOR, "put back at the end")
    monkeypatch.delenv(ALLOCATOR)
    return told


@pytest.mark.parametrize("cores", [1, OWN_MEMORY_FROM - 1, OWN_MEMORY_FROM, 16])
def test_each_chunk_has_a_core_and_where_there_are_many_its_own_memory(told, cores):
    configure_threads(cores)
    assert told == {"inter_op": cores, "intra_op": 1}
    assert os.environ.get(ALLOCATOR) == ("1" if cores >= OWN_MEMORY_FROM else None)


def test_a_choice_made_outside_stands(told, monkeypatch):
    monkeypatch.setenv(ALLOCATOR, "0")
    configure_threads(OWN_MEMORY_FROM)
    assert os.environ[ALLOCATOR] == "0"
