"""Each model's size, its logits, its seeded weights and what it refuses."""

import numpy as np
import pytest

from app.catalog import DATASETS, MODELS, TASKS, why_incompatible
from app.training import models
from app.training.models import IncompatibleModel, build

IMAGE = (28, 28, 1)


# Counted by hand, layer by layer, weights and biases.
@pytest.mark.parametrize(
    ("name", "shape", "classes", "parameters"),
    [
        ("tutorial_cnn", IMAGE, 10, 1_040 + 8_224 + 16_416 + 330),
        ("tanh_cnn", IMAGE, 10, 1_040 + 8_224 + 16_416 + 330),
        ("wide_cnn", IMAGE, 10, 80 + 1_168 + 100_480 + 1_290),
        ("mlp", IMAGE, 10, 100_480 + 1_290),
        ("small_mlp", IMAGE, 10, 50_240 + 650),
        ("logistic", IMAGE, 10, 7_850),
        ("digits_cnn", (8, 8, 1), 10, 160 + 4_640 + 4_128 + 330),
        ("toy_mlp", (2,), 2, 48 + 34),
    ],
)
def test_parameter_counts(name, shape, classes, parameters):
    assert build(name, input_shape=shape, classes=classes, seed=0).count_params() == parameters


def test_every_model_of_the_catalog_is_built_where_it_fits():
    for name in MODELS:
        for dataset in DATASETS.values():
            if why_incompatible(name, dataset.input_shape) is None:
                model = build(name, input_shape=dataset.input_shape, classes=dataset.classes, seed=0)
                assert model.output_shape == (None, dataset.classes)


def test_every_task_has_a_model_that_fits_its_data():
    for task in TASKS.values():
        assert why_incompatible(task.model, DATASETS[task.dataset].input_shape) is None


def test_outputs_are_logits_not_probabilities():
    images = np.random.default_rng(0).random((5, 8, 8, 1), dtype=np.float32)
    logits = np.asarray(build("digits_cnn", input_shape=(8, 8, 1), classes=10, seed=1)(images))
    assert (logits < 0).any()
    assert np.abs(logits.sum(axis=1) - 1).min() > 1e-3


def test_the_seed_alone_decides_the_weights():
    first, again, other = (
        build("digits_cnn", input_shape=(8, 8, 1), classes=10, seed=seed).get_weights() for seed in (4, 4, 5)
    )
    assert all((one == two).all() for one, two in zip(first, again, strict=True))
    assert all((one != two).any() for one, two in zip(first, other, strict=True) if one.ndim > 1)


def test_weights_are_the_same_on_every_version_of_keras():
    # 2 * sqrt(6 / (2 + 2)) * (u - 1/2), u the first doubles of numpy's PCG64 for seed 0.
    kernel, bias = build("logistic", input_shape=(2,), classes=2, seed=0).get_weights()
    draws = np.array([[0.6369616873214543, 0.2697867137638703], [0.04097352393619469, 0.016527635528529094]])
    np.testing.assert_allclose(kernel, 2 * np.sqrt(1.5) * (draws - 0.5), rtol=1e-6)
    np.testing.assert_array_equal(bias, 0)


def test_initial_kernels_have_glorots_spread():
    kernel = build("mlp", input_shape=IMAGE, classes=10, seed=2).get_weights()[0]
    assert kernel.std() == pytest.approx(np.sqrt(2 / (784 + 128)), rel=0.02)
    convolution = build("tutorial_cnn", input_shape=IMAGE, classes=10, seed=2).get_weights()[2]
    assert convolution.std() == pytest.approx(np.sqrt(2 / (4 * 4 * (16 + 32))), rel=0.05)


@pytest.mark.parametrize(
    ("name", "shape", "reason"),
    [
        ("tutorial_cnn", (8, 8, 1), "at least 13x13 pixels; these have 8x8"),
        ("tutorial_cnn", (2,), "needs images; this dataset has 2 plain inputs"),
        ("digits_cnn", (2,), "needs images"),
        ("wide_cnn", (28, 3, 1), "at least 4x4"),
    ],
)
def test_data_that_does_not_fit_is_refused_in_a_sentence(name, shape, reason):
    with pytest.raises(IncompatibleModel, match=reason):
        build(name, input_shape=shape, classes=10, seed=0)


@pytest.mark.parametrize("name", [name for name, info in MODELS.items() if info.minimum_side > 1])
def test_the_smallest_image_of_the_catalog_is_really_the_smallest(name, monkeypatch):
    side = MODELS[name].minimum_side
    assert build(name, input_shape=(side, side, 1), classes=3, seed=0).output_shape == (None, 3)
    monkeypatch.setattr(models, "why_incompatible", lambda *_: None)
    with pytest.raises(ValueError, match=r"(?i)negative|<= 0|empty|zero"):
        build(name, input_shape=(side - 1, side - 1, 1), classes=3, seed=0)
