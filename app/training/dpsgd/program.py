"""The traced graph that takes many steps in one call, apart from any particular run.

Weights, data, seeds and hyperparameters are arguments, so that one traced program
serves every run of the same architecture: tracing takes longer than an epoch.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from app.training.dpsgd.architecture import architecture_key
from app.training.dpsgd.clipping import GradientSum, clipped_gradients, plain_gradients, sum_over_chunks
from app.training.dpsgd.data import Data, model_inputs
from app.training.dpsgd.evaluation import classify
from app.training.dpsgd.inspection import (
    check_examples_are_independent,
    trainable_units,
    use_plain_normalization,
)
from app.training.dpsgd.noise import gaussian_noise
from app.training.dpsgd.per_example import raw_variable
from app.training.dpsgd.sampling import poisson_sample
from app.training.dpsgd.threads import available_cores
from app.training.dpsgd.updates import UPDATES

CHUNK = 80
"""Examples whose gradients are held at once, at most, where convolutions need them to fit the cache.

64 to 96 cost the same an example; 80 lets nearly all Poisson samples of B = 256 go in four.
"""
SMALLEST_CHUNK = 8


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
    """Sums over the steps of one call; ``norms`` is [examples], ``watched`` [steps, size].

    The sums of losses and signals are float64: there adding float32 numbers of like size is exact, so that
    they do not depend on how steps are grouped into calls.
    """

    examples: Any
    loss_sum: Any
    signal_sum: Any
    norms: Any
    watched: Any

    @classmethod
    def nothing(cls, watched_size: int) -> Measured:
        zero = tf.constant(0.0, tf.float64)
        return cls(tf.constant(0), zero, zero, tf.zeros([0]), tf.zeros([0, watched_size]))

    def plus(self, indices: Any, found: GradientSum, batch_size: Any, watched: Any) -> Measured:
        """Return the sums with one more step, whose sample was ``indices``; ``watched`` is [1, size]."""
        return Measured(
            self.examples + tf.size(indices),
            self.loss_sum + tf.cast(found.loss_sum, tf.float64),
            self.signal_sum + tf.cast(tf.linalg.global_norm(found.sums) / batch_size, tf.float64),
            tf.concat([self.norms, found.norms], axis=0),
            tf.concat([self.watched, watched], axis=0),
        )


class Kind(NamedTuple):
    """What a program is traced for besides the architecture; a change of any of it needs another.

    ``watched`` is the place of a variable whose noisy sums are to be told, step by step.
    """

    optimizer: str
    sampling: str
    private: bool
    classes: int
    image_shape: tuple[int, ...]
    image_dtype: str
    watched: int | None = None


class Program:
    """The steps and the evaluation of one architecture.

    It computes with the variables of ``model``, which :attr:`lock` protects: every call loads them anew.

    Raises:
        UnsupportedModel: per-example gradients are not defined for ``model``.
    """

    def __init__(self, model: Any, kind: Kind) -> None:
        use_plain_normalization(model)
        self._units = trainable_units(model)
        check_examples_are_independent(model, self._units, input_shape=kind.image_shape, classes=kind.classes)
        self._model, self._kind = model, kind
        self._update, slots = UPDATES[kind.optimizer]
        self._variables = [raw_variable(variable) for variable in model.trainable_variables]
        self._shapes = [variable.shape for variable in self._variables]
        self._slots = [
            [tf.Variable(tf.zeros(shape), trainable=False) for _ in range(slots)] for shape in self._shapes
        ]
        self._cores = available_cores()
        self._dense_only = all(type(unit) is keras.layers.Dense for unit in self._units)
        self.lock = threading.Lock()
        self._trace()

    def _trace(self) -> None:
        """Wrap the three entries; nothing but shapes of weights and images is fixed, so each traces once."""

        def spec(dtype: Any, shape: Any = ()) -> Any:
            return tf.TensorSpec(shape, dtype)

        weights = [spec(tf.float32, shape) for shape in self._shapes]
        state = State(weights, [spec(tf.float32, slot.shape) for slots in self._slots for slot in slots])
        images = spec(tf.as_dtype(self._kind.image_dtype), [None, *self._kind.image_shape])
        data = Data(images, spec(tf.int32, [None]))
        real, key = spec(tf.float32), spec(tf.int64)
        knobs = Knobs(real, real, real, real, spec(tf.int32), key, key)
        steps = [spec(tf.int64), spec(tf.int32), spec(tf.int32, [None, None])]
        # Without autograph: all control flow here is explicit, and converting it costs a second.
        self.train = tf.function(self._train, [state, data, knobs, *steps], autograph=False)
        self.gradient_sum = tf.function(
            self._gradient_sum, [weights, data, knobs, spec(tf.int32, [None])], autograph=False
        )
        self.evaluate = tf.function(self._evaluate, [weights, data], autograph=False)

    def initial_state(self, model: Any) -> State:
        """Return ``model``'s weights with empty slots."""
        weights = [tf.identity(raw_variable(variable)) for variable in model.trainable_variables]
        return State(weights, [tf.zeros(slot.shape) for slots in self._slots for slot in slots])

    def _load(self, weights: list[Any], slots: list[Any]) -> None:
        own = [slot for slots in self._slots for slot in slots] if slots else []
        for variable, value in zip([*self._variables, *own], [*weights, *slots], strict=True):
            variable.assign(value)

    def _train(
        self, state: State, data: Data, knobs: Knobs, first_step: Any, steps: Any, batches: Any
    ) -> tuple[State, Measured]:
        """Take ``steps`` steps; ``batches`` [steps, B] are the samples if they are not drawn here."""
        self._load(*state)

        def sample(offset: Any) -> Any:
            if self._kind.sampling == "poisson":
                return self._sample(data, knobs, first_step + tf.cast(offset, tf.int64))
            return batches[tf.minimum(offset, steps - 1)]

        def body(offset: Any, indices: Any, measured: Measured) -> tuple[Any, Any, Measured]:
            found = self._sum_over(indices, data, knobs)
            step = first_step + tf.cast(offset, tf.int64)
            sums = self._noisy(found.sums, knobs, step)
            self._apply(sums, knobs, step)
            following = sample(offset + 1)  # does not wait for this step, so it fills idle cores
            return offset + 1, following, measured.plus(indices, found, knobs.batch_size, self._watched(sums))

        scalar, vector, rows = tf.TensorShape([]), tf.TensorShape([None]), tf.TensorShape([None, None])
        nothing = Measured.nothing(self._watched_size())
        _, _, measured = tf.while_loop(
            lambda offset, *_: offset < steps,
            body,
            (tf.constant(0), sample(tf.constant(0)), nothing),
            shape_invariants=(scalar, vector, Measured(scalar, scalar, scalar, vector, rows)),
        )
        weights = [tf.identity(variable) for variable in self._variables]
        return State(weights, [tf.identity(slot) for slots in self._slots for slot in slots]), measured

    def _sample(self, data: Data, knobs: Knobs, step: Any) -> Any:
        examples = tf.shape(data.labels)[0]
        return poisson_sample(knobs.sampling_seed, step, examples=examples, threshold=knobs.threshold)

    def _noisy(self, sums: list[Any], knobs: Knobs, step: Any) -> list[Any]:
        if not self._kind.private:
            return sums
        noise = gaussian_noise(knobs.noise_seed, step, shapes=self._shapes, stddev=knobs.noise_stddev)
        return [total + part for total, part in zip(sums, noise, strict=True)]

    def _watched_size(self) -> int:
        return 0 if self._kind.watched is None else math.prod(self._shapes[self._kind.watched])

    def _watched(self, sums: list[Any]) -> Any:
        if self._kind.watched is None:
            return tf.zeros([1, 0])
        return tf.reshape(sums[self._kind.watched], [1, -1])

    def _apply(self, sums: list[Any], knobs: Knobs, step: Any) -> None:
        number = tf.cast(step + 1, tf.float32)
        for variable, slots, total in zip(self._variables, self._slots, sums, strict=True):
            self._update(variable, slots, total / knobs.batch_size, knobs.learning_rate, number)

    def _gradient_sum(self, weights: list[Any], data: Data, knobs: Knobs, indices: Any) -> GradientSum:
        self._load(weights, [])
        return self._sum_over(indices, data, knobs)

    def _sum_over(self, indices: Any, data: Data, knobs: Knobs) -> GradientSum:
        def gradients_of(chosen: Any) -> GradientSum:
            images, labels = model_inputs(tf.gather(data.images, chosen)), tf.gather(data.labels, chosen)
            if not self._kind.private:
                return plain_gradients(self._model, images, labels)
            return self._clipped_gradients(images, labels, knobs.clipping_norm)

        chunks = self._chunks(tf.size(indices))
        return sum_over_chunks(
            gradients_of, indices, shapes=self._shapes, chunks=chunks, parallel=self._cores
        )

    def _clipped_gradients(self, images: Any, labels: Any, clipping_norm: Any) -> GradientSum:
        """Return the clipped sum of one chunk; the one thing that another implementation replaces."""
        return clipped_gradients(self._model, self._units, images, labels, clipping_norm)

    def _chunks(self, examples: Any) -> Any:
        """Return how many chunks keep all cores equally busy with chunks that are neither large nor tiny."""
        rounds = 1 if self._dense_only else -(-examples // (CHUNK * self._cores))
        return tf.minimum(self._cores * rounds, -(-examples // SMALLEST_CHUNK))

    def _evaluate(self, weights: list[Any], data: Data) -> tuple[Any, Any, Any]:
        self._load(weights, [])
        return classify(self._model, data, classes=self._kind.classes, parallel=self._cores)


_programs: OrderedDict[tuple[str, Kind], Program] = OrderedDict()
_PROGRAMS_KEPT = 4  # each costs the process 10-60 MB


def program_for(model: Any, kind: Kind) -> Program:
    """Return a program for ``model``'s architecture, one that is already traced where possible.

    A kept program computes with a model of its own, so that it cannot disturb its callers'.

    Raises:
        UnsupportedModel: per-example gradients are not defined for ``model``.
    """
    architecture = architecture_key(model)
    if architecture is None:
        return Program(model, kind)
    key = (architecture, kind)
    if key not in _programs:
        _programs[key] = Program(keras.models.clone_model(model), kind)
        if len(_programs) > _PROGRAMS_KEPT:
            _programs.popitem(last=False)
    _programs.move_to_end(key)
    return _programs[key]
