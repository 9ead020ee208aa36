"""The sample table of the Learning Hub: ``python -m benchmarks.sample_table`` writes it.

Made up from a fixed seed, so nobody's: 1,200 students, how they lived before an exam, whether they passed.
The chance to pass is the logistic function of hours studied, hours slept and the tutorial, plus noise.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

STUDENTS = 1_200
SEED = 20_240_601
TARGET = Path(__file__).resolve().parent.parent / "static" / "data" / "sample_table.csv"


def sample_table() -> str:
    """Return the table as CSV, the same text each time."""
    draw = np.random.default_rng(SEED)
    hours = np.clip(draw.gamma(shape=4.0, scale=5.0, size=STUDENTS), 0, 70)  # studied in the week before
    sleep = np.clip(draw.normal(7.0, 1.2, STUDENTS), 3, 11)  # a night
    commute = np.clip(draw.gamma(shape=2.0, scale=12.0, size=STUDENTS), 1, 150)  # minutes
    tutorial = draw.choice(["none", "online", "on site"], size=STUDENTS, p=[0.4, 0.35, 0.25])
    gain = {"none": 0.0, "online": 0.7, "on site": 1.3}
    score = 0.22 * (hours - 18) + 0.8 * (sleep - 7) + np.array([gain[name] for name in tutorial]) - 0.3
    passed = draw.random(STUDENTS) < 1 / (1 + np.exp(-score))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["student", "hours", "sleep", "commute", "tutorial", "passed"])
    for number in range(STUDENTS):
        cells = [f"{hours[number]:.1f}", f"{sleep[number]:.1f}", f"{commute[number]:.0f}", tutorial[number]]
        table.writerow([number + 1, *cells, "yes" if passed[number] else "no"])
    return text.getvalue()


if __name__ == "__main__":
    TARGET.write_text(sample_table(), encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")
