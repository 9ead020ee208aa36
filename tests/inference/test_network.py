"""The forward pass by hand: what each kind of layer does. tests/training compares it with Keras."""

from __future__ import annotations

import numpy as np
import pytest

from app.inference.network import Network


def test_logistic_regression_is_its_formula() -> None:
    kernel = np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0], [0.0, 0.0]], np.float32)
    network = Network("logistic", [kernel, np.array([0.0, -1.0], np.float32)])
    (found,) = network.probabilities(np.array([[[[0.5], [0.25]], [[1.0], [1.0]]]], np.float32))
    logits = np.array([0.5, 2 * 0.25 - 1])
    assert found == pytest.approx(np.exp(logits) / np.exp(logits).sum())


def test_large_logits_are_no_overflow() -> None:
    network = Network("logistic", [np.array([[1e4, -1e4]], np.float32), np.zeros(2, np.float32)])
    assert network.probabilities(np.ones((1, 1, 1, 1), np.float32)).tolist() == [[1.0, 0.0]]


def test_weights_of_another_model_are_refused() -> None:
    with pytest.raises(ValueError, match="mlp has 4 weights, these are 2"):
        Network("mlp", [np.zeros((64, 10)), np.zeros(10)])
