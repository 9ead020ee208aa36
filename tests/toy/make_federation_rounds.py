"""Writes tests/js/federation_rounds.json: what the page's federated training must compute.

Run ``python -m tests.toy.make_federation_rounds`` with dp_accounting 0.4.3, whose fractional
orders are exact. Clients are trained one at a time, their gradients taken from the loss by complex steps.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.toy.make_toy_steps import DELTA, epsilon

ROUNDS_FILE = Path(__file__).resolve().parents[1] / "js" / "federation_rounds.json"
Row = dict[str, Any]
Vector = NDArray[np.float64]

WEIGHTS = 3
START = (-1.0, 1.0, 0.0)
_TINY = 1e-30
_RECIPES = (
    {"clipping_norm": 0.3, "noise_multiplier": 1.5, "local_rate": 0.1, "local_passes": 3},
    {"clipping_norm": 50.0, "noise_multiplier": 0.0, "local_rate": 0.5, "local_passes": 5},
)


def loss(model: NDArray[Any], client: list[Row]) -> Any:
    """Return the mean cross-entropy in nats of logistic regression on a client's examples."""
    scores = [model[0] * one["x"] + model[1] * one["y"] + model[2] for one in client]
    signs = [-1 if one["label"] == 1 else 1 for one in client]
    return np.mean([np.log(1 + np.exp(sign * score)) for sign, score in zip(signs, scores, strict=True)])


def local_update(model: Vector, client: list[Row], recipe: Row) -> Vector:
    """Return how far the client's own gradient descent moves the model, [WEIGHTS]."""
    moved = model.copy()
    for _ in range(recipe["local_passes"]):
        steps = moved + 1j * _TINY * np.eye(WEIGHTS)
        moved = moved - recipe["local_rate"] * np.array([loss(row, client).imag / _TINY for row in steps])
    return moved - model


def federate(case: Row) -> list[Row]:
    """Return the model after each round and the norms of its updates."""
    model, recipe, stages = np.array(START), case["recipe"], []
    for drawn in case["draws"]:
        updates = [local_update(model, case["clients"][index], recipe) for index in drawn["sampled"]]
        total = recipe["noise_multiplier"] * recipe["clipping_norm"] * np.array(drawn["unit_noise"])
        for update in updates:
            total = total + update * min(1.0, recipe["clipping_norm"] / float(np.linalg.norm(update)))
        model = model + total / case["expected_clients"]
        norms = [float(np.linalg.norm(update)) for update in updates]
        stages.append({"model": model.tolist(), "norms": norms})
    return stages


def cases() -> list[Row]:
    """Return the fixture's trainings with their rounds."""
    generator = np.random.default_rng(20260107)
    made = []
    for recipe in _RECIPES:
        clients = [_client(generator) for _ in range(20)]
        draws = [
            {
                "sampled": np.flatnonzero(generator.uniform(size=20) < 0.3).tolist() if number != 1 else [],
                "unit_noise": generator.normal(size=WEIGHTS).tolist(),
            }
            for number in range(5)
        ]
        case = {"recipe": dict(recipe), "expected_clients": 6, "clients": clients, "draws": draws}
        made.append(case | {"stages": federate(case)})
    return made


def _client(generator: np.random.Generator) -> list[Row]:
    return [
        {"x": x, "y": y, "label": int(generator.integers(2))}
        for x, y in generator.normal(size=(4, 2)).tolist()
    ]


def main() -> None:
    """Write the fixture; the page's rounds sample with the toy's probability and delta."""
    content = {
        "origin": f"tests/toy/make_federation_rounds.py; dp_accounting {version('dp_accounting')}, "
        f"numpy {version('numpy')}",
        "delta": DELTA,
        "cases": cases(),
        "epsilons": [epsilon(noise_multiplier=sigma, steps=t) for sigma in (0.7, 1.5, 6) for t in (1, 8, 20)],
    }
    ROUNDS_FILE.write_text(json.dumps(content) + "\n", "utf-8")


if __name__ == "__main__":
    main()
