"""Models without per-example gradients are refused, with a reason that their owner can act on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from app.training.dpsgd import Engine, Seeds, UnsupportedModel
from app.training.dpsgd.architecture import architecture_key

L = keras.layers
CLASSES = 4


def sequential(*layers: Any) -> Any:
    return keras.Sequential([keras.Input((8,)), *layers])


def used_twice() -> Any:
    inputs = keras.Input((8,))
    shared = L.Dense(8)
    return keras.Model(inputs, L.Dense(CLASSES)(shared(shared(inputs))))


def nested_used_twice() -> Any:
    inputs = keras.Input((8,))
    shared = sequential(L.Dense(8))
    return keras.Model(inputs, L.Dense(CLASSES)(shared(shared(inputs))))


class MeanOverTheBatch(L.Layer):
    def call(self, inputs: Any) -> Any:
        return inputs - tf.reduce_mean(inputs, axis=0, keepdims=True)

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


class OwnWeight(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.gain = self.add_weight(name="gain", shape=(CLASSES,), initializer="ones")
        self.head = L.Dense(CLASSES)

    def call(self, inputs: Any) -> Any:
        return self.gain * self.head(inputs)


def own_weight() -> Any:
    model = OwnWeight()
    model(np.zeros((1, 8), np.float32))
    return model


def frozen_whole() -> Any:
    model = sequential(L.Dense(CLASSES))
    model.trainable = False
    return model


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "batch normalisation": (
        lambda: sequential(L.Dense(8), L.BatchNormalization(), L.Dense(CLASSES)),
        "BatchNormalization.*LayerNormalization",
    ),
    "batch normalisation, nested": (
        lambda: sequential(sequential(L.BatchNormalization(scale=False, center=False)), L.Dense(CLASSES)),
        "BatchNormalization",
    ),
    "own layer that mixes examples": (
        lambda: sequential(L.Dense(8), MeanOverTheBatch(), L.Dense(CLASSES)),
        "depends on the others",
    ),
    "dropout": (lambda: sequential(L.Dense(64), L.Dropout(0.5), L.Dense(CLASSES)), "chance"),
    "layer used twice": (used_twice, "used twice"),
    "nested model used twice": (nested_used_twice, "used twice"),
    "no trainable layer": (frozen_whole, "nothing to train"),
    "weight outside layers": (own_weight, "outside its layers"),
    "regularizer": (
        lambda: sequential(L.Dense(CLASSES, kernel_regularizer="l2")),
        "regularizer",
    ),
    "constraint": (lambda: sequential(L.Dense(CLASSES, bias_constraint="non_neg")), "constraint"),
    "half precision": (lambda: sequential(L.Dense(CLASSES, dtype="mixed_float16")), "float16"),
    "wrong number of classes": (lambda: sequential(L.Dense(3)), "must be 4 logits"),
}


def engine(model: Any) -> Engine:
    return Engine(
        model,
        images=np.ones((20, 8), np.float32),
        labels=np.arange(20) % CLASSES,
        test_images=np.ones((4, 8), np.float32),
        test_labels=np.arange(4),
        classes=CLASSES,
        batch_size=5,
        learning_rate=0.1,
        optimizer="sgd",
        sampling="poisson",
        clipping_norm=1.0,
        noise_multiplier=0.0,
        seeds=Seeds(sampling=1, noise=2),
    )


@pytest.mark.parametrize("name", REFUSED)
def test_model_is_refused_with_its_reason(name: str) -> None:
    build, reason = REFUSED[name]
    with pytest.raises(UnsupportedModel, match=reason):
        engine(build())


def test_refusal_leaves_the_model_usable() -> None:
    model = used_twice()
    with pytest.raises(UnsupportedModel):
        engine(model)
    assert model(np.ones((2, 8), np.float32)).shape == (2, CLASSES)


def test_frozen_batch_normalisation_mixes_nothing_and_is_allowed() -> None:
    normalisation = L.BatchNormalization()
    normalisation.trainable = False
    assert engine(sequential(normalisation, L.Dense(CLASSES))).run(2).steps == 2


def test_frozen_weights_stay_as_they_are() -> None:
    model = sequential(L.Dense(6), L.Dense(CLASSES))
    model.layers[0].trainable = False
    kernel, _, head, _ = model.get_weights()
    engine(model).run(3)
    np.testing.assert_array_equal(model.get_weights()[0], kernel)
    assert not np.array_equal(model.get_weights()[2], head)


SAME = [
    (L.Dense(5), L.Dense(5, name="another")),
    (L.Dense(5), L.Dense(5, kernel_initializer="zeros")),
    (L.Dense(5, activation="relu"), L.Dense(5, activation=keras.activations.relu)),
]
DIFFERENT = [
    (L.Dense(5), L.Dense(6)),
    (L.Dense(5), L.Dense(5, use_bias=False)),
    (L.Dense(5), L.Dense(5, activation="relu")),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_names_and_start_values_are_no_part_of_the_architecture(first: Any, second: Any) -> None:
    assert architecture_key(sequential(first)) == architecture_key(sequential(second))


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_what_is_computed_is_part_of_the_architecture(first: Any, second: Any) -> None:
    assert architecture_key(sequential(first)) != architecture_key(sequential(second))


@pytest.mark.parametrize(
    "build",
    [
        lambda: sequential(L.Dense(5, activation=lambda x: x * x)),
        lambda: sequential(L.Lambda(lambda x: 2 * x), L.Dense(5)),
        lambda: sequential(MeanOverTheBatch(), L.Dense(5)),
        frozen_whole,
        used_twice,
    ],
)
def test_code_that_a_configuration_does_not_hold_is_never_shared(build: Callable[[], Any]) -> None:
    assert architecture_key(build()) is None
