"""Writes tests/js/privacy_grid.json: what the accountant in the page must reproduce.

Run with dp_accounting 0.4.3, whose fractional orders are exact (0.6.0 drops or overstates some):
``python -m tests.privacy.make_accountant_grid``. It takes some minutes, most of them for the PLD.
The test beside it compares the file with the server's accountant, the one in tests/js with the page's.
"""

from __future__ import annotations

import json
import math
import random
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dp_accounting
from dp_accounting import pld, rdp

from app.privacy.calibration import Unreachable, epochs_for, noise_multiplier_for
from app.privacy.guarantee import guaranteed_epsilon
from app.privacy.interpretation import interpret, interpret_gaussian
from app.privacy.mechanism import Mechanism
from app.privacy.shuffle import passes_begun, worst_case_mu

GRID = Path(__file__).resolve().parents[1] / "js" / "privacy_grid.json"
Row = dict[str, Any]

_POINTS, _SHUFFLED, _CALIBRATED = 200, 40, 40
_SIGMAS, _BATCHES, _EPOCHS = (0.3, 10.0), (16, 2048), (1, 60)
_EXAMPLES = (60_000, 60_000, 60_000, 60_000, 10_000, 1_437, 100)
_DELTAS = (1e-5, 1e-5, 1e-5, 1e-5, 1e-9, 1e-7, 1e-4, 1e-3)
_TARGETS = (0.02, 0.1, 0.5, 1.0, 2.0, 3.0, 8.0, 25.0, 50.0)


def _between(dice: random.Random, low: float, high: float) -> float:
    return math.exp(dice.uniform(math.log(low), math.log(high)))


def points() -> list[Row]:
    """Return the settings of the grid: its eight corners on MNIST, the rest drawn log-uniformly."""
    corners = [
        {"examples": 60_000, "batch_size": b, "noise_multiplier": s, "epochs": e, "delta": 1e-5}
        for b in _BATCHES
        for s in _SIGMAS
        for e in _EPOCHS
    ]
    dice = random.Random(20260101)
    return corners + [_point(dice) for _ in range(_POINTS - len(corners))]


def _point(dice: random.Random) -> Row:
    examples = dice.choice(_EXAMPLES)
    return {
        "examples": examples,
        "batch_size": round(_between(dice, _BATCHES[0], min(_BATCHES[1], examples))),
        "noise_multiplier": round(_between(dice, *_SIGMAS), 4),
        "epochs": dice.randint(*_EPOCHS),
        "delta": dice.choice(_DELTAS),
    }


def _reference(point: Row) -> Row:
    """Return ``point`` with dp_accounting's epsilons, by its default RDP orders and by PLD."""
    mechanism = Mechanism(**point)
    event = dp_accounting.SelfComposedDpEvent(
        dp_accounting.PoissonSampledDpEvent(
            mechanism.sampling_probability, dp_accounting.GaussianDpEvent(mechanism.noise_multiplier)
        ),
        mechanism.steps,
    )
    by_rdp = rdp.RdpAccountant().compose(event)
    epsilon_rdp = float(by_rdp.get_epsilon(mechanism.delta))
    # Discretisation errs upwards, at a fixed 1e-4 by more than a tiny epsilon itself.
    interval = 1e-4 if epsilon_rdp > 0.1 else 1e-6
    by_pld = pld.PLDAccountant(value_discretization_interval=interval).compose(event)
    return point | {"epsilon_rdp": epsilon_rdp, "epsilon_pld": float(by_pld.get_epsilon(mechanism.delta))}


def shuffled(point: Row) -> Row:
    """Return ``point`` with the server's worst case of shuffled batches and its sentence."""
    mechanism = Mechanism(**point, sampling="shuffle")
    epsilon = guaranteed_epsilon(mechanism)(mechanism.steps)
    passes = passes_begun(mechanism, mechanism.steps)
    mu = worst_case_mu(noise_multiplier=mechanism.noise_multiplier, passes=passes)
    assert epsilon is not None
    return point | {"epsilon": epsilon, "sentence": interpret_gaussian(epsilon=epsilon, mu=mu).sentence}


def calibrated(point: Row, target: float) -> Row:
    """Return ``point`` with what the server solves for ``target``, or the nearest epsilon to be had."""
    noise, epochs = _names(point, "epochs"), _names(point, "noise_multiplier")
    return {
        **point,
        "target": target,
        "solved_noise": _solution(lambda: noise_multiplier_for(target, **noise)),
        "solved_epochs": _solution(lambda: epochs_for(target, **epochs)),
    }


def _names(point: Row, own: str) -> Row:
    return {name: point[name] for name in ("examples", "batch_size", "delta", own)}


def _solution(solve: Any) -> Row:
    try:
        return {"value": solve()}
    except Unreachable as fault:
        return {"nearest": fault.nearest}


def sentences() -> list[Row]:
    """Return the server's sentence for some epsilons, from (epsilon, delta) alone."""
    cases = [
        (e, d) for e in (0.0, 0.05, 0.999, 1.0, 2.7268, 3.0, 7.5, 8.01, 49.0, 80.5) for d in (1e-5, 1e-3)
    ]
    return [{"epsilon": e, "delta": d, "sentence": interpret(epsilon=e, delta=d).sentence} for e, d in cases]


def targets() -> list[float]:
    """Return the target of each point that is calibrated."""
    return [_TARGETS[index % len(_TARGETS)] for index in range(_CALIBRATED)]


def main() -> None:
    """Write the grid."""
    grid = points()
    with ProcessPoolExecutor(max_workers=3) as pool:
        references = list(pool.map(_reference, grid))
    content = {
        "origin": f"tests/privacy/make_accountant_grid.py with dp_accounting {version('dp-accounting')}: "
        "RDP at its default orders, PLD at discretisation 1e-4 (1e-6 where epsilon is below 0.1); "
        "the rest by app.privacy",
        "poisson": references,
        "shuffle": [shuffled(point) for point in grid[:_SHUFFLED]],
        "calibrations": [calibrated(*case) for case in zip(grid[8:], targets(), strict=False)],
        "sentences": sentences(),
    }
    lines = json.dumps(content, ensure_ascii=False).replace("{", "\n{")
    GRID.write_text(lines.strip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
