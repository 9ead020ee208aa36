"""The sweep document: one JSON shape for simulated and measured sweeps, complete at any time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any

from app.privacy.composition import composed_epsilon
from app.runs.documents.document import Document, epsilon_at, final_epsilon
from app.runs.store.schema import FINISHED_STATES
from app.runs.sweeps.plan import Grid, SweepPlan
from app.runs.sweeps.results import RunResult, mechanisms, simulated_accuracy, simulated_result
from app.runs.sweeps.wording import sweep_statement


@dataclass(frozen=True, kw_only=True)
class SweptRun:
    """One run of a sweep: its id (None when simulated), its state, and what it has come to."""

    id: str | None
    state: str
    result: RunResult


def simulated_sweep(plan: SweepPlan) -> Document:
    """Return the whole document of a simulation of ``plan``.

    Raises:
        app.simulation.NoFit: the simulator has no fit for this task.
    """
    swept = []
    for run in plan.runs:
        result = simulated_result(run.parameters)
        result.notices = [*run.notices, *result.notices]
        swept.append(SweptRun(id=None, state="done", result=result))
    return sweep_document(plan.grid, swept, sweep_id=None, state="done")


def sweep_document(
    grid: Grid,
    swept: Sequence[SweptRun],
    *,
    sweep_id: str | None,
    state: str,
    created_at: str | None = None,
    eta_seconds: float | None = None,
) -> Document:
    """Return the sweep document of ``swept``, the runs of ``grid`` in the order of their numbers."""
    evidence = "simulated" if sweep_id is None else "measured"
    first = swept[0].result.parameters
    points = [_point(grid, swept, place, dataset=first.dataset) for place in range(len(grid.values))]
    together = epsilon_of_all([run.result for run in swept])
    return {
        "id": sweep_id,
        "state": state,
        "mode": first.mode,
        "evidence": evidence,
        "parameter": grid.parameter,
        "values": list(grid.values),
        "seeds": list(grid.seeds),
        "parameters": _others(first.to_dict(), grid.parameter),
        "created_at": created_at,
        "eta_seconds": eta_seconds,
        "runs": [_run(grid, number, run) for number, run in enumerate(swept)],
        "points": points,
        "pareto": pareto_front([(point["epsilon"], point["accuracy"]) for point in points]),
        "epsilon_of_all": together,
        "statement": sweep_statement(
            epsilon=together,
            delta=first.delta,
            evidence=evidence,
            ended=state in FINISHED_STATES,
            baseline=first.baseline,
            shuffled=first.sampling == "shuffle",
        ),
        "notices": _distinct(notice for run in swept for notice in run.result.notices),
    }


def sweep_state(states: Sequence[str], *, stopped: bool) -> str:
    """Return the state of a sweep whose runs have these ``states``; ``stopped`` if it was cancelled.

    >>> sweep_state(["done", "queued"], stopped=False), sweep_state(["done", "failed"], stopped=False)
    ('running', 'done')
    """
    if any(state not in FINISHED_STATES for state in states):
        return "queued" if set(states) == {"queued"} else "running"
    if stopped:
        return "cancelled"
    return next(state for state in ("done", "cancelled", "failed") if state in states)


def pareto_front(points: Sequence[tuple[float | None, float | None]]) -> list[int]:
    """Return the indices of the (ε, mean accuracy) that no other beats.

    One beats another where its ε (None: infinite) is no higher and its accuracy no lower, and one of the
    two is better. Points without an accuracy are left out.

    >>> pareto_front([(1.0, 0.8), (2.0, 0.7), (3.0, 0.9), (None, 0.95), (0.5, None)])
    [0, 2, 3]
    """
    known = {
        index: (math.inf if epsilon is None else epsilon, -accuracy)
        for index, (epsilon, accuracy) in enumerate(points)
        if accuracy is not None
    }

    def beaten(mine: tuple[float, float]) -> bool:
        return any(other != mine and other[0] <= mine[0] and other[1] <= mine[1] for other in known.values())

    return [index for index, mine in known.items() if not beaten(mine)]


def epsilon_of_all(results: Iterable[RunResult]) -> float | None:
    """Return the ε of whoever sees the models of all attempts of all runs; None where it is infinite.

    Runs on other data (a fallback's) are accounted apart: no example is in both, so the larger ε holds.
    """
    by_data = mechanisms(part for result in results for part in result.spent())
    together = [composed_epsilon(parts) for parts in by_data.values()]
    return None if None in together else max(epsilon for epsilon in together if epsilon is not None)


def _point(grid: Grid, swept: Sequence[SweptRun], place: int, *, dataset: str) -> dict[str, Any]:
    """Return the point of the value at ``place``: its ε, and what its finished runs on ``dataset`` came to.

    Where the data cannot be had for some runs these train on a stand-in, and are no part of any mean.
    """
    first = place * len(grid.seeds)
    all_of_it = swept[first : first + len(grid.seeds)]
    mine = [run for run in all_of_it if run.result.parameters.dataset == dataset]
    done = [run.result for run in mine if run.state == "done"]
    accuracies = [result.accuracy for result in done if result.accuracy is not None]
    losses = [result.loss for result in done if result.loss is not None]
    simulated = [_simulated(run) for run in mine]
    fitted = [accuracy for accuracy in simulated if accuracy is not None]
    return {
        "value": grid.values[place],
        "epsilon": final_epsilon((mine or all_of_it)[0].result.parameters),
        "runs": len(done),
        "accuracy": _mean(accuracies),
        "accuracy_sd": _sd(accuracies),
        "accuracy_min": min(accuracies, default=None),
        "accuracy_max": max(accuracies, default=None),
        "loss": _mean(losses),
        "simulated_accuracy": _mean(fitted),
        "simulated_accuracy_sd": _sd(fitted),
    }


def _simulated(run: SweptRun) -> float | None:
    """Return the accuracy that the simulation gives the run, which it has already where it is one."""
    parameters = run.result.parameters
    if parameters.mode == "simulation":
        return run.result.accuracy
    return simulated_accuracy(replace(parameters, mode="simulation", baseline=False))


def _run(grid: Grid, number: int, run: SweptRun) -> dict[str, Any]:
    result = run.result
    value, seed = divmod(number, len(grid.seeds))
    ended = run.state == "done"
    return {
        "run_id": run.id,
        "value": grid.values[value],
        "seed": grid.seeds[seed],
        "state": run.state,
        "accuracy": result.accuracy,
        "loss": result.loss,
        "epsilon": epsilon_at(result.parameters)(result.steps),
        "training_seconds": result.training_seconds if ended and run.id is not None else None,
    }


def _others(parameters: dict[str, Any], swept: str) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name not in (swept, "seed")}


def _distinct(notices: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return each notice once, in the order in which they come first."""
    return list({(notice["id"], notice["text"]): dict(notice) for notice in notices}.values())


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _sd(values: Sequence[float]) -> float | None:
    """Return the sample standard deviation, None for fewer than two."""
    return stdev(values) if len(values) > 1 else None
