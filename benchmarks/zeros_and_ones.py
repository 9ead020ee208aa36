"""Writes the images of the Learning Hub's stepper to static/data/zeros_and_ones.json.

    python -m benchmarks.zeros_and_ones

They are all zeros and ones of scikit-learn's digits (8x8 pixels of 0..16, from the UCI test set of
handwritten digits), in their order there. A pixel is written as one digit of base 17.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sklearn.datasets import load_digits

WRITTEN = Path(__file__).resolve().parents[1] / "static" / "data" / "zeros_and_ones.json"
_DIGITS = "0123456789abcdefg"


def images() -> dict[str, Any]:
    """Return {source, labels: "0100…", images: [64 digits of base 17 each]}."""
    digits = load_digits()
    chosen = digits.target < 2
    return {
        "source": "scikit-learn load_digits, classes 0 and 1",
        "labels": "".join(str(label) for label in digits.target[chosen]),
        "images": [
            "".join(_DIGITS[int(pixel)] for pixel in image.ravel()) for image in digits.images[chosen]
        ],
    }


def main() -> None:
    """Write the file and print its size."""
    WRITTEN.write_text(json.dumps(images(), separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{WRITTEN.name}: {WRITTEN.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
