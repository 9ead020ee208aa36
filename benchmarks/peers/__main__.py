"""Measures everything and writes docs/benchmarks.json, .md and .svg: ``python -m benchmarks.peers``.

Made for a machine with nothing else to do. What is finished is kept in build/bench/results.json: after an
abort (Ctrl-C, SIGTERM) ``--resume`` goes on with what is missing. ``--render`` only writes the page anew.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.peers import curves, machine
from benchmarks.peers.environments import FOLDER, ROOT, EnvironmentMissing, python_of
from benchmarks.peers.measure import Plan, compare
from benchmarks.peers.plot import chart
from benchmarks.peers.report import page
from benchmarks.peers.roster import BATCHES, MODELS, OURS, PLAIN, ROSTER, SCALED

DOCS = ROOT / "docs"


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="a trial: the first model and batch, short windows"
    )
    parser.add_argument("--resume", action="store_true", help="keep what an aborted run has finished")
    parser.add_argument("--render", action="store_true", help="measure nothing, write page and plot anew")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.4, help="length of one window")
    parser.add_argument("--environments", type=Path, default=FOLDER, help="where they lie or are made")
    return parser.parse_args(arguments)


def main() -> int:
    options = parsed()
    target = FOLDER if options.quick else DOCS  # a trial leaves the documents alone
    if options.render:
        write(json.loads((DOCS / "benchmarks.json").read_text(encoding="utf-8")), DOCS)
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the children as Ctrl-C does
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also in the background of a script
    kept = FOLDER / ("trial.json" if options.quick else "results.json")
    try:
        results = measured(options, kept)
    except KeyboardInterrupt:
        print(f"\nStopped; {kept} holds what is finished: --resume goes on from there.", file=sys.stderr)
        return 130
    (target / "benchmarks.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    write(results, target)
    print(f"Wrote {target / 'benchmarks.md'}")
    return 0


def write(results: dict[str, Any], folder: Path) -> None:
    """Write page and plot."""
    (folder / "benchmarks.md").write_text(page(results), encoding="utf-8")
    (folder / "benchmarks.svg").write_text(chart(results), encoding="utf-8")


def measured(options: argparse.Namespace, kept: Path) -> dict[str, Any]:
    """Return all results; each part is kept in a file as soon as it is finished."""
    rounds, seconds = (2, 0.1) if options.quick else (options.rounds, options.seconds)
    models, batches = (MODELS[:1], BATCHES[:1]) if options.quick else (MODELS, BATCHES)
    pythons = {name: _python(name, options.environments) for name in {each.environment for each in ROSTER}}

    def python(name: str) -> Path:
        if isinstance(found := pythons[name], EnvironmentMissing):
            raise found
        return found

    plan = Plan(rounds=rounds, seconds=seconds, python_of=python, reference_of=reference)
    results = _begun(kept, options, {"rounds": rounds, "seconds": seconds})
    results["versions"] = {
        name: machine.versions(found) for name, found in sorted(pythons.items()) if isinstance(found, Path)
    }
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        **{f"models/{model}": partial(compare, plan, model, ROSTER, batches) for model in models},
        "cores": partial(curves.over_cores, plan, SCALED),
        "costs": partial(curves.costs, replace(plan, seconds=plan.seconds / 2), (OURS, PLAIN)),
        "profile": profile,
    }
    for name, measure in parts.items():
        *path, last = name.split("/")
        place = results[path[0]] if path else results
        if last not in place:
            plan.say(f"Measuring {name}")
            place[last] = measure()
            kept.write_text(json.dumps(results), encoding="utf-8")
    return results


def _begun(kept: Path, options: argparse.Namespace, sizes: dict[str, Any]) -> dict[str, Any]:
    if options.resume and kept.is_file():
        results: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        return {**results, "sittings": results["sittings"] + 1}
    return {"sittings": 1, "facts": machine.facts(), "options": sizes, "models": {}}


def profile() -> dict[str, Any]:
    """Return where a step's time goes, from a process of its own on one core."""
    core = str(max(os.sched_getaffinity(0)))
    command = ["taskset", "-c", core, sys.executable, "-W", "ignore", "-m", "benchmarks.peers.step_profile"]
    outcome = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(outcome.stdout.splitlines()[-1])
    return found


def _python(name: str, folder: Path) -> Path | EnvironmentMissing:
    try:
        return python_of(name, folder)
    except EnvironmentMissing as missing:
        return missing


def reference(model: str) -> Path:
    """Return the file of the model's float64 loop, which is computed if it is not there."""
    file = FOLDER / "references" / f"{model}.npz"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.peers.exactness", model, str(file)]
        subprocess.run(command, check=True, cwd=ROOT, stderr=subprocess.DEVNULL)
    return file


if __name__ == "__main__":
    sys.exit(main())
