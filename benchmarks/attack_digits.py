"""Writes the digits of the Attacks page's demonstrations to static/data/digits_by_class.json.

    python -m benchmarks.attack_digits

They are the first 80 of each class of scikit-learn's digits (8x8 pixels of 0..16), in their order there:
E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
licensed CC BY 4.0. A pixel is written as one digit of base 17.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

WRITTEN = Path(__file__).resolve().parents[1] / "static" / "data" / "digits_by_class.json"
EACH = 80
_DIGITS = "0123456789abcdefg"
_SOURCE = (
    "scikit-learn load_digits: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, "
    "UCI Machine Learning Repository, 1998, https://doi.org/10.24432/C50P49"
)


def pictures() -> dict[str, Any]:
    """Return {source, licence, images}: ``images`` holds the pixels of the 80 pictures of each class."""
    digits = load_digits()
    by_class = [digits.data[np.flatnonzero(digits.target == label)[:EACH]] for label in range(10)]
    return {
        "source": _SOURCE,
        "licence": "CC BY 4.0",
        "images": ["".join(_DIGITS[int(pixel)] for pixel in pixels.ravel()) for pixels in by_class],
    }


def main() -> None:
    """Write the file and print its size."""
    WRITTEN.write_text(json.dumps(pictures(), separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{WRITTEN.name}: {WRITTEN.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
