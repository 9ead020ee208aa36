"""An audit: the training done again with canaries in it, and what an attacker finds out about them.

The m canaries take m of the N places in the training set, each by the fair toss of a coin; where it falls
the other way the place stays empty. So members and non-members are alike in everything but the coin: they
come out of the same training examples, never out of the test set. Sources: Steinke, Nasr & Jagielski,
"Privacy Auditing with One (1) Training Run", NeurIPS 2023; Dirac canaries: Nasr et al., "Tight Auditing of
Differentially Private Machine Learning", 2023.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from app.events import Audited, Series
from app.parameters import RunParameters
from app.privacy.audit_plan import CONFIDENCE, AuditPlan
from app.privacy.canaries import dirac_guesses, dirac_scores, judged, mislabelled_guesses
from app.privacy.membership import membership
from app.training.canaries import NOBODY, bearing, marked
from app.training.datasets import Data
from app.training.engines import engine_on
from app.training.models import build
from app.training.seeds import AuditSeeds

_CHUNK = 1000


@dataclass(frozen=True, kw_only=True)
class Lots:
    """What was drawn for an audit: each canary's place in the training set and its coin, both [m].

    ``wrong_labels`` [m] is each place's label moved on by 1 to classes−1, so that it is never right.
    """

    places: NDArray[np.int64]
    included: NDArray[np.bool_]
    wrong_labels: NDArray[np.int32]


def drawn(data: Data, *, canaries: int, seed: int) -> Lots:
    """Return the lots of ``canaries`` canaries among the training examples of ``data``."""
    random = np.random.default_rng(seed)
    places = random.choice(len(data.labels), size=canaries, replace=False)
    moved = random.integers(1, data.info.classes, size=canaries)
    wrong = (data.labels[places] + moved) % data.info.classes
    return Lots(places=places, included=random.random(canaries) < 0.5, wrong_labels=wrong.astype(np.int32))


class Trial:
    """One audit of the training that ``parameters`` and ``data`` make.

    :attr:`data` is what is trained on. :meth:`engine_of` makes an engine of it, :meth:`verdict` tells
    what the engine of each series gave away once it has been trained.
    """

    def __init__(self, parameters: RunParameters, data: Data, plan: AuditPlan, seeds: AuditSeeds) -> None:
        self._parameters, self._plan, self._seeds = parameters, plan, seeds
        self._lots = drawn(data, canaries=plan.canaries, seed=seeds.canaries)
        self._suspects = data.images[self._lots.places]  # [m, ...]
        self.data = _with_canaries(data, self._lots, plan.method)
        self._scores: dict[Series, NDArray[np.float64]] = {}
        self._models: dict[Series, Any] = {}

    def engine_of(self, series: Series) -> Any:
        """Return a new engine of ``series``, whose canaries this trial watches."""
        info, dirac = self.data.info, self._plan.method == "dirac"
        shape = self._suspects.shape[1:]
        own = build(
            self._parameters.model, input_shape=shape, classes=info.classes, seed=self._seeds.training.weights
        )
        model, watched = bearing(
            own,
            example_shape=shape,
            canaries=self._plan.canaries if dirac else 0,
            clipping_norm=self._parameters.clipping_norm,
            classes=info.classes,
        )
        self._models[series], self._scores[series] = model, np.zeros(self._plan.canaries)
        engine = engine_on(model, self._parameters, self.data, self._seeds.training, series, watched=watched)
        return Watching(engine, lambda sums: self._watch(series, sums)) if dirac else engine

    def _watch(self, series: Series, noisy_sums: NDArray[np.float32]) -> None:
        parameters = self._parameters
        self._scores[series] += dirac_scores(
            noisy_sums.astype(np.float64) / parameters.clipping_norm,
            sampling_probability=parameters.sampling_probability,
            noise_multiplier=self._noise(series),
        )

    def _noise(self, series: Series) -> float:
        return self._parameters.noise_multiplier if series == "private" else 0.0

    def verdict(self, *, steps: int, epsilon: float | None) -> Audited:
        """Return what was found out after ``steps`` steps; ``epsilon`` is what is guaranteed for them."""
        found = self._found("private", steps)
        baseline = self._found("baseline", steps) if "baseline" in self._models else None
        return Audited(
            method=self._plan.method,
            canaries=self._plan.canaries,
            confidence=CONFIDENCE,
            epsilon_upper_bound=epsilon,
            baseline=baseline,
            **found,
        )

    def forget(self, series: Series) -> None:
        """Tell nothing of ``series``, whose training broke off."""
        self._models.pop(series, None)

    def _found(self, series: Series, steps: int) -> dict[str, Any]:
        guesses = self._guesses(series, steps)  # before any score is looked at
        scores = self._scores[series] if self._plan.method == "dirac" else -self._losses(series)
        found = judged(scores, self._lots.included, guesses=guesses, delta=self._parameters.delta)
        told = membership(scores, self._lots.included, confidence=CONFIDENCE)
        return {**asdict(found), "membership": asdict(told) if told else None}

    def _guesses(self, series: Series, steps: int) -> int:
        if self._plan.method == "mislabelled":
            return mislabelled_guesses(self._plan.canaries)
        return dirac_guesses(
            canaries=self._plan.canaries,
            sampling_probability=self._parameters.sampling_probability,
            noise_multiplier=self._noise(series),
            steps=steps,
            delta=self._parameters.delta,
        )

    def _losses(self, series: Series) -> NDArray[np.float64]:
        """Return each canary's loss under its wrong label, [m], whether it was trained on or not."""
        model = self._models[series]
        suspects = marked(self._suspects, np.zeros(self._plan.canaries, np.int64))
        scale = np.float32(255 if suspects.dtype == np.uint8 else 1)
        found = []
        for start in range(0, len(suspects), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            logits = model(tf.constant(suspects[chunk].astype(np.float32) / scale), training=False)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(self._lots.wrong_labels[chunk], logits)
            found.append(losses.numpy().astype(np.float64))
        return np.concatenate(found)


class Watching:
    """An engine whose noisy sums are shown to ``watch``; else it is ``engine``."""

    def __init__(self, engine: Any, watch: Any) -> None:
        self._engine, self._watch = engine, watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def run(self, steps: int) -> Any:
        """Take ``steps`` steps."""
        statistics = self._engine.run(steps)
        self._watch(statistics.watched)
        return statistics


def _with_canaries(data: Data, lots: Lots, method: str) -> Data:
    """Return ``data`` marked, each canary's place taken by it or, by its coin, by nobody."""
    marks = np.zeros(len(data.labels), np.int64)
    labels = data.labels.copy()
    if method == "dirac":
        marks[lots.places] = 1 + np.arange(len(lots.places))
        labels[lots.places] = 0  # what the canaries' gradient is made for
    else:
        labels[lots.places] = lots.wrong_labels
    marks[lots.places[~lots.included]] = NOBODY
    return replace(
        data,
        images=marked(data.images, marks),
        labels=labels,
        test_images=marked(data.test_images, np.zeros(len(data.test_labels), np.int64)),
    )
