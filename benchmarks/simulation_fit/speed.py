"""Measure how long one simulated run takes: ``python -m benchmarks.simulation_fit.speed``."""

from __future__ import annotations

import time
from statistics import median

from app.simulation import simulate
from benchmarks.simulation_fit.design import parameters_of

VALUES = {"clipping_norm": 1.0, "noise_multiplier": 0.8, "batch_size": 256, "learning_rate": 0.02, "seed": 1}
CALLS = 200


def main() -> None:
    """Print the median time of a call for a default run and for the longest one."""
    for name, epochs, baseline in (("default", 15, False), ("60 epochs and baseline", 60, True)):
        parameters = parameters_of("mnist", optimizer="sgd", epochs=epochs, baseline=baseline, **VALUES)
        times = []
        for _ in range(CALLS):
            started = time.perf_counter()
            simulate(parameters, epsilon_at=lambda steps: 1.0)
            times.append(time.perf_counter() - started)
        print(f"{name}: {1000 * median(times):.2f} ms")


if __name__ == "__main__":
    main()
