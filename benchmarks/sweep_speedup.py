"""How much faster a sweep is on more workers of a cluster: ``python -m benchmarks.sweep_speedup``.

One and the same real sweep is trained on a cluster of 1 and then of ``--workers`` Dask workers, all on this
machine: PostgreSQL, a scheduler, the workers and a web server, as in docs/deployment.md. Each worker, with
its trainer, is kept on a core of its own, so that more workers have more cores, as more machines would.
Before the clock starts every trainer has trained a run of the same model. The time counts from the request
to the end of the last run, by the store. Prints a table, with the load of the machine before, which is to
be low: what else runs takes cores away from the many workers rather than from the one. ``--pretended`` has
trainings that only wait (0.2 s an epoch): what queue, cluster and store allow, whatever the cores do.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.cluster.deployment import commands
from tests.cluster.machines import PRETENDING, REAL, Cluster, Machine
from tests.postgresql import running_postgresql

SECONDS = 1800.0
LOOK_SECONDS = 0.5
VALUES = (1.0, 2.0, 4.0, 8.0)


class PinnedCluster(Cluster):
    """A cluster whose worker number n has core number n of this machine alone."""

    def worker(self, folder: Path, number: int, **options: Any) -> Machine:
        """Return a worker that is not started yet."""
        core = sorted(os.sched_getaffinity(0))[number]
        return super().worker(folder, number, through=f"python -m tests.load.pinned {core}", **options)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--task", default="digits")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--pretended", action="store_true")
    asked = parser.parse_args()
    if asked.workers > len(os.sched_getaffinity(0)):
        parser.error(f"--workers {asked.workers}: there are {len(os.sched_getaffinity(0))} cores")
    sweep = {
        "mode": "real",
        "task": asked.task,
        "epochs": asked.epochs,
        "parameter": "noise_multiplier",
        "values": VALUES,
        "seeds": list(range(1, asked.seeds + 1)),
    }
    kind = "runs that only wait" if asked.pretended else f"runs of {asked.task}"
    print(f"{len(VALUES) * asked.seeds} {kind}, {asked.epochs} epochs each, one core a worker\n")
    print("| workers | seconds | of training | trainings at once | speed-up | load before |")
    print("|---|---|---|---|---|---|")
    first = None
    with tempfile.TemporaryDirectory() as folder, running_postgresql() as server:
        certificates = Path(folder)
        subprocess.run(
            ["sh", "-euc", commands("Certificates")], cwd=folder, check=True, stderr=subprocess.DEVNULL
        )
        for workers in (1, asked.workers):
            with server.database() as url:
                load = os.getloadavg()[0]
                seconds, training = measured(
                    sweep,
                    workers=workers,
                    preload=PRETENDING if asked.pretended else REAL,
                    url=url,
                    certificates=certificates,
                )
            first = first or seconds
            shares = f"{training / seconds:.2f} | {first / seconds:.2f}"
            print(f"| {workers} | {seconds:.1f} | {training:.1f} | {shares} | {load:.1f} |")


def measured(
    sweep: dict[str, Any], *, workers: int, preload: str, url: str, certificates: Path
) -> tuple[float, float]:
    """Return the seconds that ``sweep`` takes on so many workers, and the sum of its trainings'."""
    data = {name: text for name, text in os.environ.items() if name == "DPSGD_DATA_DIR"}
    with (
        tempfile.TemporaryDirectory() as folder,
        PinnedCluster(
            Path(folder),
            url=url,
            certificates=certificates,
            workers=workers,
            preload=preload,
            DPSGD_LEASE_SECONDS="60",
            **data,
        ) as cluster,
    ):
        warmed = trained(cluster, {**sweep, "epochs": 1, "seeds": list(range(2 * workers))})
        assert {run["state"] for run in warmed["runs"]} == {"done"}
        began = time.time()
        document = trained(cluster, sweep)
        assert document["state"] == "done", document
        ends = [cluster.web.row(run["run_id"])["ended_at"] for run in document["runs"]]
        return max(ends) - began, sum(run["training_seconds"] for run in document["runs"])


def trained(cluster: Cluster, sweep: dict[str, Any]) -> dict[str, Any]:
    """Return the document of ``sweep`` once all its runs have ended."""
    status, made = cluster.web.ask("POST", "/api/sweeps", sweep)
    assert status == 202, made

    deadline = time.monotonic() + SECONDS
    while cluster.web.queue_length("queued") + cluster.web.queue_length("running"):
        assert time.monotonic() < deadline, f"not within {SECONDS} s"
        time.sleep(LOOK_SECONDS)  # at the database, so that watching costs the web server nothing
    document: dict[str, Any] = cluster.web.ask("GET", f"/api/sweeps/{made['id']}")[1]
    return document


if __name__ == "__main__":
    main()
