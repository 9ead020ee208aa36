"""Prints how the server bears load beside what is aimed at: ``python -m tests.load`` (``make load``).

The server, its training process included, is kept on two cores; its clients on the others where the machine
has more. With DPSGD_DATA_DIR trainings are of MNIST, else of the embedded digits. Nothing else should run.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from pathlib import Path

from tests.faults.playground import GUNICORN, RUN_PY
from tests.load import clients, scenarios
from tests.load.scenarios import Machine, serving
from tests.load.table import Row, table

SCENARIOS = ("boot", "memory", "clicks", "simulations", "events", "posts", "streams")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", default=[], help=f"some of {', '.join(SCENARIOS)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each round under load")
    asked = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    machine = Machine(
        server=tuple(cores[:2]),
        clients=tuple(cores[2:] or cores),
        rounds=asked.rounds,
        seconds=asked.seconds,
    )
    os.sched_setaffinity(0, machine.clients)
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(machine, Path(folder), asked.scenarios or SCENARIOS)
    print(f"Python {platform.python_version()}, load before {before:.1f},", end=" ")
    print(f"server on cores {machine.server}, clients on {machine.clients}\n\n{table(rows)}")


def measured(machine: Machine, folder: Path, wanted: tuple[str, ...] | list[str]) -> list[Row]:
    """Return the rows of the scenarios wanted."""
    rows: list[Row] = []
    for kind, limit in ((RUN_PY, 250), (GUNICORN, 450)):
        if "boot" in wanted:
            rows.append(scenarios.boots(machine, folder, kind))
        if "memory" in wanted:
            rows += scenarios.memory(machine, folder, kind, limit=limit)
    if "clicks" in wanted:
        rows += scenarios.clicks(machine, folder)
    if not {"simulations", "events", "posts", "streams"} & set(wanted):
        return rows
    with serving(machine, folder / "load") as playground, clients.apart(machine.clients) as ask:
        scenarios.warm(playground)
        if "simulations" in wanted:
            rows += scenarios.simulations(machine, playground, ask)
        if "events" in wanted:
            rows.append(scenarios.events(machine, playground))
        if "posts" in wanted:
            rows.append(scenarios.many_posts(machine, playground, ask))
        if "streams" in wanted:
            rows.append(scenarios.many_streams(machine, playground, ask))
    return rows


if __name__ == "__main__":
    main()
