"""A sweep as it is asked for and answered, and how it becomes the runs it consists of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Field

from app.catalog import DATASETS
from app.errors import Fault, InvalidParameters
from app.schemas.documents import Answer, Notice
from app.schemas.faults import validated
from app.schemas.fields import FieldDefinition, choice, kind_of, ruled
from app.schemas.requests import TRAIN_FIELDS, StrictRequest, TrainRequest, given, request_model
from app.schemas.resolution import Resolved, resolve
from app.settings import Settings

SWEPT = ("noise_multiplier", "clipping_norm", "batch_size", "learning_rate", "epochs")
VALUES = (2, 12)
SEEDS = (1, 10)
MOST_RUNS = 60
DEFAULT_SEEDS = (1, 2, 3)

_NOT_OF_A_SWEEP = ("dataset", "table", "seed", "target_epsilon", "stop_at_budget")
_GRID_FIELDS = ("parameter", "values", "seeds")


def _list_of(kind: Any, bounds: tuple[int, int], *, rule: str, default: Any = ...) -> FieldDefinition:
    least, most = bounds
    items = Annotated[list[kind], Field(min_length=least, max_length=most)]
    what = f"{least} to {most} {rule}"
    return ruled(items, rule=f"must be a list of {what}", description=f"A list of {what}.", default=default)


SweepRequest = request_model(
    "SweepRequest",
    "A sweep: a training for each of several values of one parameter, with each of several seeds.",
    {
        "parameter": choice(SWEPT, default=None, description="The parameter that is swept.", required=True),
        "values": _list_of(
            Annotated[float, Field(allow_inf_nan=False)],
            VALUES,
            rule="different numbers, each one that the parameter may have",
        ),
        "seeds": _list_of(
            kind_of("seed"),
            SEEDS,
            rule="different whole numbers from 0 to 4294967295",
            default=list(DEFAULT_SEEDS),
        ),
        **{name: field for name, field in TRAIN_FIELDS.items() if name not in _NOT_OF_A_SWEEP},
        "dataset": choice(
            ("auto", *DATASETS), default="auto", description="As of a training; a table serves one run only."
        ),
    },
)


class SweptRunAnswer(Answer):
    """One run of a sweep; ``epsilon`` is of the steps it has taken, null where it is infinite."""

    run_id: str | None = Field(description="null for a simulation, which is not stored")
    value: float
    seed: int
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    accuracy: float | None = Field(description="after the last epoch that ended")
    loss: float | None
    epsilon: float | None
    training_seconds: float | None = Field(description="null until it is done")


class SweepPoint(Answer):
    """One value of a sweep, over the runs with it that are done."""

    value: float
    epsilon: float | None = Field(description="of one whole run with this value; null where it is infinite")
    runs: int = Field(ge=0, description="how many are done")
    accuracy: float | None = Field(ge=0, le=1, description="their mean")
    accuracy_sd: float | None = Field(ge=0, description="sample standard deviation; null for fewer than two")
    accuracy_min: float | None
    accuracy_max: float | None
    loss: float | None
    simulated_accuracy: float | None = Field(description="mean of simulations with the same seeds")
    simulated_accuracy_sd: float | None


class Sweep(Answer):
    """The sweep document: one shape for simulated and measured sweeps, complete at any time."""

    id: str | None = Field(description="null for a simulation, which is not stored")
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    mode: Literal["simulation", "real"]
    evidence: Literal["simulated", "measured"]
    parameter: str
    values: list[float] = Field(description="ascending")
    seeds: list[int] = Field(description="ascending")
    parameters: dict[str, Any] = Field(description="all others, resolved, as in a run document")
    created_at: str | None
    eta_seconds: float | None = Field(description="until all runs have ended; null where that is not known")
    runs: list[SweptRunAnswer] = Field(description="by value, then by seed")
    points: list[SweepPoint] = Field(description="by value")
    pareto: list[int] = Field(description="indices of points that no other beats in ε and mean accuracy")
    epsilon_of_all: float | None = Field(
        description="of whoever sees the models of all runs; null where it is infinite"
    )
    statement: str
    notices: list[Notice]


class SweepCost(Answer):
    """How long a sweep is estimated to take, if it starts at once."""

    runs: int
    seconds: float | None = Field(description="null for a simulation")
    source: Literal["measured", "estimated"] | None = Field(
        description="measured: by runs that have finished on this store; null for a simulation"
    )
    limit_seconds: float = Field(description="a real sweep that takes longer is refused")


@dataclass(frozen=True, kw_only=True)
class ResolvedSweep:
    """What a request for a sweep means: the grid, and its runs by value, then by seed."""

    parameter: str
    values: tuple[float, ...]
    seeds: tuple[int, ...]
    runs: tuple[Resolved, ...]


def resolve_sweep(request: StrictRequest, *, settings: Settings) -> ResolvedSweep:
    """Return the sweep that ``request``, a ``SweepRequest``, asks for.

    Raises:
        InvalidParameters: the grid or a run of it is not allowed; faults of single values name ``values``.
        Unavailable: the dataset named cannot be had.
    """
    fields = given(request)
    grid = {name: fields.pop(name, None) for name in _GRID_FIELDS}
    parameter, seeds = grid["parameter"], tuple(sorted(grid["seeds"] or DEFAULT_SEEDS))
    _raise_if_any(_grid_faults(fields, parameter, grid["values"], seeds))
    values = _each(grid["values"], lambda value: _number(parameter, value), parameter)
    by_value = _each(
        sorted(values),
        lambda value: resolve(
            TrainRequest.model_validate({**fields, parameter: value, "seed": seeds[0]}), settings=settings
        ),
        parameter,
    )
    runs = tuple(_with_seed(resolved, seed) for resolved in by_value for seed in seeds)
    return ResolvedSweep(parameter=parameter, values=tuple(sorted(values)), seeds=seeds, runs=runs)


def rules(*, limit_seconds: float) -> dict[str, Any]:
    """Return what can be swept on this server, and how much of it at once."""
    return {
        "parameters": list(SWEPT),
        "values": list(VALUES),
        "seeds": list(SEEDS),
        "default_seeds": list(DEFAULT_SEEDS),
        "most_runs": MOST_RUNS,
        "limit_seconds": limit_seconds,
    }


def _grid_faults(
    fields: dict[str, Any], parameter: str, values: list[float], seeds: tuple[int, ...]
) -> Iterator[Fault]:
    if parameter in fields:
        yield Fault(parameter, "is what is swept; leave it out.")
    for name, members in (("values", values), ("seeds", seeds)):
        if len(set(members)) < len(members):
            yield Fault(name, "must all be different.")
    runs = len(values) * len(seeds)
    if runs > MOST_RUNS:
        rule = f"{len(values)} values with {len(seeds)} seeds each are {runs} runs; {MOST_RUNS} are the most."
        yield Fault("values", rule)
        yield Fault("seeds", rule)


def _number(parameter: str, value: float) -> Any:
    """Return ``value`` as the parameter's kind of number."""
    return given(validated(TrainRequest, {parameter: value}))[parameter]


def _each(values: Iterable[float], make: Any, parameter: str) -> list[Any]:
    """Return what ``make`` returns for each value; where it raises, all faults as those of ``values``."""
    made, faults = [], []
    for value in values:
        try:
            made.append(make(value))
        except InvalidParameters as fault:
            faults += [
                replace(each, field="values") if each.field == parameter else each for each in fault.errors
            ]
    _raise_if_any(dict.fromkeys(faults))
    return made


def _raise_if_any(faults: Iterable[Fault]) -> None:
    found = list(faults)
    if found:
        raise InvalidParameters.of(*found)


def _with_seed(resolved: Resolved, seed: int) -> Resolved:
    fallback = resolved.fallback and replace(resolved.fallback, seed=seed)
    return replace(resolved, parameters=replace(resolved.parameters, seed=seed), fallback=fallback)
