"""TensorFlow Privacy as a second engine and as the oracle of the first."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import keras
import numpy as np
import pytest

from app.training import dpsgd, reference

# What TensorFlow Privacy imports still uses distutils.
pytestmark = pytest.mark.filterwarnings("ignore:distutils Version classes:DeprecationWarning")

L = keras.layers
GENERATOR = np.random.default_rng(5)
IMAGES = GENERATOR.integers(0, 256, (120, 12, 12, 1)).astype(np.uint8)
LABELS = GENERATOR.integers(0, 10, 120)
needs_tensorflow_privacy = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow_privacy") is None,
    reason="TensorFlow Privacy has no release for this Python",
)


def small_cnn() -> Any:
    model = keras.Sequential(
        [
            keras.Input((12, 12, 1)),
            L.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
            L.MaxPooling2D(2, 1),
            L.Flatten(),
            L.Dense(10),
        ]
    )
    generator = np.random.default_rng(1)
    model.set_weights([np.float32(generator.normal(0, 0.3, w.shape)) for w in model.get_weights()])
    return model


def engine(module: Any, **changes: Any) -> Any:
    settings = {
        "images": IMAGES,
        "labels": LABELS,
        "test_images": IMAGES,
        "test_labels": LABELS,
        "classes": 10,
        "batch_size": 30,
        "learning_rate": 0.1,
        "optimizer": "momentum",
        "sampling": "poisson",
        "clipping_norm": 2.0,
        "noise_multiplier": 1.0,
        "seeds": dpsgd.Seeds(sampling=3, noise=4),
    }
    return module.Engine(small_cnn(), **(settings | changes))


def flat(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([part.ravel() for part in parts])


@needs_tensorflow_privacy
@pytest.mark.parametrize("clipping_norm", [0.01, 3.0, 1000.0])
@pytest.mark.parametrize("size", [0, 1, 65, 120])
def test_both_engines_clip_alike(clipping_norm: float, size: int) -> None:
    ours, theirs = (engine(module, clipping_norm=clipping_norm) for module in (dpsgd, reference))
    (our_sum, our_norms), (their_sum, their_norms) = (e.clipped_sum(np.arange(size)) for e in (ours, theirs))
    error = np.linalg.norm(flat(our_sum) - flat(their_sum))
    assert error <= 1e-6 * np.linalg.norm(flat(their_sum))
    np.testing.assert_allclose(our_norms, their_norms, rtol=1e-5)


@needs_tensorflow_privacy
def test_both_engines_train_alike_on_the_same_seeds() -> None:
    ours, theirs = engine(dpsgd), engine(reference)
    our_statistics, their_statistics = ours.run(6), theirs.run(6)
    assert our_statistics.examples == their_statistics.examples
    assert our_statistics.loss_sum == pytest.approx(their_statistics.loss_sum, rel=1e-4)
    assert ours.evaluate().loss == pytest.approx(theirs.evaluate().loss, rel=1e-4)


@needs_tensorflow_privacy
def test_reference_trains_the_baseline_too() -> None:
    statistics = engine(reference, clipping_norm=None, noise_multiplier=0.0).run(2)
    assert statistics.norms.size == 0
    assert statistics.clipped == 0


def test_absence_is_said_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_privacy.privacy.keras_models.dp_keras_model", None)
    with pytest.raises(reference.EngineUnavailable, match='Choose the engine "fast"'):
        engine(reference)
