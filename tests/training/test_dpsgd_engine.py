"""The engine as its caller sees it: steps, statistics, updates, evaluation."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from app.training.dpsgd import Engine, Seeds

L = keras.layers
GENERATOR = np.random.default_rng(8)
IMAGES = GENERATOR.integers(0, 256, (200, 6, 6, 1)).astype(np.uint8)
LABELS = GENERATOR.integers(0, 3, 200)
STEPS = 25


def small_model() -> Any:
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), L.Conv2D(3, 3, activation="relu"), L.Flatten(), L.Dense(3)]
    )
    generator = np.random.default_rng(2)
    model.set_weights([np.float32(generator.normal(0, 0.3, w.shape)) for w in model.get_weights()])
    return model


def engine(model: Any = None, **changes: Any) -> Engine:
    settings: dict[str, Any] = {
        "images": IMAGES,
        "labels": LABELS,
        "test_images": IMAGES[:70],
        "test_labels": LABELS[:70],
        "classes": 3,
        "batch_size": 20,
        "learning_rate": 0.1,
        "optimizer": "sgd",
        "sampling": "poisson",
        "clipping_norm": 0.7,
        "noise_multiplier": 1.0,
        "seeds": Seeds(sampling=3, noise=4),
    }
    return Engine(model or small_model(), **(settings | changes))


def weights_after(parts: list[int], **changes: Any) -> np.ndarray:
    model = small_model()
    trained = engine(model, **changes)
    for steps in parts:
        trained.run(steps)
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("sampling", ["poisson", "shuffle"])
def test_same_seeds_give_the_same_run_however_steps_are_grouped(optimizer: str, sampling: str) -> None:
    choice = {"optimizer": optimizer, "sampling": sampling}
    whole = weights_after([STEPS], **choice)
    for parts in ([1] * STEPS, [7, 1, 17], [24, 1]):
        np.testing.assert_array_equal(whole, weights_after(parts, **choice))


def test_losses_add_up_the_same_however_steps_are_grouped() -> None:
    # In float32 they differed by 3e-8 from run to run, since calls are cut by measured speed.
    def loss_sum(parts: list[int]) -> float:
        trained = engine(small_model())
        return sum(trained.run(steps).loss_sum for steps in parts)

    assert loss_sum([STEPS]) == loss_sum([1] * STEPS) == loss_sum([7, 1, 17])


def test_either_seed_changes_the_run() -> None:
    first = weights_after([3])
    assert not np.array_equal(first, weights_after([3], seeds=Seeds(sampling=3, noise=5)))
    assert not np.array_equal(first, weights_after([3], seeds=Seeds(sampling=5, noise=4)))


def test_two_engines_of_one_architecture_do_not_disturb_each_other() -> None:
    expected = weights_after([6])
    first, second = small_model(), small_model()
    ours, other = engine(first), engine(second, seeds=Seeds(sampling=30, noise=40), learning_rate=0.5)
    for _ in range(6):
        ours.run(1)
        other.run(2)
    np.testing.assert_array_equal(expected, np.concatenate([w.ravel() for w in first.get_weights()]))


KERAS_OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.1),
    "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "adam": lambda: keras.optimizers.Adam(0.1),
}


@pytest.mark.parametrize("optimizer", KERAS_OPTIMIZERS)
def test_updates_equal_keras_optimizers_fed_with_the_same_gradients(optimizer: str) -> None:
    model, copy = small_model(), small_model()
    choice = {"optimizer": optimizer, "sampling": "shuffle", "noise_multiplier": 0.0, "batch_size": 200}
    ours, theirs = engine(model, **choice), KERAS_OPTIMIZERS[optimizer]()
    for _ in range(6):
        sums, _ = ours.clipped_sum(np.arange(200))  # one batch holds everything, in whatever order
        gradients = [tf.constant(part / 200) for part in sums]
        theirs.apply_gradients(zip(gradients, copy.trainable_variables, strict=True))
        ours.run(1)
    for found, expected in zip(model.get_weights(), copy.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-6)


def test_statistics_tell_what_the_steps_did() -> None:
    all_norms = engine().clipped_sum(np.arange(200))[1]
    median = float(np.median(all_norms))
    statistics = engine(learning_rate=0.0, clipping_norm=median).run(STEPS)
    assert statistics.steps == STEPS
    assert statistics.examples == len(statistics.norms) != STEPS * 20
    assert np.isclose(statistics.norms[:, None], all_norms, rtol=1e-4).any(axis=1).all()
    assert statistics.clipped == np.sum(statistics.norms > median)
    assert statistics.clipped / statistics.examples == pytest.approx(0.5, abs=0.1)
    assert statistics.noise_norm == pytest.approx(median * np.sqrt(177) / 20)
    assert statistics.loss_sum / statistics.examples == pytest.approx(engine().evaluate().loss, rel=0.15)


def test_signal_is_the_norm_of_the_sum_over_the_nominal_batch() -> None:
    choice = {"sampling": "shuffle", "batch_size": 200, "learning_rate": 0.0}
    sums, _ = engine(**choice).clipped_sum(np.arange(200))
    expected = np.sqrt(sum(np.sum(part.astype(np.float64) ** 2) for part in sums)) / 200
    assert engine(**choice).run(3).signal_norm == pytest.approx(expected, rel=1e-5)


def test_division_is_by_the_nominal_batch_and_not_by_the_drawn_one() -> None:
    model = small_model()
    start = np.concatenate([weight.ravel() for weight in model.get_weights()])
    trained = engine(model, batch_size=20, noise_multiplier=0.0, clipping_norm=1e-3, learning_rate=1.0)
    drawn = trained.run(1).examples
    moved = np.linalg.norm(np.concatenate([weight.ravel() for weight in model.get_weights()]) - start)
    assert drawn != 20
    assert moved <= 1e-3 * drawn / 20 * (1 + 1e-4)
    assert trained.run(1).examples != drawn


def test_empty_sample_is_a_step_of_noise_alone() -> None:
    seeds = Seeds(sampling=1, noise=4)
    choice = {"images": IMAGES[:2], "labels": LABELS[:2], "batch_size": 1, "seeds": seeds}
    for _ in range(3):
        model = small_model()
        before = model.get_weights()
        trained = engine(model, **choice)
        sizes = []
        while not sizes or sizes[-1]:
            before = model.get_weights()
            sizes.append(trained.run(1).examples)
        change = np.concatenate([(b - a).ravel() for a, b in zip(before, model.get_weights(), strict=True)])
        assert change.std() == pytest.approx(0.1 * 0.7, rel=0.25)


def test_a_run_of_empty_samples_has_no_norms() -> None:
    model = small_model()
    trained = engine(model, images=IMAGES[:2], labels=LABELS[:2], batch_size=1)
    statistics = [trained.run(1) for _ in range(12)]
    empty = [part for part in statistics if not part.examples]
    assert empty
    assert all(part.norms.shape == (0,) and part.loss_sum == 0 and part.signal_norm == 0 for part in empty)


def test_baseline_is_plain_sgd_on_the_same_samples() -> None:
    baseline = engine(clipping_norm=None, noise_multiplier=0.0)
    private, unclipped = engine(), engine(clipping_norm=1e6, noise_multiplier=0.0)
    statistics = baseline.run(9)
    assert statistics.examples == private.run(9).examples
    assert statistics.norms.size == statistics.clipped == statistics.noise_norm == 0
    unclipped.run(9)
    assert baseline.evaluate().loss == pytest.approx(unclipped.evaluate().loss, rel=1e-5)


def test_evaluation_equals_keras_own() -> None:
    model = small_model()
    images = np.concatenate([IMAGES] * 3)[:583]  # not a multiple of the evaluation's chunk
    labels = np.concatenate([LABELS] * 3)[:583]
    found = engine(model, test_images=images, test_labels=labels).evaluate()
    logits = model(images.astype(np.float32) / 255).numpy().astype(np.float64)
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    right = logits.argmax(axis=1) == labels
    assert found.accuracy == right.mean()
    assert found.loss == pytest.approx(-log_probabilities[np.arange(583), labels].mean(), rel=1e-5)
    assert found.per_class_accuracy == [right[labels == label].mean() for label in range(3)]


def test_a_class_without_test_examples_has_no_accuracy() -> None:
    chosen = LABELS != 1
    found = engine(test_images=IMAGES[chosen], test_labels=LABELS[chosen]).evaluate()
    assert np.isnan(found.per_class_accuracy[1])
    assert 0 <= found.accuracy <= 1


def test_bytes_are_scaled_and_floats_are_not() -> None:
    floats = engine(images=IMAGES / 255.0, test_images=IMAGES[:70] / 255.0)
    assert floats.evaluate().loss == pytest.approx(engine().evaluate().loss, rel=1e-6)
    assert floats.run(3).loss_sum == pytest.approx(engine().run(3).loss_sum, rel=1e-5)


def test_steps_are_counted_and_none_is_none() -> None:
    trained = engine()
    assert trained.run(0).steps == 0
    trained.run(41)
    trained.run(2)
    assert trained.steps_done == 43
    assert trained.parameters == 3 * 9 + 3 + 48 * 3 + 3


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"batch_size": 201}, "batch_size 201"),
        ({"batch_size": 0}, "batch_size 0"),
        ({"clipping_norm": 0.0}, "clipping_norm 0.0"),
        ({"clipping_norm": float("nan")}, "clipping_norm nan"),
        ({"noise_multiplier": -1.0}, "noise_multiplier -1.0"),
        ({"noise_multiplier": float("nan")}, "noise_multiplier nan"),
        ({"clipping_norm": None}, "needs a clipping_norm"),
        ({"optimizer": "lion"}, "optimizer 'lion'"),
        ({"sampling": "random"}, "sampling 'random'"),
        ({"learning_rate": float("inf")}, "learning_rate inf"),
        ({"batch_size": 201, "optimizer": "lion", "clipping_norm": -1.0}, "lion.*201.*-1.0"),
        ({"labels": LABELS[:5]}, "200 images"),
        ({"test_images": IMAGES[:0], "test_labels": LABELS[:0]}, "test"),
    ],
)
def test_what_cannot_be_trained_is_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        engine(**changes)


def test_an_engine_leaves_the_model_of_another_of_the_same_architecture_alone() -> None:
    first, second = small_model(), small_model()
    one, other = engine(first), engine(second)
    one.run(1)
    before = first.get_weights()[0]
    other.run(2)
    np.testing.assert_array_equal(first.get_weights()[0], before)
