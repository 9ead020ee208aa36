"""Measure what is missing of the table, and append each training to ``runs.jsonl``.

    DPSGD_DATA_DIR=... nice -n 15 python -m benchmarks.accuracy.measure --minutes 60 --threads 2

It may be stopped at any time and goes on where it was. ``python -m benchmarks.accuracy.table``
then writes docs/accuracy.md.
"""

from __future__ import annotations

import argparse
import os
import time

from benchmarks.accuracy.record import FIELDS, Record


def main() -> None:
    """Train what is missing, in the order of the cells, until all is there or the time is up."""
    from app.training import dpsgd
    from benchmarks.optimal_grid.measure import final_accuracy

    arguments = _arguments()
    dpsgd.configure_threads(arguments.threads)
    deadline = time.monotonic() + 60.0 * arguments.minutes
    record = Record()
    for cell, run in record.missing():
        if time.monotonic() > deadline:
            return
        started = time.monotonic()
        accuracy = final_accuracy(run, os.environ.get("DPSGD_DATA_DIR"))
        seconds = time.monotonic() - started
        record.add(run, accuracy, seconds=seconds)
        settings = " ".join(f"{name}={getattr(run, name)}" for name in FIELDS)
        print(f"{accuracy:.4f}  {seconds:5.1f} s  ε={cell.epsilon:g}  {settings}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=600.0, help="start no further run after this time")
    parser.add_argument("--threads", type=int, default=None, help="default: all cores")
    return parser.parse_args()


if __name__ == "__main__":
    main()
