"""Write tests/js/private_update_numpy.json: ``python -m tests.learning.make_private_update``.

It holds private updates of the stepper's model computed with numpy from scikit-learn's own images, by array
operations that share nothing with the page's code.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from tests.serving import ROOT

WRITTEN = ROOT / "tests" / "js" / "private_update_numpy.json"
SETTINGS = (
    {"weights": [0.0, 0.0], "joined": [3, 17, 46, 109, 200, 264, 359], "clipping_norm": 0.3, "noise": 0.8},
    {"weights": [2.5, -1.5], "joined": [0, 1, 2, 3, 100, 101], "clipping_norm": 0.05, "noise": 3.0},
    {"weights": [-4.0, 6.0], "joined": [7, 8, 9, 250], "clipping_norm": 5.0, "noise": 0.0},
    {"weights": [1.0, 1.0], "joined": [], "clipping_norm": 0.3, "noise": 0.8},
)
EXPECTED_BATCH = 8
LEARNING_RATE = 4.0
UNIT_NOISE = (0.7, -1.3)


def features() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (features, labels): [360, 2] mean ink of middle and side columns, and [360] zeros and ones."""
    digits = load_digits()
    chosen = digits.target < 2
    middle_rows = digits.images[chosen][:, 2:6, :] / 16  # [360, 4, 8]
    middle = middle_rows[:, :, 3:5].mean(axis=(1, 2))
    sides = middle_rows[:, :, [1, 2, 5, 6]].mean(axis=(1, 2))
    return np.stack([middle, sides], axis=1), digits.target[chosen].astype(float)


def update(setting: dict[str, Any]) -> dict[str, Any]:
    """Return one DP-SGD update with every intermediate number."""
    inputs, labels = features()
    weights = np.array(setting["weights"])
    batch, targets = inputs[setting["joined"]], labels[setting["joined"]]
    errors = 1 / (1 + np.exp(-batch @ weights)) - targets
    gradients = errors[:, None] * batch  # [examples, 2]
    norms = np.linalg.norm(gradients, axis=1)
    clipped = gradients * np.minimum(1, setting["clipping_norm"] / np.maximum(norms, 1e-300))[:, None]
    noise = setting["noise"] * setting["clipping_norm"] * np.array(UNIT_NOISE)
    mean = (clipped.sum(axis=0) + noise) / EXPECTED_BATCH
    return {
        "gradients": gradients.tolist(),
        "norms": norms.tolist(),
        "clipped": clipped.tolist(),
        "total": clipped.sum(axis=0).tolist(),
        "noise": noise.tolist(),
        "mean": mean.tolist(),
        "weights": (weights - LEARNING_RATE * mean).tolist(),
    }


def fixture() -> dict[str, Any]:
    """Return the settings with their updates, and what the settings share."""
    return {
        "expected_batch": EXPECTED_BATCH,
        "learning_rate": LEARNING_RATE,
        "unit_noise": list(UNIT_NOISE),
        "features": features()[0].tolist(),
        "cases": [{**setting, "update": update(dict(setting))} for setting in SETTINGS],
    }


def main(path: Path = WRITTEN) -> None:
    """Write the file."""
    path.write_text(json.dumps(fixture()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
