"""The accountant in a shell: ``python -m app.privacy --help``."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from typing import Any

from app.privacy.accounting import epsilon_gdp, epsilon_rdp
from app.privacy.calibration import Unreachable, noise_multiplier_for_steps
from app.privacy.mechanism import InvalidMechanism
from app.privacy.pld import epsilon_pld


class _OneLineParser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        self.exit(2, f"{message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(
        prog="python -m app.privacy",
        description="Print epsilon of DP-SGD with Poisson sampling (add or remove one example) as JSON.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--sampling-probability", type=float, required=True, help="q = batch size / examples, 0 to 1"
    )
    noise = parser.add_mutually_exclusive_group(required=True)
    noise.add_argument("--noise-multiplier", type=float, help="sigma, >= 0")
    noise.add_argument("--target-epsilon", type=float, help="solve for sigma instead; at most 50")
    parser.add_argument("--steps", type=int, required=True, help="T, a whole number")
    parser.add_argument("--delta", type=float, required=True, help="between 0 and 1")
    return parser


def _answer(options: argparse.Namespace) -> dict[str, float | None]:
    q, steps, delta = options.sampling_probability, options.steps, options.delta
    solved: dict[str, float | None] = {}
    noise_multiplier = options.noise_multiplier
    if noise_multiplier is None:
        noise_multiplier = noise_multiplier_for_steps(
            options.target_epsilon, sampling_probability=q, steps=steps, delta=delta
        )
        solved = {"noise_multiplier": noise_multiplier}
    numbers: dict[str, Any] = {
        "sampling_probability": q,
        "noise_multiplier": noise_multiplier,
        "steps": steps,
        "delta": delta,
    }
    rdp = epsilon_rdp(**numbers)
    return solved | {
        "epsilon_rdp": _finite(rdp.epsilon),
        "epsilon_pld": epsilon_pld(**numbers, wait=True).epsilon,
        "epsilon_gdp": _finite(epsilon_gdp(**numbers)),
        "order": rdp.order,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the answer to ``arguments`` and return the exit code: 0, or 2 for bad input."""
    options = _parser().parse_args(arguments)
    try:
        print(json.dumps(_answer(options)))
    except InvalidMechanism as invalid:
        print(
            "; ".join(
                f"argument --{name.replace('_', '-')}: {rule}" for name, rule in invalid.faults.items()
            ),
            file=sys.stderr,
        )
        return 2
    except Unreachable as unreachable:
        print(f"argument --target-epsilon: {unreachable}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
