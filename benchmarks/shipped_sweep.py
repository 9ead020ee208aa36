"""Measures the sweep that the trade-off chart opens with and writes it to static/data/measured_sweep.json.

    DPSGD_DATA_DIR=... python -m benchmarks.shipped_sweep

The preset "optimal" of MNIST as it is today at six noise multipliers and three seeds, and for each seed the
same training without privacy, by the product's own engine through its own API: about ten minutes. The seeds
are the first three, not chosen by their results. With ``--restate`` nothing is trained: the sweep document is
worked out again from the runs in the file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app import __version__, create_app
from app.advice.presets import preset_parameters
from app.catalog import DEFAULT_TASK
from app.parameters import RunParameters
from app.runs.sweeps.document import SweptRun, sweep_document
from app.runs.sweeps.plan import Grid
from app.runs.sweeps.results import RunResult
from benchmarks.through_the_api import trained

SHIPPED = Path(__file__).resolve().parents[1] / "static" / "data" / "measured_sweep.json"
PRESET = "optimal"
PARAMETER = "noise_multiplier"
VALUES = (0.5, 0.8, 1.1, 1.5, 2.0, 4.0)
SEEDS = (1, 2, 3)

Document = dict[str, Any]


def settings_of(*, value: float, seed: int) -> Document:
    """Return the settings of one run; those of the first value train without privacy too."""
    return preset_parameters(DEFAULT_TASK, PRESET) | {
        PARAMETER: value,
        "seed": seed,
        "baseline": value == VALUES[0],
    }


def provenance() -> Document:
    """Return what the runs were measured with."""
    return {
        "script": "benchmarks/shipped_sweep.py",
        "engine": f"this project's exact engine, version {__version__}",
        "python": platform.python_version(),
        "tensorflow": version("tensorflow"),
        "dp_accounting": version("dp-accounting"),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "date": datetime.now(timezone.utc).date().isoformat(),
    }


def measure() -> Document:
    """Return what the file holds, all runs trained anew."""
    client = create_app().test_client()
    runs: list[Document] = []
    baselines: list[Document] = []
    for value in VALUES:
        for seed in SEEDS:
            document = trained(
                client, {"mode": "real", "task": DEFAULT_TASK, **settings_of(value=value, seed=seed)}
            )
            final = document["final_metrics"]
            runs.append(
                _metrics(final)
                | {"value": value, "seed": seed, "training_seconds": final["training_seconds"]}
            )
            if document["baseline"]:
                baselines.append({"seed": seed} | _metrics(document["baseline"]["final_metrics"]))
            print(json.dumps(runs[-1]), flush=True)
    return {"provenance": provenance(), "baseline": baselines, "sweep": sweep_of(runs)}


def _metrics(final: Document) -> Document:
    return {name: final[name] for name in ("accuracy", "loss")}


def sweep_of(runs: Sequence[Document]) -> Document:
    """Return the sweep document of ``runs`` [{"value", "seed", "accuracy", "loss", "training_seconds"}].

    It has no id, and neither have its runs: other servers do not know them.
    """
    swept = [SweptRun(id="shipped", state="done", result=_result(run)) for run in runs]
    grid = Grid(parameter=PARAMETER, values=VALUES, seeds=SEEDS)
    document = sweep_document(grid, swept, sweep_id="shipped", state="done")
    return document | {"id": None, "runs": [run | {"run_id": None} for run in document["runs"]]}


def _result(run: Document) -> RunResult:
    settings = settings_of(value=run["value"], seed=run["seed"])
    parameters = RunParameters.of_task(DEFAULT_TASK, mode="real", **settings)
    return RunResult(
        parameters,
        accuracy=run["accuracy"],
        loss=run["loss"],
        steps=parameters.steps,
        training_seconds=run["training_seconds"],
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, or restate, and write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--restate", action="store_true", help="train nothing")
    if parser.parse_args(arguments).restate:
        content = json.loads(SHIPPED.read_text("utf-8"))
        content["sweep"] = sweep_of(content["sweep"]["runs"])
    else:
        content = measure()
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    SHIPPED.write_text(text + "\n", encoding="utf-8")
    for point in content["sweep"]["points"]:
        print({name: point[name] for name in ("value", "epsilon", "accuracy", "accuracy_sd")})
    print(f"{SHIPPED.name}: {SHIPPED.stat().st_size} bytes")


if __name__ == "__main__":
    main()
