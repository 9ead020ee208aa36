"""This project's engine, with and without privacy."""

from __future__ import annotations

from functools import partial

from app.training import dpsgd
from app.training.models import build
from benchmarks.peers.architectures import CLASSES
from benchmarks.peers.work import Contenders, Weights, Work

dpsgd.configure_threads()


class _Trainer:
    """The engine draws its own Poisson samples inside the timed windows; no other contender samples."""

    def __init__(self, work: Work, *, private: bool) -> None:
        self._model = build(work.model, input_shape=work.images.shape[1:], classes=CLASSES, seed=1)
        if work.weights is not None:
            self._model.set_weights(work.weights)
        self._engine = dpsgd.Engine(
            self._model,
            images=work.images,
            labels=work.labels,
            test_images=work.images[:10],
            test_labels=work.labels[:10],
            classes=CLASSES,
            batch_size=work.batch_size,  # all examples join where this is N, as in the exactness check
            learning_rate=work.learning_rate,
            optimizer="sgd",
            sampling="poisson",
            clipping_norm=work.clipping_norm if private else None,
            noise_multiplier=work.noise_multiplier if private else 0.0,
            seeds=dpsgd.Seeds(sampling=1, noise=2),
        )

    def train(self, steps: int) -> int:
        return self._engine.run(steps).examples

    def weights(self) -> Weights:
        return list(self._model.get_weights())


CONTENDERS: Contenders = {
    "private": partial(_Trainer, private=True),
    "plain": partial(_Trainer, private=False),
}
