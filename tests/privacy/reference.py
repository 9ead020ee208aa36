"""The golden values: tests/privacy/epsilon_reference.csv, whose head names their origin."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Reference:
    """One setting and the epsilons that other programs computed for it."""

    label: str
    numbers: dict[str, Any]  # keyword arguments of the accountant
    rdp: float
    order: float
    pld: float
    gdp: float
    replace_one: float


def golden_references() -> list[Reference]:
    """Return the committed golden values."""
    with (HERE / "epsilon_reference.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    return [
        Reference(
            label=f"{row['id']} {row['label']}",
            numbers=_numbers(
                row["sampling_probability"], row["noise_multiplier"], row["steps"], row["delta"]
            ),
            rdp=float(row["eps_rdp"]),
            order=float(row["rdp_order"]),
            pld=float(row["eps_pld"]),
            gdp=float(row["eps_gdp"]),
            replace_one=float(row["eps_replace_one"]),
        )
        for row in rows
    ]


def _numbers(q: str, sigma: str, steps: str, delta: str) -> dict[str, Any]:
    return {
        "sampling_probability": float(q),
        "noise_multiplier": float(sigma),
        "steps": int(steps),
        "delta": float(delta),
    }


def shared_reference() -> Path:
    """Return where the full reference lies on a developer's machine; it may be absent."""
    default = HERE.parents[2] / "shared" / "reference"
    return Path(os.environ.get("DPSGD_REFERENCE_DIR", default)) / "epsilon.csv"


GOLDEN = golden_references()
LABELS = [reference.label for reference in GOLDEN]
