"""The engines by name, and the one engine that a series of a run needs."""

from __future__ import annotations

from typing import Any

from app.events import Series
from app.parameters import RunParameters
from app.training import dpsgd
from app.training.datasets import Data
from app.training.models import build
from app.training.seeds import RunSeeds


class EngineUnavailable(RuntimeError):
    """The engine asked for does not run in this environment; the text says why."""


def _reference_engine(model: Any, **arguments: Any) -> Any:
    from app.training import reference  # a fast run does not wait for TensorFlow Privacy's import

    try:
        return reference.Engine(model, **arguments)
    except reference.EngineUnavailable as fault:
        raise EngineUnavailable(str(fault)) from fault


ENGINES: dict[str, Any] = {"fast": dpsgd.Engine, "tensorflow-privacy": _reference_engine}


def engine_of(parameters: RunParameters, data: Data, seeds: RunSeeds, series: Series) -> Any:
    """Return the engine of one series; the baseline: same weights and samples, no clipping, no noise."""
    model = build(
        parameters.model,
        input_shape=data.info.input_shape,
        classes=data.info.classes,
        seed=seeds.weights,
    )
    return engine_on(model, parameters, data, seeds, series)


def engine_on(
    model: Any,
    parameters: RunParameters,
    data: Data,
    seeds: RunSeeds,
    series: Series,
    *,
    watched: int | None = None,
) -> Any:
    """Return the engine that trains ``model``; ``watched`` is as in :class:`dpsgd.Engine`."""
    private = series == "private"
    more = {} if watched is None else {"watched": watched}
    return ENGINES[parameters.engine](
        model,
        images=data.images,
        labels=data.labels,
        test_images=data.test_images,
        test_labels=data.test_labels,
        classes=data.info.classes,
        batch_size=parameters.batch_size,
        learning_rate=parameters.learning_rate,
        optimizer=parameters.optimizer,
        sampling=parameters.sampling,
        clipping_norm=parameters.clipping_norm if private else None,
        noise_multiplier=parameters.noise_multiplier if private else 0.0,
        seeds=dpsgd.Seeds(sampling=seeds.sampling, noise=seeds.noise),
        **more,
    )
