"""How speed grows with cores, and what a step costs by batch size, model and number of examples."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from benchmarks.peers.environments import EnvironmentMissing
from benchmarks.peers.measure import Plan, started
from benchmarks.peers.process import Absent, Process
from benchmarks.peers.roster import BATCHES, MODELS, Contender

CORES = (1, 2, 4)
BATCH_SIZES = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
IMAGE_MODELS = ("logistic", "toy_mlp", "small_mlp", "mlp", "tutorial_cnn", "digits_cnn", "wide_cnn")
EXAMPLES = (1_500, 6_000, 15_000, 60_000, 240_000)


def over_cores(plan: Plan, contenders: Sequence[Contender], cores: Sequence[int] = CORES) -> dict[str, Any]:
    """Return {title: {cores: speeds}} of the first model at the first batch size, on those that exist."""
    available = sorted(os.sched_getaffinity(0))
    found: dict[str, Any] = {each.title: {} for each in contenders}
    processes: list[tuple[Process, str]] = []
    try:
        for contender in contenders:
            for count in (count for count in cores if count <= len(available)):
                process = _on(plan, contender, available[:count])
                if process is not None:
                    processes.append((process, str(count)))
                    found[contender.title][str(count)] = []
        for _ in range(plan.rounds):
            for process, count_text in processes:
                answer = process.ask("window", cell="x", seconds=plan.seconds)
                found[process.contender.title][count_text].append(answer["examples_a_second"])
    finally:
        for process, _ in processes:
            process.end()
    return {title: row for title, row in found.items() if row}


def _on(plan: Plan, contender: Contender, cores: Sequence[int]) -> Process | None:
    """Return a process on these cores that has taken its first steps; None where it is not available."""
    try:
        process = Process(contender, plan.python_of(contender.environment), cores=cores)
    except (Absent, EnvironmentMissing):
        return None
    try:
        process.ask("prepare", cell="x", model=MODELS[0], batch_size=BATCHES[0])
    except BaseException:
        process.end()
        raise
    return process


def costs(plan: Plan, contenders: Sequence[Contender]) -> dict[str, Any]:
    """Return {what varies: {title: {value: seconds a step}}}."""
    small, middle = MODELS[0], BATCHES[0]
    return {
        "batch size": _curve(
            plan, contenders, {str(b): {"model": small, "batch_size": b} for b in BATCH_SIZES}
        ),
        "model": _curve(
            plan,
            contenders,
            {m: {"model": m, "batch_size": middle, "own_weights": True} for m in IMAGE_MODELS},
        ),
        "examples": _curve(
            plan,
            contenders,
            {str(n): {"model": small, "batch_size": middle, "examples": n} for n in EXAMPLES},
        ),
    }


def _curve(plan: Plan, contenders: Sequence[Contender], points: dict[str, dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {each.title: {value: [] for value in points} for each in contenders}
    with started(plan, contenders, {each.title: {} for each in contenders}, MODELS[0]) as processes:
        if len(processes) < len(contenders):
            raise Absent("a contender could not start")
        for process in processes:
            for value, arguments in points.items():
                process.ask("prepare", cell=value, **arguments)
        for _ in range(plan.rounds):
            for value in points:
                for process in processes:
                    answer = process.ask("window", cell=value, seconds=plan.seconds)
                    found[process.contender.title][value].append(answer["seconds"] / answer["steps"])
    return found
