"""A model run once while every trainable layer's input and pre-activation are written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from app.training.dpsgd.results import UnsupportedModel


@dataclass(frozen=True)
class Record:
    """One call of ``layer``.

    ``arguments`` are its (args, kwargs); ``outputs`` is the pre-activation of a
    layer whose activation was split off, else what the layer returned.
    """

    layer: Any
    arguments: tuple[tuple[Any, ...], dict[str, Any]]
    outputs: Any


@contextmanager
def recording(
    layers: Sequence[Any], *, split_activation: Callable[[Any], bool], watch: Callable[[Any], None]
) -> Iterator[list[Record]]:
    """Give a list that fills with one record a layer, in the order of their calls.

    Works by patching ``layer.call``, which Keras 2 and 3 look up on the
    instance, so that sequential, functional and subclassed models are alike.
    ``watch`` is told each output before anything uses it. Leaving restores the layers.

    Raises:
        UnsupportedModel: a layer is called a second time.
    """
    records: list[Record] = []
    with ExitStack() as patches:
        for layer in layers:
            patches.callback(layer.__dict__.pop, "call")
            # Straight into __dict__: Keras' own __setattr__ would track the function as state.
            layer.__dict__["call"] = _recorder(layer, records, split_activation(layer), watch)
        yield records


def _recorder(
    layer: Any, records: list[Record], split: bool, watch: Callable[[Any], None]
) -> Callable[..., Any]:
    original = layer.call

    def call(*args: Any, **kwargs: Any) -> Any:
        if any(record.layer is layer for record in records):
            raise UnsupportedModel(
                f"{layer.name} ({type(layer).__name__}) is used twice; give each use a layer of its own."
            )
        if not split:
            outputs = original(*args, **kwargs)
            watch(outputs)
            records.append(Record(layer, (args, kwargs), outputs))
            return outputs
        with _without_activation(layer) as activation:
            outputs = original(*args, **kwargs)
        watch(outputs)
        records.append(Record(layer, (args, kwargs), outputs))
        return outputs if activation is None else activation(outputs)

    return call


@contextmanager
def _without_activation(layer: Any) -> Iterator[Any]:
    activation = layer.__dict__["activation"]
    layer.__dict__["activation"] = None
    try:
        yield activation
    finally:
        layer.__dict__["activation"] = activation
