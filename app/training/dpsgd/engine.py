"""DP-SGD on one model and one data set: exact, and about as fast as training without privacy."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from app.catalog import SAMPLINGS
from app.training.dpsgd.data import as_data
from app.training.dpsgd.evaluation import summarised
from app.training.dpsgd.program import Kind, Knobs, Measured, Program, program_for
from app.training.dpsgd.results import Evaluation, Seeds, StepStatistics
from app.training.dpsgd.sampling import poisson_threshold, shuffled_batches
from app.training.dpsgd.updates import UPDATES

SECONDS_PER_CALL = 0.2
FIRST_CALL, LONGEST_CALL = 20, 40


class Engine:
    """Trains ``model`` in place with DP-SGD.

    One step: each example joins with probability q = B/N, its gradient over all
    trainable weights is clipped to L2 norm C, N(0, (σC)²) is added to each
    coordinate of the sum, the sum is divided by the nominal B, and the optimizer moves the weights.

    Args:
        model: outputs logits [B, classes]; its trainable weights are updated.
        images: uint8 (scaled by 1/255 in the graph) or float32 (used as they are).
        batch_size: B, the expected sample size; at most N.
        optimizer: "sgd", "momentum" (0.9) or "adam".
        sampling: "poisson", or "shuffle" for fixed-size batches (not what the accountant analyses).
        clipping_norm: C > 0, or None for ordinary training on the same samples, without noise.
        noise_multiplier: σ >= 0; 0 adds no noise.
        watched: the place among the trainable variables of one whose noisy sums :meth:`run` shall tell.

    Raises:
        UnsupportedModel: per-example gradients are not defined for ``model``.
        ValueError: a number is out of its range.
    """

    def __init__(
        self,
        model: Any,
        *,
        images: npt.NDArray[Any],
        labels: npt.NDArray[Any],
        test_images: npt.NDArray[Any],
        test_labels: npt.NDArray[Any],
        classes: int,
        batch_size: int,
        learning_rate: float,
        optimizer: str,
        sampling: str,
        clipping_norm: float | None,
        noise_multiplier: float,
        seeds: Seeds,
        watched: int | None = None,
    ) -> None:
        counts = {"training": (len(images), len(labels)), "test": (len(test_images), len(test_labels))}
        faults = [*_data_faults(counts), *_choice_faults(optimizer, sampling)]
        faults += _number_faults(
            len(images),
            batch_size=batch_size,
            clipping_norm=clipping_norm,
            noise_multiplier=noise_multiplier,
            learning_rate=learning_rate,
        )
        if faults:
            raise ValueError("; ".join(faults) + ".")
        self._model, self._examples, self._batch_size = model, len(images), batch_size
        self._clipping_norm, self._seeds, self._sampling = clipping_norm, seeds, sampling
        self._data, self._test_data = as_data(images, labels), as_data(test_images, test_labels)
        self._program = self._program_for(
            model,
            Kind(
                optimizer=optimizer,
                sampling=sampling,
                private=clipping_norm is not None,
                classes=classes,
                image_shape=tuple(images.shape[1:]),
                image_dtype=self._data.images.dtype.name,
                watched=watched,
            ),
        )
        self._state = self._program.initial_state(model)
        self.parameters = sum(int(np.prod(weight.shape)) for weight in self._state.weights)
        stddev = noise_multiplier * (clipping_norm or 0.0)
        self._noise_norm = stddev * math.sqrt(self.parameters) / batch_size
        self._knobs = Knobs(
            clipping_norm=tf.constant(clipping_norm or 0.0, tf.float32),
            noise_stddev=tf.constant(stddev, tf.float32),
            batch_size=tf.constant(batch_size, tf.float32),
            learning_rate=tf.constant(learning_rate, tf.float32),
            threshold=tf.constant(poisson_threshold(batch_size=batch_size, examples=len(images)), tf.int32),
            sampling_seed=_key(seeds.sampling),
            noise_seed=_key(seeds.noise),
        )
        self._steps_per_call = FIRST_CALL
        self.steps_done = 0

    def _program_for(self, model: Any, kind: Kind) -> Program:
        return program_for(model, kind)

    def run(self, steps: int) -> StepStatistics:
        """Take exactly ``steps`` steps and return what they measured."""
        calls: list[Measured] = []
        remaining = steps
        while remaining:
            count = min(remaining, self._steps_per_call)
            started = time.perf_counter()
            calls.append(self._call(count))
            rate = count / (time.perf_counter() - started)
            self._steps_per_call = int(np.clip(rate * SECONDS_PER_CALL, 1, LONGEST_CALL))
            remaining -= count
        self._write_back()
        return self._statistics(steps, calls)

    def _call(self, steps: int) -> Measured:
        with self._program.lock:
            self._state, measured = self._program.train(
                self._state,
                self._data,
                self._knobs,
                tf.constant(self.steps_done, tf.int64),
                tf.constant(steps),
                self._batches(steps),
            )
        measured = Measured(*(part.numpy() for part in measured))
        self.steps_done += steps
        return measured

    def _batches(self, steps: int) -> Any:
        if self._sampling == "poisson":
            return tf.zeros([0, 0], tf.int32)  # drawn in the graph
        return tf.constant(
            shuffled_batches(
                self._seeds.sampling,
                first_step=self.steps_done,
                steps=steps,
                batch_size=self._batch_size,
                examples=self._examples,
            )
        )

    def _write_back(self) -> None:
        for variable, weight in zip(self._model.trainable_variables, self._state.weights, strict=True):
            variable.assign(weight)

    def _statistics(self, steps: int, calls: list[Measured]) -> StepStatistics:
        norms = np.concatenate([call.norms for call in calls] or [np.zeros(0, np.float32)])
        return StepStatistics(
            steps=steps,
            examples=int(sum(call.examples for call in calls)),
            loss_sum=float(sum(call.loss_sum for call in calls)),
            clipped=int(np.sum(norms > self._clipping_norm)) if self._clipping_norm else 0,
            norms=norms,
            signal_norm=float(sum(call.signal_sum for call in calls)) / max(steps, 1),
            noise_norm=self._noise_norm,
            watched=np.concatenate([call.watched for call in calls] or [np.zeros((0, 0), np.float32)]),
        )

    @property
    def weights(self) -> list[npt.NDArray[np.float32]]:
        """Return the present weights, one array a trainable variable in the model's order."""
        return [weight.numpy() for weight in self._state.weights]

    def clipped_sum(
        self, indices: npt.NDArray[Any]
    ) -> tuple[list[npt.NDArray[np.float32]], npt.NDArray[np.float32]]:
        """Return Σ of the clipped gradients of these training examples, one array a trainable
        variable, and the norms [n] before clipping; at the present weights, without noise.
        """
        with self._program.lock:
            found = self._program.gradient_sum(
                self._state.weights, self._data, self._knobs, tf.constant(indices, tf.int32)
            )
        return [part.numpy() for part in found.sums], found.norms.numpy()

    def evaluate(self) -> Evaluation:
        """Return accuracy and loss over the whole test set at the present weights."""
        with self._program.lock:
            found = self._program.evaluate(self._state.weights, self._test_data)
        return summarised(*found)


