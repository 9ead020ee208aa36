"""Where one core's time goes in a step: ``python -m benchmarks.peers.step_profile``.

Prints JSON: for the private and the plain step of the tutorial CNN at B = 256 the microseconds of processor
time an example, ``total``, and by TensorFlow's profiler those of each group of operations.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

MODEL, BATCH_SIZE, STEPS, ROUNDS, TRACES = "tutorial_cnn", 256, 20, 12, 3
GROUPS = {
    "convolutions, forward and back to their input": ("FusedConv2D", "Conv2DBackpropInput"),
    "kernel gradients: summed, or one an example": ("Conv2DBackpropFilter", "BatchMatMul"),
    "patches for them: identity convolution, padding, copies": (
        "Conv2D",
        "PadV2",
        "GatherV2",
        "StridedSlice",
    ),
    "dense layers, norms, clipped sums": ("MatMul", "EuclideanNorm", "Square", "Sum", "Transpose"),
    "pools and ReLU": ("MaxPool", "ReluGrad"),
    "random bits of sample and noise": ("StatelessRandom", "Cos", "Sin", "Log", "Sqrt", "Where", "LessEqual"),
}
"""Groups by what the names of their operations hold; the first that fits counts."""


def profile() -> dict[str, dict[str, float]]:
    """Return {"private": {...}, "plain": {...}}, measured in turns."""
    from benchmarks.peers.contenders.playground import CONTENDERS
    from benchmarks.peers.work import training

    trainers = {name: CONTENDERS[name](training(MODEL, BATCH_SIZE, 60_000)) for name in ("private", "plain")}
    totals: dict[str, list[float]] = {name: [] for name in trainers}
    for trainer in trainers.values():
        trainer.train(STEPS)
    for _ in range(ROUNDS):
        for name, trainer in trainers.items():
            started = time.process_time()
            examples = trainer.train(STEPS)
            totals[name].append(1e6 * (time.process_time() - started) / examples)
    found = {}
    for name, trainer in trainers.items():
        least = min([traced(trainer) for _ in range(TRACES)], key=lambda groups: sum(groups.values()))
        found[name] = {"total": min(totals[name]), **least}
    return found


def traced(trainer: Any) -> dict[str, float]:
    """Return the microseconds an example of each group in one traced call."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        examples = trainer.train(STEPS)
        tf.profiler.experimental.stop()
        (file,) = Path(folder).rglob("*.xplane.pb")
        seconds = operations(file)
    found = dict.fromkeys(GROUPS, 0.0)
    for name, picoseconds in seconds.items():
        group = next((group for group, parts in GROUPS.items() if any(part in name for part in parts)), None)
        if group is not None:
            found[group] += picoseconds / 1e6 / examples
    return found


def operations(file: Path) -> Counter[str]:
    """Return the picoseconds of every operation in a trace, by its type."""
    try:
        from tensorflow.tsl.profiler.protobuf import xplane_pb2
    except ImportError:  # where newer TensorFlow keeps it
        from tensorflow.core.profiler.protobuf import xplane_pb2

    space, found = xplane_pb2.XSpace(), Counter[str]()
    space.ParseFromString(file.read_bytes())
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                name, separator, kind = plane.event_metadata[event.metadata_id].name.rpartition(":")
                if separator and name:
                    found[kind] += event.duration_ps
    return found


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    print(json.dumps(profile()))
