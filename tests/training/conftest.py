"""Runs to vary in a test."""

from dataclasses import replace

import pytest

from app.parameters import RunParameters


@pytest.fixture
def mnist_run():
    """The default run on MNIST."""
    return RunParameters(
        mode="real",
        task="mnist",
        dataset="mnist",
        model="tutorial_cnn",
        train_size=60_000,
        optimizer="sgd",
        sampling="poisson",
        engine="fast",
        clipping_norm=1.0,
        noise_multiplier=0.8,
        batch_size=256,
        learning_rate=0.02,
        epochs=15,
        delta=1e-5,
        privacy_budget=3.0,
    )


@pytest.fixture
def digits_run(mnist_run):
    """A short run on the embedded digits."""
    return replace(
        mnist_run,
        task="digits",
        dataset="digits",
        model="digits_cnn",
        train_size=1_437,
        optimizer="adam",
        learning_rate=0.01,
        noise_multiplier=2.0,
        batch_size=128,
        epochs=2,
    )