def _data_faults(counts: dict[str, tuple[int, int]]) -> Iterator[str]:
    for name, (images, labels) in counts.items():
        if not images or images != labels:
            yield f"{images} images and {labels} labels are no {name} data"


def _choice_faults(optimizer: str, sampling: str) -> Iterator[str]:
    if optimizer not in UPDATES:
        yield f"optimizer {optimizer!r} is none of {', '.join(UPDATES)}"
    if sampling not in SAMPLINGS:
        yield f"sampling {sampling!r} is none of {', '.join(SAMPLINGS)}"


def _number_faults(
    examples: int,
    *,
    batch_size: int,
    clipping_norm: float | None,
    noise_multiplier: float,
    learning_rate: float,
) -> Iterator[str]:
    if not 1 <= batch_size <= examples:
        yield f"batch_size {batch_size} must lie between 1 and the number of examples, {examples}"
    if clipping_norm is None and noise_multiplier:
        yield f"noise_multiplier {noise_multiplier} needs a clipping_norm, which is its unit"
    if clipping_norm is not None and not 0 < clipping_norm < math.inf:
        yield f"clipping_norm {clipping_norm} must be above 0 and finite"
    if not 0 <= noise_multiplier < math.inf:
        yield f"noise_multiplier {noise_multiplier} must be at least 0 and finite"
    if not 0 <= learning_rate < math.inf:
        yield f"learning_rate {learning_rate} must be at least 0 and finite"


def _key(seed: int) -> Any:
    """Return a 64-bit seed, signed or not, as an int64 tensor of the same bits."""
    return tf.constant(np.uint64(seed % 2**64).astype(np.int64))
