"""How many cores the engine uses, and how TensorFlow spreads work over them."""

from __future__ import annotations

import os

import tensorflow as tf

OWN_MEMORY_FROM = 4
"""Cores from which threads allocate for themselves: one or two lose a tenth by it, four gain a fifth."""


def available_cores() -> int:
    """Return the number of cores this process may run on, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def configure_threads(cores: int | None = None) -> None:
    """Give every chunk of a batch one core: inter-op threads = ``cores``, intra-op 1.

    Splitting each small operation over the cores instead is slower, because a
    chunk's operations are too small to share.

    Raises:
        RuntimeError: TensorFlow has already started its threads; call this first.
    """
    cores = cores or available_cores()
    if cores >= OWN_MEMORY_FROM:
        # With oneDNN, TensorFlow keeps one pool of large tensors for all threads, which hands a core memory
        # that lies in another one's cache; the C library keeps a pool for each thread. Read at the first use.
        os.environ.setdefault("TF_ONEDNN_USE_SYSTEM_ALLOCATOR", "1")
    tf.config.threading.set_inter_op_parallelism_threads(cores)
    tf.config.threading.set_intra_op_parallelism_threads(1)
