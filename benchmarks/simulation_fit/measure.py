"""Measure the design with this project's engine and append every epoch to the task's CSV.

    DPSGD_DATA_DIR=... python -m benchmarks.simulation_fit.measure mnist mnist-1500 --minutes 30

Runs already in the CSV are skipped, so that a measurement can be cut short and taken up again.
"""

from __future__ import annotations

import argparse
import csv
import os
import time

from app.events import EpochPoint, Event, Finished, Ready
from app.parameters import RunParameters
from benchmarks.simulation_fit.design import TASKS_MEASURED, runs_of
from benchmarks.simulation_fit.measurements import COLUMNS, file_of, rows_of


def main() -> None:
    """Measure the tasks named on the command line, in that order, until the time is up."""
    from app.training import dpsgd

    arguments = _arguments()
    os.nice(10)
    dpsgd.configure_threads()
    deadline = time.monotonic() + 60.0 * arguments.minutes
    for task in arguments.tasks:
        measured = _runs_in(task)
        for run, parameters in enumerate(runs_of(task)):
            if time.monotonic() > deadline:
                return
            if run >= arguments.first_run and run not in measured:
                _measure(run, parameters)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="+", choices=TASKS_MEASURED)
    parser.add_argument("--minutes", type=float, default=60.0, help="start no further run after this time")
    parser.add_argument("--first-run", type=int, default=0, help="leave out the runs before this number")
    return parser.parse_args()


def _runs_in(task: str) -> set[int]:
    path = file_of(task)
    if not path.exists():
        return set()
    with path.open(encoding="utf-8", newline="") as file:
        return {int(row["run"]) for row in csv.DictReader(file)}


def _measure(run: int, parameters: RunParameters) -> None:
    """Train once and append all its points; a run that fails is reported and leaves no row."""
    started = time.perf_counter()
    events = train(parameters)
    finished = next(event for event in events if isinstance(event, Finished))
    seconds = time.perf_counter() - started
    if finished.state != "done":
        print(f"{parameters.task} run {run}: {finished.state} {finished.error}", flush=True)
        return
    points = [event for event in events if isinstance(event, EpochPoint)]
    ready = next(event for event in events if isinstance(event, Ready))
    _append(run, parameters, int(ready.model["trainable_parameters"]), points)
    print(f"{parameters.task} run {run}: {points[-1].accuracy:.4f} in {seconds:.1f} s", flush=True)


def train(parameters: RunParameters) -> list[Event]:
    """Return all events of one real training in this process."""
    from app.training import trainer

    events: list[Event] = []
    trainer.train(
        parameters,
        emit=events.append,
        should_stop=lambda: False,
        data_directory=os.environ.get("DPSGD_DATA_DIR"),
        offline=True,
        epsilon_at=lambda steps: None,  # not needed here, and accounting takes longer than small runs
    )
    return events


def _append(run: int, parameters: RunParameters, trainable_parameters: int, points: list[EpochPoint]) -> None:
    path = file_of(parameters.task)
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(rows_of(run, parameters, trainable_parameters, points))


if __name__ == "__main__":
    main()
