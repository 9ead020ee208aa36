"""Turns a validated request into resolved run parameters: task, defaults, solved noise, fallback.

The rules of choosing data (docs/http_api.md, "Choosing data"): a task brings its dataset, size, model,
optimizer and defaults; an explicit dataset selects the task of that name; ``auto`` without a task is
mnist when it can be had, else the whole task digits with a notice.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.catalog import (
    DATASETS,
    DEFAULT_TASK,
    FALLBACK_TASK,
    TABLE,
    TASKS,
    TableInfo,
    cure_for_missing,
    is_available,
    task_named,
    why_incompatible,
)
from app.errors import Fault, InvalidParameters, Unavailable
from app.parameters import OF_A_TASK, PARAMETERS, RunParameters, default_of
from app.privacy.guarantee import guaranteed_epsilon
from app.privacy.mechanism import Mechanism
from app.privacy.wording import ROWS_OF_A_PERSON
from app.schemas.calibration import solvable, with_solved_epochs, with_solved_noise
from app.schemas.requests import StrictRequest, given
from app.settings import Settings

Notice = dict[str, str]

_AS_GIVEN = ("stop_at_budget", "target_epsilon", "seed", "baseline")


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What a request means: the run's parameters, those it falls back to, and what to tell the person.

    ``fallback`` stands in if the data turn out to be out of reach or damaged; None where nothing may.
    """

    parameters: RunParameters
    fallback: RunParameters | None = None
    notices: tuple[Notice, ...] = ()


def resolve(request: StrictRequest, *, settings: Settings, table: TableInfo | None = None) -> Resolved:
    """Return the training that ``request`` asks for; ``table`` is what is public of the table it names.

    Raises:
        InvalidParameters: parameters contradict each other, or the target ε cannot be reached.
        Unavailable: the dataset named cannot be had; the detail says the cure.
    """
    values = given(request)
    if values.get("mode", "simulation") == "simulation":
        return _simulation(values)
    if TABLE in (values.get("dataset"), *values):
        return _on_a_table(values, table)
    if _may_fall_back(values):
        return _automatic(values, settings)
    parameters = complete(values)
    if not _can_be_had(parameters.dataset, settings):
        raise Unavailable(
            f"The dataset {parameters.dataset} is not on this server. {cure_for_missing(parameters.dataset)}"
        )
    return Resolved(parameters=parameters, notices=_seed_notices(parameters))


def complete(
    values: Mapping[str, Any], *, default_task: str = DEFAULT_TASK, table: TableInfo | None = None
) -> RunParameters:
    """Return the run parameters of the fields set in ``values``, the rest from their task.

    ``table`` is what is public of the table that is trained on, where one is.

    Raises:
        InvalidParameters: with every contradiction, or with the nearest ε that can be reached.
    """
    faults = [*_contradictions(values), *_table_faults(values, table)]
    if TABLE in (values.get("dataset"), *values) and faults:
        raise InvalidParameters.of(*faults)
    parameters = _filled(values, default_task, table)
    faults += _size_faults(parameters)
    if faults:
        raise InvalidParameters.of(*faults)
    if parameters.target_epsilon is not None:
        parameters = with_solved_noise(parameters, parameters.target_epsilon)
        _check_same_noise(parameters, values.get("noise_multiplier"))
    if parameters.stop_at_budget:
        _check_first_step(parameters)
    return parameters


def solved(values: Mapping[str, Any]) -> tuple[str, RunParameters]:
    """Return what was solved for (noise_multiplier or epochs), and the parameters that spend the target ε.

    Raises:
        InvalidParameters: contradictions, nothing left to solve for, or an ε out of reach.
    """
    solved_for = solvable(values)
    target_epsilon = values["target_epsilon"]
    parameters = complete({name: value for name, value in values.items() if name != "target_epsilon"})
    solve = with_solved_epochs if solved_for == "epochs" else with_solved_noise
    return solved_for, solve(parameters, target_epsilon)


def _simulation(values: Mapping[str, Any]) -> Resolved:
    parameters = complete(values)
    if "engine" in values and parameters.engine != "fast":
        raise InvalidParameters.of(Fault("engine", "chooses what trains a real run; a simulation has none"))
    if parameters.seed is None:
        parameters = replace(parameters, seed=secrets.randbelow(int(PARAMETERS["seed"].maximum) + 1))
    return Resolved(parameters=parameters)


def _on_a_table(values: Mapping[str, Any], table: TableInfo | None) -> Resolved:
    parameters = complete(values, table=table)
    return Resolved(parameters=parameters, notices=(*_table_notices(parameters), *_seed_notices(parameters)))


def _automatic(values: Mapping[str, Any], settings: Settings) -> Resolved:
    if not _can_be_had(TASKS[DEFAULT_TASK].dataset, settings):
        return _stand_in(values)
    parameters = complete(values)
    # Also where the archive lies on the disk: it may turn out to be damaged.
    return Resolved(
        parameters=parameters,
        fallback=_possible_fallback(values),
        notices=_seed_notices(parameters),
    )


def _stand_in(values: Mapping[str, Any]) -> Resolved:
    notice = _fallback_notice()
    try:
        parameters = complete(values, default_task=FALLBACK_TASK)
    except InvalidParameters as fault:
        # Faults about data that nobody asked for are a riddle without the reason for them.
        raise InvalidParameters(f"{fault.detail} {notice['text']}", errors=fault.errors) from None
    return Resolved(parameters=parameters, notices=(notice, *_seed_notices(parameters)))


def _possible_fallback(values: Mapping[str, Any]) -> RunParameters | None:
    """Return the parameters on the embedded data, or None where those asked for do not fit it."""
    try:
        return complete(values, default_task=FALLBACK_TASK)
    except InvalidParameters:
        return None


