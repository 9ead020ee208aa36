"""Measures the two runs that the page opens with and writes them to static/data/measured_runs.json.

    DPSGD_DATA_DIR=... python -m benchmarks.shipped_runs

They are the presets "balanced" (the default) and "optimal" of MNIST as they are today, each with the same
training without privacy beside it, by the product's own engine through its own API. The seed is the first of
all, not chosen by its result; it makes the runs repeatable and marks them as demonstrations. Only histograms
are rounded, to four digits.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app import __version__, create_app
from app.advice.presets import preset_parameters
from app.catalog import DEFAULT_TASK
from benchmarks.through_the_api import trained

SHIPPED = Path(__file__).resolve().parents[1] / "static" / "data" / "measured_runs.json"
PRESETS = ("balanced", "optimal")
SEED = 1

Document = dict[str, Any]

_DIGITS = 4


def request_of(preset: str) -> dict[str, Any]:
    """Return the body of POST /api/train whose run is shipped for ``preset``."""
    settings = preset_parameters(DEFAULT_TASK, preset)
    return {"mode": "real", "task": DEFAULT_TASK, **settings, "seed": SEED, "baseline": True}


def rounded(document: Document) -> Document:
    """Return ``document`` without its id, which other servers do not know, and with short histograms."""
    epochs = [
        point | {"gradient_norm_histogram": _short(point["gradient_norm_histogram"])}
        for point in document["epochs"]
    ]
    norms = document["gradient_norms"] | _short(document["gradient_norms"])
    return document | {"id": None, "epochs": epochs, "gradient_norms": norms}


def _short(histograms: Mapping[str, Any]) -> dict[str, Any]:
    return {side: [_point(**point) for point in histograms[side]] for side in ("before", "after")}


def _point(*, x: float, y: float) -> dict[str, float]:
    return {"x": float(f"{x:.{_DIGITS}g}"), "y": float(f"{y:.{_DIGITS}g}")}


def provenance() -> dict[str, Any]:
    """Return what the runs were measured with."""
    return {
        "script": "benchmarks/shipped_runs.py",
        "engine": f"this project's exact engine, version {__version__}",
        "python": platform.python_version(),
        "tensorflow": version("tensorflow"),
        "dp_accounting": version("dp-accounting"),
        "cores": os.cpu_count(),
        "date": datetime.now(timezone.utc).date().isoformat(),
    }


def main() -> None:
    """Measure both runs and write them."""
    client = create_app().test_client()
    runs = {preset: rounded(trained(client, request_of(preset))) for preset in PRESETS}
    SHIPPED.parent.mkdir(exist_ok=True)
    text = json.dumps({"provenance": provenance(), "runs": runs}, ensure_ascii=False, separators=(",", ":"))
    SHIPPED.write_text(text + "\n", encoding="utf-8")
    for preset, run in runs.items():
        print(f"{preset}: {run['final_metrics']}")
    print(f"{SHIPPED.name}: {SHIPPED.stat().st_size} bytes")


if __name__ == "__main__":
    main()
