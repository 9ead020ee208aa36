"""Canaries go the way of any example: through the model, the engine's clipping and its sampling."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from app.training.canaries import DIRAC_SCALE, NOBODY, bearing, marked
from app.training.dpsgd import Engine, Seeds
from app.training.models import build

CANARIES, CLASSES, SHAPE = 600, 10, (8, 8, 1)  # more than one byte's worth
RANDOM = np.random.default_rng(4)
IMAGES = RANDOM.integers(0, 256, size=(40, *SHAPE), dtype=np.uint8)
LABELS = RANDOM.integers(0, CLASSES, size=40).astype(np.int32)


def own_model():
    return build("digits_cnn", input_shape=SHAPE, classes=CLASSES, seed=1)


def engine_of(model, images, labels, *, clipping_norm=0.7, noise_multiplier=0.0, **more):
    return Engine(
        model,
        images=images,
        labels=labels,
        test_images=images,
        test_labels=labels,
        classes=CLASSES,
        batch_size=len(labels),
        learning_rate=0.5,
        optimizer="sgd",
        sampling="poisson",
        clipping_norm=clipping_norm,
        noise_multiplier=noise_multiplier,
        seeds=Seeds(sampling=1, noise=2),
        **more,
    )


def with_canaries(marks, *, images=IMAGES, clipping_norm=0.7, **more):
    model, dead = bearing(
        own_model(),
        example_shape=images.shape[1:],
        canaries=CANARIES,
        clipping_norm=clipping_norm,
        classes=CLASSES,
    )
    labels = np.where(marks == 0, LABELS, 0)
    return engine_of(
        model, marked(images, marks), labels, clipping_norm=clipping_norm, watched=dead, **more
    ), dead


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("clipping_norm", [0.05, 0.7, 20.0])
def test_a_canary_s_gradient_is_ten_c_in_its_own_weight_and_is_clipped_to_c(dtype, clipping_norm):
    images = IMAGES if dtype == np.uint8 else (IMAGES / 255).astype(np.float32)
    marks = np.zeros(40, np.int64)
    marks[[3, 5, 7]] = [1, 300, CANARIES]
    engine, dead = with_canaries(marks, images=images, clipping_norm=clipping_norm)
    sums, norms = engine.clipped_sum(np.array([3, 5, 7]))
    assert norms == pytest.approx(DIRAC_SCALE * clipping_norm, rel=1e-5)
    expected = np.zeros(CANARIES)
    expected[[0, 299, CANARIES - 1]] = clipping_norm
    assert sums.pop(dead)[:, 0] == pytest.approx(expected, rel=1e-5)
    assert all((part == 0).all() for part in sums)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_ordinary_examples_are_trained_as_if_there_were_no_canaries(dtype):
    images = IMAGES if dtype == np.uint8 else (IMAGES / 255).astype(np.float32)
    engine, dead = with_canaries(np.zeros(40, np.int64), images=images)
    found, norms = engine.clipped_sum(np.arange(40))
    assert (found.pop(dead) == 0).all()
    plain, plain_norms = engine_of(own_model(), images, LABELS).clipped_sum(np.arange(40))
    assert norms == pytest.approx(plain_norms, rel=1e-5)
    for one, other in zip(found, plain, strict=True):
        assert one == pytest.approx(other, rel=1e-4, abs=1e-6)


def test_an_empty_place_has_no_gradient():
    engine, _ = with_canaries(np.full(40, NOBODY))
    sums, norms = engine.clipped_sum(np.arange(40))
    assert (norms == 0).all()
    assert all((part == 0).all() for part in sums)


def test_the_noisy_sums_of_the_dead_weights_are_told_step_by_step():
    marks = np.zeros(40, np.int64)
    marks[:20] = 1 + np.arange(20)
    quiet, noisy = (with_canaries(marks, noise_multiplier=noise)[0] for noise in (0.0, 2.0))
    told = quiet.run(3).watched
    assert told.shape == (3, CANARIES)
    assert told[:, :20] == pytest.approx(0.7, rel=1e-5)  # q = 1: each canary joins each step, clipped to C
    assert (told[:, 20:] == 0).all()
    noise = noisy.run(50).watched[:, 20:]
    assert noise.std() == pytest.approx(2.0 * 0.7, rel=0.02)
    assert noise.mean() == pytest.approx(0.0, abs=0.04)


def test_moved_dead_weights_are_not_felt():
    marks = np.zeros(40, np.int64)
    model, dead = bearing(
        own_model(), example_shape=SHAPE, canaries=CANARIES, clipping_norm=1.0, classes=CLASSES
    )
    inputs = marked(IMAGES, marks).astype(np.float32) / 255
    before = model(inputs).numpy()
    model.trainable_variables[dead].assign(np.full((CANARIES, 1), 1e3, np.float32))
    assert (model(inputs).numpy() == before).all()
    assert before == pytest.approx(own_model()(IMAGES.astype(np.float32) / 255).numpy(), rel=1e-5, abs=1e-6)


def test_plain_inputs_bear_canaries_too():
    points = RANDOM.uniform(-1, 1, size=(6, 2)).astype(np.float32)
    model, dead = bearing(
        build("toy_mlp", input_shape=(2,), classes=2, seed=1),
        example_shape=(2,),
        canaries=4,
        clipping_norm=1.0,
        classes=2,
    )
    logits = model(marked(points, np.array([0, 0, 1, 2, 4, NOBODY]))).numpy()
    assert (logits[:2] != 0).any(axis=1).all()
    assert (logits[2:] == 0).all()
    assert tuple(model.trainable_variables[dead].shape) == (4, 1)


def test_a_model_with_canaries_can_be_cloned():
    model, _ = bearing(own_model(), example_shape=SHAPE, canaries=4, clipping_norm=1.0, classes=CLASSES)
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    inputs = marked(IMAGES, np.arange(40) % 5).astype(np.float32) / 255
    assert (clone(inputs).numpy() == model(inputs).numpy()).all()
