"""What is measured, and in which order: windows alternate, and one contender works at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.peers.environments import EnvironmentMissing
from benchmarks.peers.process import Absent, Process
from benchmarks.peers.roster import Contender

MEMORY_SHARE = 0.7
"""A cell is left out that would need more than this share of the memory that is free."""

PythonOf = Callable[[str], Path]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is measured: ``rounds`` windows of ``seconds`` for each contender and batch size."""

    rounds: int
    seconds: float
    python_of: PythonOf
    reference_of: Callable[[str], Path | None] = lambda model: None
    say: Callable[[str], None] = field(default=lambda text: print(text, file=sys.stderr, flush=True))


def compare(
    plan: Plan, model: str, contenders: Sequence[Contender], batches: Sequence[int]
) -> dict[str, Any]:
    """Return the rows of all contenders on ``model``, with the load before and after.

    A row is {private, from_start, from_go, error, cells: {batch: cell}} or {private, cells, absent}; a cell
    {speeds: examples/s of each round, peak, pss: megabytes} or {absent}. ``beside`` in the cell of a hungry
    contender holds the speeds of the first contender in the same rounds.
    """
    before = os.getloadavg()[0]
    rows = _rounds(plan, model, [each for each in contenders if not each.hungry], batches)
    for hungry in (each for each in contenders if each.hungry):
        # Small batches first: TensorFlow keeps what it once took, and their peaks tell what the next needs.
        pair = _rounds(plan, model, [contenders[0], hungry], sorted(batches))
        rows[hungry.title] = pair[hungry.title]
        for batch, cell in rows[hungry.title]["cells"].items():
            cell["beside"] = pair[contenders[0].title]["cells"][batch]["speeds"]
    in_order = {each.title: rows[each.title] for each in contenders}
    return {"load": [before, os.getloadavg()[0]], "rows": in_order}


def _rounds(
    plan: Plan, model: str, contenders: Sequence[Contender], batches: Sequence[int]
) -> dict[str, dict[str, Any]]:
    """Return the rows of contenders whose processes live side by side and take turns."""
    rows: dict[str, dict[str, Any]] = {
        each.title: {"private": each.private, "cells": {}} for each in contenders
    }
    with started(plan, contenders, rows, model) as processes:
        for process in processes:
            _first_step(plan, process, rows[process.contender.title], model, batches[0])
        for batch in batches:
            plan.say(f"{model}, batch {batch}, {len(processes)} contenders")
            _measure_batch(plan, processes, rows, model, batch, prepared=batch == batches[0])
    return rows


@contextmanager
def started(
    plan: Plan, contenders: Iterable[Contender], rows: dict[str, dict[str, Any]], model: str
) -> Iterator[list[Process]]:
    """Give the processes of those that can start, one after another; they end with the block."""
    processes: list[Process] = []
    try:
        for contender in contenders:
            if model not in contender.models:
                rows[contender.title]["absent"] = contender.elsewhere
                continue
            try:
                processes.append(Process(contender, plan.python_of(contender.environment)))
            except (Absent, EnvironmentMissing) as absent:
                rows[contender.title]["absent"] = str(absent)
        yield processes
    finally:
        for process in processes:
            process.end()


def _first_step(plan: Plan, process: Process, row: dict[str, Any], model: str, batch: int) -> None:
    """Note the seconds from the go to the end of the first step, and those from the start of the process."""
    try:
        found = process.ask("prepare", cell=str(batch), model=model, batch_size=batch)
        row["from_go"] = found["first_step"]
        row["from_start"] = process.imported - process.started + found["loading"] + found["first_step"]
        reference = plan.reference_of(model)
        if reference is not None and process.contender.private:
            row["error"] = process.ask("exactness", model=model, reference=str(reference))["error"]
    except Absent as absent:
        row["absent"] = str(absent)


def _measure_batch(
    plan: Plan,
    processes: Sequence[Process],
    rows: dict[str, dict[str, Any]],
    model: str,
    batch: int,
    *,
    prepared: bool,
) -> None:
    cells: dict[Process, dict[str, Any]] = {}
    for process in processes:
        row = rows[process.contender.title]
        if "absent" in row:
            continue
        cell: dict[str, Any] = {"speeds": []}
        row["cells"][str(batch)] = cell
        if prepared or _prepare(process, row, cell, model, batch):
            cells[process] = cell
    for _ in range(plan.rounds):
        for process, cell in cells.items():
            if "absent" not in cell:
                _window(plan, process, cell, batch)
    for process, cell in cells.items():
        if "absent" not in cell:
            cell.update(process.ask("memory"))
            process.ask("drop", cell=str(batch))


def _prepare(process: Process, row: dict[str, Any], cell: dict[str, Any], model: str, batch: int) -> bool:
    try:
        needed, free = expected_megabytes(row["cells"], batch), free_megabytes()
        if needed > MEMORY_SHARE * free:
            raise Absent(f"would need about {needed / 1000:.0f} GB")
        process.ask("prepare", cell=str(batch), model=model, batch_size=batch)
    except Absent as absent:
        cell["absent"] = str(absent)
    return "absent" not in cell


def _window(plan: Plan, process: Process, cell: dict[str, Any], batch: int) -> None:
    try:
        found = process.ask("window", cell=str(batch), seconds=plan.seconds)
        cell["speeds"].append(found["examples_a_second"])
    except Absent as absent:
        cell["absent"] = str(absent)


def expected_megabytes(cells: dict[str, Any], batch: int) -> float:
    """Return the peak at ``batch`` on a straight line through two known ones; 0 with fewer, or for less.

    >>> expected_megabytes({"64": {"peak": 2000.0}, "256": {"peak": 7000.0}}, 1024)
    27000.0
    """
    known = sorted((int(size), cell["peak"]) for size, cell in cells.items() if "peak" in cell)
    if len(known) < 2 or batch <= known[-1][0]:
        return 0.0
    (small, low), (large, high) = known[0], known[-1]
    return float(high + max(high - low, 0.0) / (large - small) * (batch - large))


def free_megabytes() -> float:
    """Return what the kernel calls available; infinity where it does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return float("inf")
    return next(int(line.split()[1]) * 1.024e-3 for line in lines if line.startswith("MemAvailable:"))
