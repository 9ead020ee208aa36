"""Runs to vary in a test."""

from dataclasses import replace

import pytest

from app.parameters import RunParameters


@pytest.fixture
def mnist_run():
    """The default run on MNIST."""
    return RunParameters.of_task("mnist")


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
