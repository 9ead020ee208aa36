"""The traced graph that takes many steps in one call, apart from any particular run.

Weights, data, seeds and hyperparameters are arguments, so that one traced program
serves every run of the same architecture: tracing takes longer than an epoch.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from app.training.dpsgd import inspection
from app.training.dpsgd.clipping import GradientSum, clipped_gradients, plain_gradients, sum_over_chunks
from app.training.dpsgd.noise import gaussian_noise
from app.training.dpsgd.per_example import raw_variable
from app.training.dpsgd.sampling import poisson_sample
from app.training.dpsgd.threads import available_cores
from app.training.dpsgd.updates import UPDATES

CHUNK = 64
"""Examples whose gradients are held at once, at most, where convolutions need them to fit the cache."""
SMALLEST_CHUNK = 8
EVALUATION_CHUNK = 250


class Data(NamedTuple):
    """Images (uint8, or float32 used as they are) and int32 labels."""

    images: Any
    labels: Any


class Knobs(NamedTuple):
    """The scalars of a run, as tensors: changing one does not trace anew."""

    clipping_norm: Any
    noise_stddev: Any  # σ·C, on the sum
    batch_size: Any
    learning_rate: Any
    threshold: Any
    sampling_seed: Any
    noise_seed: Any


class State(NamedTuple):
    """Everything that a run carries from step to step besides their number."""

    weights: list[Any]
    slots: list[Any]


class Measured(NamedTuple):
    """Sums over the steps of one call; ``norms`` is [examples]."""

    examples: Any
    loss_sum: Any
    signal_sum: Any
    norms: Any


class Program:
    """The steps and the evaluation of one architecture.

    Raises:
        UnsupportedModel: per-example gradients are not defined for ``model``.
    """

    def __init__(self, model: Any, *, optimizer: str, sampling: str, private: bool, classes: int) -> None:
        self._units = inspection.trainable_units(model)
        self._model = model
        self._update, slots = UPDATES[optimizer]
        self._variables = [raw_variable(variable) for variable in model.trainable_variables]
        self._shapes = [variable.shape for variable in self._variables]
        self._slots = [
            [tf.Variable(tf.zeros(shape), trainable=False) for _ in range(slots)] for shape in self._shapes
        ]
        self._poisson = sampling == "poisson"
        self._private = private
        self._classes = classes
        self._cores = available_cores()
        self._dense_only = all(type(unit) is keras.layers.Dense for unit in self._units)
        self.train = tf.function(self._train, autograph=False)
        self.gradient_sum = tf.function(self._gradient_sum, autograph=False)
        self.evaluate = tf.function(self._evaluate, autograph=False)

    def initial_state(self, model: Any) -> State:
        """Return ``model``'s weights with empty slots."""
        weights = [tf.identity(raw_variable(variable)) for variable in model.trainable_variables]
        return State(weights, [tf.zeros(slot.shape) for slots in self._slots for slot in slots])

    def _load(self, state: State) -> None:
        slots = [slot for slots in self._slots for slot in slots]
        for variable, value in zip([*self._variables, *slots], [*state.weights, *state.slots], strict=True):
            variable.assign(value)

    def _train(
        self, state: State, data: Data, knobs: Knobs, first_step: Any, steps: Any, batches: Any
    ) -> tuple[State, Measured]:
        """Take ``steps`` steps; ``batches`` [steps, B] are the samples if they are not drawn here."""
        self._load(state)

        def body(offset: Any, measured: Measured) -> tuple[Any, Measured]:
            step = first_step + tf.cast(offset, tf.int64)
            indices = self._sample(data, knobs, step) if self._poisson else batches[offset]
            found = self._sum_over(indices, data, knobs)
            self._apply(found.sums, knobs, step)
            return offset + 1, Measured(
                measured.examples + tf.size(indices),
                measured.loss_sum + found.loss_sum,
                measured.signal_sum + tf.linalg.global_norm(found.sums) / knobs.batch_size,
                tf.concat([measured.norms, found.norms], axis=0),
            )

        start = Measured(tf.constant(0), tf.constant(0.0), tf.constant(0.0), tf.zeros([0]))
        invariants = Measured(*(tf.TensorShape([]) for _ in range(3)), tf.TensorShape([None]))
        _, measured = tf.while_loop(
            lambda offset, _: offset < steps,
            body,
            (tf.constant(0), start),
            shape_invariants=(tf.TensorShape([]), invariants),
        )
        weights = [tf.identity(variable) for variable in self._variables]
        return State(weights, [tf.identity(slot) for slots in self._slots for slot in slots]), measured

    def _sample(self, data: Data, knobs: Knobs, step: Any) -> Any:
        examples = tf.shape(data.labels)[0]
        return poisson_sample(knobs.sampling_seed, step, examples=examples, threshold=knobs.threshold)

    def _apply(self, sums: list[Any], knobs: Knobs, step: Any) -> None:
        if self._private:
            noise = gaussian_noise(knobs.noise_seed, step, shapes=self._shapes, stddev=knobs.noise_stddev)
            sums = [total + part for total, part in zip(sums, noise, strict=True)]
        number = tf.cast(step + 1, tf.float32)
        for variable, slots, total in zip(self._variables, self._slots, sums, strict=True):
            self._update(variable, slots, total / knobs.batch_size, knobs.learning_rate, number)

    def _gradient_sum(self, weights: list[Any], data: Data, knobs: Knobs, indices: Any) -> GradientSum:
        for variable, value in zip(self._variables, weights, strict=True):
            variable.assign(value)
        return self._sum_over(indices, data, knobs)

    def _sum_over(self, indices: Any, data: Data, knobs: Knobs) -> GradientSum:
        def gradients_of(chosen: Any) -> GradientSum:
            images, labels = self._inputs(tf.gather(data.images, chosen)), tf.gather(data.labels, chosen)
            if not self._private:
                return plain_gradients(self._model, images, labels)
            return clipped_gradients(self._model, self._units, images, labels, knobs.clipping_norm)

        return sum_over_chunks(
            gradients_of,
            indices,
            shapes=self._shapes,
            chunks=self._chunks(tf.size(indices)),
            parallel=self._cores,
        )

    def _chunks(self, examples: Any) -> Any:
        """Return how many chunks keep all cores equally busy with chunks that are neither large nor tiny."""
        rounds = 1 if self._dense_only else -(-examples // (CHUNK * self._cores))
        return tf.minimum(self._cores * rounds, -(-examples // SMALLEST_CHUNK))

    @staticmethod
    def _inputs(images: Any) -> Any:
        return tf.cast(images, tf.float32) / 255.0 if images.dtype == tf.uint8 else images

    def _evaluate(self, weights: list[Any], data: Data) -> tuple[Any, Any, Any]:
        """Return the correctly classified and the present examples of each class, and the summed loss."""
        for variable, value in zip(self._variables, weights, strict=True):
            variable.assign(value)
        count = tf.shape(data.labels)[0]

        def body(start: Any, correct: Any, loss_sum: Any) -> Any:
            labels = data.labels[start : start + EVALUATION_CHUNK]
            logits = self._model(self._inputs(data.images[start : start + EVALUATION_CHUNK]), training=False)
            hits = tf.cast(tf.argmax(logits, axis=1, output_type=tf.int32) == labels, tf.int32)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
            correct += tf.math.unsorted_segment_sum(hits, labels, self._classes)
            return start + EVALUATION_CHUNK, correct, loss_sum + tf.reduce_sum(losses)

        start = (tf.constant(0), tf.zeros([self._classes], tf.int32), tf.constant(0.0))
        _, correct, loss_sum = tf.while_loop(
            lambda position, *_: position < count, body, start, parallel_iterations=self._cores
        )
        return correct, tf.math.bincount(data.labels, minlength=self._classes), loss_sum
