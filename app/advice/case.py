"""A run document as the advice reads it: numbers that may be missing, never wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

from app.catalog import DATASETS, OPTIMIZERS, SAMPLINGS, TABLE, TASKS
from app.parameters import OF_A_TASK, PARAMETERS, RunParameters
from app.simulation.learning import MOMENTUM

EpsilonOf = Callable[[RunParameters], float | None]
AccuracyOf = Callable[[RunParameters], float | None]

GRADIENT_SCALE = 9.0

_NUMBERS = (*OF_A_TASK, "train_size")


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """One finished epoch as far as the document tells; None where it does not."""

    epoch: int
    accuracy: float | None = None
    loss: float | None = None
    test_loss: float | None = None
    epsilon: float | None = None
    clipped_fraction: float | None = None
    gradient_norm_median: float | None = None
    gradient_norm_p90: float | None = None
    signal_norm: float | None = None
    noise_norm: float | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """A run to be advised on, with the two functions that predict what a change would do.

    ``epsilon_of`` gives the ε of a whole run (None: infinite); ``accuracy_of``
    its simulated final test accuracy (None: no fit).
    """

    parameters: RunParameters
    ended: bool
    measured: bool
    epochs: tuple[Epoch, ...]
    notices: frozenset[str]
    per_class_accuracy: tuple[float, ...]
    epsilon_of: EpsilonOf
    accuracy_of: AccuracyOf

    @cached_property
    def epsilon(self) -> float | None:
        """Return the ε of the whole run as planned; None where it is infinite."""
        return self.epsilon_of(self.parameters)

    @property
    def limit(self) -> float:
        """Return the ε that the person wants to stay within: the target if one was set, else the budget."""
        target = self.parameters.target_epsilon
        return min(self.parameters.privacy_budget, target) if target else self.parameters.privacy_budget

    @property
    def evidence(self) -> str:
        return "measured" if self.measured else "simulated"

    @property
    def last(self) -> Epoch | None:
        return self.epochs[-1] if self.epochs else None

    @property
    def accuracy(self) -> float | None:
        """Return the final test accuracy; None while epochs are missing: it is never compared early."""
        return self.last.accuracy if self.last and self.last.epoch >= self.parameters.epochs else None

    @property
    def travel(self) -> float:
        """Return u = lr * C * T: how far the clipped gradients can move the weights.

        Momentum multiplies the step by 1/(1-0.9). Clipping cannot use more than
        the real gradient norm, which is about GRADIENT_SCALE before anything is learnt.
        """
        norm = self.parameters.clipping_norm
        reach = norm / math.sqrt(1.0 + (norm / GRADIENT_SCALE) ** 2)
        gain = 1.0 / (1.0 - MOMENTUM) if self.parameters.optimizer == "momentum" else 1.0
        return gain * self.parameters.learning_rate * reach * self.parameters.steps

    @property
    def noise_to_signal(self) -> float | None:
        """Return the noise norm of a step over its signal norm in the last epoch, if both are known."""
        if not self.last or self.last.noise_norm is None or not self.last.signal_norm:
            return None
        return self.last.noise_norm / self.last.signal_norm

    @property
    def guessing(self) -> float:
        """Return the accuracy of guessing: one over the number of classes."""
        return 1.0 / self.parameters.data.classes

    def has_learnt(self, accuracy: float) -> bool:
        """Return whether ``accuracy`` is well above guessing: at least 40 % of the way to perfect."""
        return accuracy - self.guessing >= 0.4 * (1.0 - self.guessing)

    def epsilon_with(self, **changes: Any) -> float | None:
        """Return the ε of the run with ``changes``; None where it is infinite."""
        return self.epsilon_of(replace(self.parameters, **changes))

    def gain_of(self, changes: Mapping[str, Any]) -> float | None:
        """Return the simulated change of final accuracy by ``changes``; None without a fit."""
        before = self.accuracy_of(self.parameters)
        after = self.accuracy_of(replace(self.parameters, **changes))
        return None if before is None or after is None else after - before


def read(document: Mapping[str, Any], *, epsilon_of: EpsilonOf, accuracy_of: AccuracyOf) -> Case | None:
    """Return what ``document`` says about its run, or None if its parameters are not complete and sound."""
    parameters = read_parameters(document)
    if parameters is None:
        return None
    return Case(
        parameters=parameters,
        ended=document.get("state") not in {"queued", "running"},
        measured=document.get("evidence") == "measured",
        epochs=read_epochs(document),
        notices=_notices(document),
        per_class_accuracy=_numbers(document.get("per_class_accuracy")),
        epsilon_of=epsilon_of,
        accuracy_of=accuracy_of,
    )


def finite(value: object) -> float | None:
    """Return ``value`` as a float if it is a finite number, else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def final_number(document: object, name: str) -> float | None:
    """Return the final metric ``name`` of a run document or of a baseline; None if it is not there."""
    metrics = document.get("final_metrics") if isinstance(document, Mapping) else None
    return finite(metrics.get(name)) if isinstance(metrics, Mapping) else None


def read_parameters(document: Mapping[str, Any]) -> RunParameters | None:
    """Return the run's parameters, or None if one is missing, unknown or impossible."""
    values = document.get("parameters")
    if not isinstance(values, Mapping):
        return None
    try:
        parameters = RunParameters.from_dict(values)
    except TypeError:
        return None
    return parameters if _is_sound(parameters) else None


def read_epochs(document: Mapping[str, Any]) -> tuple[Epoch, ...]:
    """Return the finished epochs; numbers that are missing or not finite are None."""
    rows = document.get("epochs")
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        return ()
    return tuple(_epoch(row, place) for place, row in enumerate(rows, start=1) if isinstance(row, Mapping))


def _epoch(row: Mapping[str, Any], place: int) -> Epoch:
    numbers = {name: finite(row.get(name)) for name in Epoch.__dataclass_fields__ if name != "epoch"}
    index = finite(row.get("epoch"))
    return Epoch(epoch=place if index is None else int(index), **numbers)


def _notices(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the ids of the run's notices."""
    notices = document.get("notices")
    rows = notices if isinstance(notices, Sequence) else ()
    return frozenset(str(row.get("id")) for row in rows if isinstance(row, Mapping))


def _numbers(values: object) -> tuple[float, ...]:
    """Return a list of numbers, empty if one of them is missing."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        return ()
    numbers = [finite(value) for value in values]
    return () if None in numbers else tuple(cast("list[float]", numbers))


def _is_sound(parameters: RunParameters) -> bool:
    """Return whether every number is there and inside its bounds, and every name is known."""
    return (
        all(_is_within_bounds(name, getattr(parameters, name)) for name in _NUMBERS)
        and (
            parameters.target_epsilon is None
            or _is_within_bounds("target_epsilon", parameters.target_epsilon)
        )
        and parameters.batch_size <= parameters.train_size
        and _is_known(parameters)
        and parameters.optimizer in OPTIMIZERS
        and parameters.sampling in SAMPLINGS
    )


def _is_known(parameters: RunParameters) -> bool:
    if parameters.table is not None:
        return parameters.task == parameters.dataset == TABLE
    return parameters.task in TASKS and parameters.dataset in DATASETS


def _is_within_bounds(name: str, value: object) -> bool:
    bounds, number = PARAMETERS[name], finite(value)
    if number is None or (bounds.integer and not isinstance(value, int)):
        return False
    return bounds.minimum <= number <= bounds.maximum
