"""A training process that trains nothing: ``python -m app.training`` with a paced stand-in for TensorFlow.

All of the real process but the training itself is here: its pipes, beats, orders to stop and end. The run's
``seed`` says how it behaves, its ``epochs`` how long it takes.
"""

from __future__ import annotations

import base64
import ctypes
import resource
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import IO, Any

import numpy as np

from app.events import Emit, EpochPoint, Finished, Phase, Progress, Ready, ShouldStop
from app.parameters import RunParameters
from app.tables.table import Table
from app.training import __main__ as training_process

EPOCH_SECONDS = 0.2
TICKS = 4  # progress events an epoch

DEAF = 101  # goes on, whatever it is asked
GREEDY = 102  # takes memory until there is none left for it, in Python
GREEDY_LIBRARY = 103  # likewise in a C++ library, which aborts


class _Run:
    """One pretended training; ``emit`` and ``should_stop`` as in app.training.trainer.train."""

    def __init__(self, parameters: RunParameters, emit: Emit, should_stop: ShouldStop) -> None:
        self.parameters = parameters
        self.emit = emit
        self.should_stop = should_stop
        self.steps = 0
        self.began = time.monotonic()

    def play(self, *, heeding: bool = True) -> None:
        """Emit what a training of these parameters would, in its order, and the end of it."""
        self.emit(Phase(phase="loading data"))
        self.emit(Ready(dataset=_DATASET, model=_MODEL))
        self.emit(Phase(phase="training"))
        for epoch in range(1, self.parameters.epochs + 1):
            for tick in range(1, TICKS + 1):
                time.sleep(EPOCH_SECONDS / TICKS)
                if heeding and self.should_stop():
                    return self.end("cancelled")
                self.progress(epoch - 1 + tick / TICKS)
            self.emit(_epoch_point(epoch, self.steps))
        return self.end("done")

    def progress(self, epochs: float) -> None:
        self.steps = round(self.parameters.steps * epochs / self.parameters.epochs)
        self.emit(Progress(steps=self.steps, steps_total=self.parameters.steps, epsilon=0.5))

    def end(self, state: str) -> None:
        seconds = time.monotonic() - self.began
        self.emit(Finished(state=state, steps=self.steps, training_seconds=seconds))


def _greedy(run: _Run) -> None:
    run.progress(0.5)
    _allow_bytes(2**28)
    hoard = [bytearray(2**24)]
    while True:
        hoard.append(bytearray(2**24))


def _greedy_library(run: _Run) -> None:
    run.progress(0.5)
    _allow_bytes(2**28)
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    while library.malloc(ctypes.c_size_t(2**24)):
        pass
    library.abort()  # what an uncaught std::bad_alloc comes to


def _allow_bytes(count: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (count, count))


BEHAVIOURS: Mapping[int | None, Callable[[_Run], None]] = {
    DEAF: lambda run: run.play(heeding=False),
    GREEDY: _greedy,
    GREEDY_LIBRARY: _greedy_library,
}

_DATASET = {
    "name": "digits",
    "title": "Digits",
    "examples": 1437,
    "test_examples": 360,
    "classes": 10,
    "class_names": [str(digit) for digit in range(10)],
}
_MODEL = {"name": "digits_mlp", "title": "Small network", "trainable_parameters": 1000}
_HISTOGRAM = {"before": [{"x": 2.0, "y": 1.0}], "after": [{"x": 1.0, "y": 1.0}]}


def _epoch_point(epoch: int, steps: int) -> EpochPoint:
    return EpochPoint(
        epoch=epoch,
        iteration=steps,
        accuracy=0.5,
        loss=1.0,
        test_loss=1.0,
        per_class_accuracy=[0.5] * 10,
        epsilon=0.5,
        clipped_fraction=1.0,
        gradient_norm_histogram=_HISTOGRAM,
        gradient_norm_median=2.0,
        gradient_norm_p90=2.0,
        signal_norm=0.5,
        noise_norm=0.5,
        seconds=EPOCH_SECONDS,
    )


WEIGHTS = (np.zeros((64, 10)), np.eye(10)[4])  # of the model "logistic" of digits, which then always sees a 4


def train(output: IO[str], job: Mapping[str, Any], emit: Emit, should_stop: ShouldStop) -> None:
    """Play the run of ``job`` as its seed says; the weights that it would end with come first."""
    run = _Run(RunParameters.from_dict(job["parameters"]), emit, should_stop)
    if run.parameters.table is not None:
        assert Table.from_bytes(base64.b64decode(job["table"])).info == run.parameters.table
    elif run.parameters.model == "logistic":
        training_process._weights_sender(output, job["run"])("private", list(WEIGHTS))
    BEHAVIOURS.get(run.parameters.seed, _Run.play)(run)


if __name__ == "__main__":
    training_process._load_trainer = lambda output, _: partial(train, output)  # type: ignore[assignment]
    training_process.main()
