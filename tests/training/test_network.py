"""The web's forward pass beside Keras', for every model of the catalog on every shape of image it takes."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from app.catalog import DATASETS, MODELS, why_incompatible
from app.inference.archive import packed, unpacked
from app.inference.network import Network
from app.training.models import build

SHAPES = sorted({info.input_shape for info in DATASETS.values() if len(info.input_shape) == 3})
CASES = [(name, shape) for name in MODELS for shape in SHAPES if why_incompatible(name, shape) is None]
ODD = ("digits_cnn", (9, 13, 2))  # padding and pooling at sides that do not divide


@pytest.mark.parametrize(("name", "shape"), [*CASES, ODD])
def test_the_web_s_forward_pass_is_keras_own(name: str, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(3)
    model = build(name, input_shape=shape, classes=10, seed=1)
    trained = [part + random.normal(0, 0.1, part.shape).astype(np.float32) for part in model.get_weights()]
    model.set_weights(trained)
    images = random.uniform(size=(5, *shape)).astype(np.float32)
    network = Network(name, unpacked(packed(trained)))
    found = network.probabilities(images)
    keras = tf.nn.softmax(model(images, training=False)).numpy()
    assert found.dtype == np.float32
    assert np.ptp(keras, axis=1).min() > 0.01, "else any answer would pass"
    np.testing.assert_allclose(found, keras, rtol=0, atol=1e-5)