def _may_fall_back(values: Mapping[str, Any]) -> bool:
    return "task" not in values and values.get("dataset", "auto") == "auto"


def _can_be_had(dataset: str, settings: Settings) -> bool:
    return is_available(dataset, data_directory=settings.data_dir, offline=settings.offline)


def _filled(values: Mapping[str, Any], default_task: str, table: TableInfo | None) -> RunParameters:
    dataset = values.get("dataset", "auto")
    task = task_named(values.get("task", default_task if dataset == "auto" else dataset))
    dataset = task.dataset if dataset == "auto" else dataset
    examples = table.train_examples if table else min(task.train_size, DATASETS[dataset].train_examples)
    numbers: dict[str, Any] = {name: values.get(name, default_of(name, task.name)) for name in OF_A_TASK}
    return RunParameters(
        mode=values.get("mode", "simulation"),
        task=task.name,
        dataset=dataset,
        model=values.get("model", task.model),
        train_size=values.get("train_size", examples),
        optimizer=values.get("optimizer", task.optimizer),
        sampling=values.get("sampling", "poisson"),
        engine=values.get("engine", "fast"),
        table=table,
        **numbers,
        **{name: values[name] for name in _AS_GIVEN if name in values},
    )


def _contradictions(values: Mapping[str, Any]) -> Iterator[Fault]:
    if "target_epsilon" in values and values.get("sampling") == "shuffle":
        yield Fault("target_epsilon", "needs sampling poisson; shuffled batches are not covered by it.")


def _table_faults(values: Mapping[str, Any], table: TableInfo | None) -> Iterator[Fault]:
    if values.get("dataset") != TABLE:
        if "table" in values:
            yield Fault("dataset", f'must be "{TABLE}" where a table is named.')
        return
    if "task" in values:
        yield Fault("task", "does not go with a table of one's own; leave it out.")
    if values.get("mode", "simulation") == "simulation":
        yield Fault(
            "dataset", 'a table of one\'s own has no simulation: nothing is known of it; mode "real".'
        )
    elif table is None:
        yield Fault(
            "table", f'is required where dataset is "{TABLE}": the id that POST /api/tables answered.'
        )


def _check_same_noise(solved_for: RunParameters, noise_multiplier: float | None) -> None:
    # A document's parameters hold both; sent again they mean the same run.
    if noise_multiplier in (None, solved_for.noise_multiplier):
        return
    rule = "solves for noise_multiplier; give one of the two, not both."
    solution = f"is solved for where target_epsilon is given, to {solved_for.noise_multiplier:g}"
    raise InvalidParameters.of(
        Fault("target_epsilon", rule),
        Fault("noise_multiplier", f"{solution}; received {noise_multiplier:g}."),
    )


def _check_first_step(parameters: RunParameters) -> None:
    epsilon = guaranteed_epsilon(Mechanism.of(parameters))(1)
    budget = parameters.privacy_budget
    if epsilon is None or epsilon > budget:
        spent = "infinite" if epsilon is None else f"{epsilon:.4g}"
        rule = (
            f"received {budget:g}, but after the first step ε is {spent}: raise the noise multiplier or it."
        )
        raise InvalidParameters.of(Fault("privacy_budget", rule))


def _size_faults(parameters: RunParameters) -> Iterator[Fault]:
    info = parameters.data
    batch_size, train_size = parameters.batch_size, parameters.train_size
    if train_size > info.train_examples:
        yield Fault("train_size", f"{info.name} has {info.train_examples} examples; received {train_size}.")
    if batch_size > train_size:
        yield Fault("batch_size", f"must not exceed train_size {train_size}; received {batch_size}.")
        yield Fault("train_size", f"must be at least batch_size {batch_size}; is {train_size}.")
    incompatible = why_incompatible(parameters.model, info.input_shape)
    if incompatible:
        yield Fault("model", f"{incompatible} Dataset: {info.name}.")


def _fallback_notice() -> Notice:
    asked, used = DATASETS[TASKS[DEFAULT_TASK].dataset], DATASETS[TASKS[FALLBACK_TASK].dataset]
    text = f"{asked.title} cannot be had here, so this run trains on: {used.title}. "
    return {
        "id": "dataset-fallback",
        "severity": "warning",
        "text": text + cure_for_missing(asked.name),
    }


def _table_notices(parameters: RunParameters) -> tuple[Notice, ...]:
    """Return what the owner of a table should know before its result goes anywhere."""
    notices: list[Notice] = [
        {"id": "row-unit", "severity": "warning", "text": ROWS_OF_A_PERSON},
        {"id": "exact-measures", "severity": "info", "text": _EXACT_MEASURES},
    ]
    if parameters.table and parameters.table.from_data:
        names = ", ".join(f"“{name}”" for name in parameters.table.from_data)
        text = (
            f"Bounds or values were taken from the data ({names}): they tell of single rows, and ε does not "
        )
        notices.append({"id": "bounds-from-data", "severity": "warning", "text": f"{text}cover that."})
    return tuple(notices)


_EXACT_MEASURES = (
    "The accuracy shown is exact for the rows set aside for the test, as the loss and the gradient norms are "
    "for those trained on: ε covers the trained model, and none of these figures. They are for you alone."
)


def _seed_notices(parameters: RunParameters) -> tuple[Notice, ...]:
    if parameters.seed is None:
        return ()
    text = "Demonstration: this run has a fixed seed, and who knows the seed can undo the noise."
    return ({"id": "fixed-seed", "severity": "warning", "text": text},)
