"""Writes tests/js/toy_steps.json: what the XOR toy in the page must compute.

Run with dp_accounting 0.4.3, whose fractional orders are exact: ``python -m tests.toy.make_toy_steps``.
The steps are taken here by a loop over examples whose gradients are complex-step derivatives of the loss
(Squire & Trapp, 1998: exact to the last digits, and no formula for a gradient in sight), so that they share
nothing with the toy's own back-propagation but the definition of the network.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dp_accounting
import numpy as np
from dp_accounting import pld, rdp
from numpy.typing import NDArray

STEPS_FILE = Path(__file__).resolve().parents[1] / "js" / "toy_steps.json"
Row = dict[str, Any]
Vector = NDArray[np.float64]

HIDDEN = 8
PARAMETERS = 4 * HIDDEN + 1
SAMPLING_PROBABILITY = 0.1
DELTA = 1e-5
_TINY = 1e-30  # the imaginary step: nothing is subtracted, so it may be as small as doubles allow
_RECIPES = (
    {"clipping_norm": 0.06, "noise_multiplier": 5.0, "learning_rate": 4.0, "expected_batch": 30},
    {"clipping_norm": 0.5, "noise_multiplier": 1.1, "learning_rate": 0.7, "expected_batch": 10},
    {"clipping_norm": 100.0, "noise_multiplier": 0.0, "learning_rate": 4.0, "expected_batch": 30},
)


def loss(parameters: NDArray[Any], example: Row) -> Any:
    """Return the cross-entropy in nats of the toy's network at one example, for complex parameters too."""
    across, up, bias, out = parameters[:-1].reshape(4, HIDDEN)
    hidden = np.tanh(across * example["x"] + up * example["y"] + bias)  # [HIDDEN]
    logit = hidden @ out + parameters[-1]
    return np.log(1 + np.exp(-logit if example["label"] == 1 else logit))


def gradient(parameters: Vector, example: Row) -> Vector:
    """Return the loss's derivatives [PARAMETERS], one complex step in each coordinate."""
    steps = parameters + 1j * _TINY * np.eye(PARAMETERS)  # [PARAMETERS, PARAMETERS]
    return np.array([loss(row, example).imag / _TINY for row in steps])


def dp_sgd(parameters: Vector, case: Row) -> Row:
    """Return every stage of the case's steps, taken one example at a time."""
    recipe, stages = case["recipe"], []
    for sampled, unit_noise in zip(case["sampled"], case["unit_noise"], strict=True):
        total, clipped = np.zeros(PARAMETERS), 0
        for index in sampled:
            if index == len(case["examples"]):
                continue  # you were sampled, and are not there
            slope = gradient(parameters, case["examples"][index])
            norm = float(np.linalg.norm(slope))
            clipped += norm > recipe["clipping_norm"]
            total += slope * min(1.0, recipe["clipping_norm"] / norm)
        noise = recipe["noise_multiplier"] * recipe["clipping_norm"] * np.array(unit_noise)
        parameters = parameters - recipe["learning_rate"] * (total + noise) / recipe["expected_batch"]
        stages.append({"sum": total.tolist(), "clipped": int(clipped), "parameters": parameters.tolist()})
    return {"stages": stages}


def _case(recipe: Row, generator: np.random.Generator, *, people: int = 40, steps: int = 6) -> Row:
    labels = generator.integers(2, size=people)
    places = generator.normal(size=(people, 2))
    places[0] *= 20  # somebody far out, whose gradient is the longest
    examples = [{"x": x, "y": y, "label": int(z)} for (x, y), z in zip(places.tolist(), labels, strict=True)]
    joins = generator.uniform(size=(steps, people + 1)) < 0.3
    joins[1] = False  # an empty batch still takes a step of noise alone
    joins[2, people] = True
    sampled = [np.flatnonzero(row).tolist() for row in joins]
    return {
        "recipe": recipe,
        "examples": examples,
        "sampled": sampled,
        "unit_noise": generator.normal(size=(steps, PARAMETERS)).tolist(),
    }


def cases() -> list[Row]:
    """Return the fixture's trainings with their stages."""
    generator = np.random.default_rng(20260105)
    made = []
    for recipe in _RECIPES:
        initial = generator.normal(size=PARAMETERS)
        case = _case(dict(recipe), generator)
        gradients = [gradient(initial, example).tolist() for example in case["examples"]]
        made.append(
            {"initial": initial.tolist(), "gradients": gradients} | case | dp_sgd(initial, case),
        )
    return made


def epsilon(*, noise_multiplier: float, steps: int) -> Row:
    """Return dp_accounting's epsilons of the toy's mechanism, by its default RDP orders and by PLD."""
    event = dp_accounting.SelfComposedDpEvent(
        dp_accounting.PoissonSampledDpEvent(
            SAMPLING_PROBABILITY, dp_accounting.GaussianDpEvent(noise_multiplier)
        ),
        steps,
    )
    by_rdp, by_pld = rdp.RdpAccountant().compose(event), pld.PLDAccountant().compose(event)
    return {
        "noise_multiplier": noise_multiplier,
        "steps": steps,
        "epsilon_rdp": float(by_rdp.get_epsilon(DELTA)),
        "epsilon_pld": float(by_pld.get_epsilon(DELTA)),
    }


def main() -> None:
    """Write the fixture."""
    rows = [epsilon(noise_multiplier=sigma, steps=t) for sigma in (0.6, 1, 2, 5, 8, 20) for t in (1, 60, 600)]
    content = {
        "origin": f"tests/toy/make_toy_steps.py; dp_accounting {version('dp_accounting')}, "
        f"numpy {version('numpy')}",
        "sampling_probability": SAMPLING_PROBABILITY,
        "delta": DELTA,
        "cases": cases(),
        "epsilons": rows,
    }
    STEPS_FILE.write_text(json.dumps(content) + "\n", "utf-8")


if __name__ == "__main__":
    main()
