"""Writes tests/js/attack_demos_numpy.json: what the Attacks page's demonstrations must compute.

Run it as ``python -m tests.attack_demos.make_attack_demos``. Every gradient is a complex-step derivative of
its loss (Squire & Trapp, 1998: exact to the last digits, and no formula in sight), the joint fit is
numpy's singular value decomposition, the guess without a model is enumerated from the table's law and the
intervals are scipy's, so that nothing is shared with the page but definitions.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

WRITTEN = Path(__file__).resolve().parents[1] / "js" / "attack_demos_numpy.json"
Row = dict[str, Any]
Vector = NDArray[np.float64]

_TINY = 1e-30  # the imaginary step: nothing is subtracted, so it may be as small as doubles allow
_INPUTS, _HIDDEN, _CLASSES = 6, 5, 3
_RECIPES = (
    {"clipping_norm": 0.4, "noise_multiplier": 1.5, "learning_rate": 0.7, "expected_batch": 2.5},
    {"clipping_norm": 50.0, "noise_multiplier": 0.0, "learning_rate": 0.2, "expected_batch": 3.0},
)
AGREE, PULL, TELLING = 0.65, 0.7, 2


def slope(loss: Callable[[NDArray[Any]], Any], at: Vector) -> Vector:
    """Return the derivatives of ``loss`` at a point, one complex step in each coordinate."""
    return np.array([loss(at + row).imag / _TINY for row in 1j * _TINY * np.eye(len(at))])


def cross_entropy(logits: NDArray[Any], label: int) -> Any:
    """Return the softmax cross-entropy in nats."""
    return np.log(np.exp(logits).sum()) - logits[label]


def dense_loss(parameters: NDArray[Any], pixels: Vector, label: int) -> Any:
    """Return the loss of the network of one hidden layer of rectified units."""
    sizes = (_HIDDEN * _INPUTS, _HIDDEN, _CLASSES * _HIDDEN, _CLASSES)
    weights, biases, out_weights, out_biases = np.split(parameters, np.cumsum(sizes)[:-1])
    before = weights.reshape(_HIDDEN, _INPUTS) @ pixels + biases
    active = np.where(before.real > 0, before, 0)
    return cross_entropy(out_weights.reshape(_CLASSES, _HIDDEN) @ active + out_biases, label)


def softmax_loss(parameters: NDArray[Any], pixels: Vector, label: int) -> Any:
    """Return the loss of softmax regression whose rows are [weights, bias]."""
    rows = parameters.reshape(_CLASSES, _INPUTS + 1)
    return cross_entropy(rows[:, :-1] @ pixels + rows[:, -1], label)


def logistic_loss(parameters: NDArray[Any], features: Vector, label: int) -> Any:
    """Return the loss of logistic regression."""
    logit = parameters @ features
    return np.log(1 + np.exp(-logit if label else logit))


def step(parameters: Vector, gradients: list[Vector], *, unit_noise: Vector, recipe: Row) -> Row:
    """Return one DP-SGD step, taken one example at a time."""
    total, clipped = np.zeros_like(parameters), 0
    for gradient in gradients:
        norm = float(np.linalg.norm(gradient))
        clipped += norm > recipe["clipping_norm"]
        total += gradient * min(1.0, recipe["clipping_norm"] / norm)
    noise = recipe["noise_multiplier"] * recipe["clipping_norm"] * unit_noise
    after = parameters - recipe["learning_rate"] * (total + noise) / recipe["expected_batch"]
    return {"clipped": clipped, "after": after.tolist()}


def training_case(loss: Callable[..., Any], name: str, *, size: int, generator: np.random.Generator) -> Row:
    """Return examples, their gradients and one step of each recipe for a model with ``size`` parameters."""
    parameters = generator.normal(size=size)
    classes = 2 if name == "logistic" else _CLASSES
    inputs = generator.normal(size=(6, size if name == "logistic" else _INPUTS))
    labels = generator.integers(classes, size=6).tolist()
    gradients = [
        slope(lambda at, x=x, label=label: loss(at, x, label), parameters)  # type: ignore[misc]
        for x, label in zip(inputs, labels, strict=True)
    ]
    sampled = [[0, 2, 3, 5], []]
    unit_noise = generator.normal(size=size)
    return {
        "parameters": parameters.tolist(),
        "inputs": inputs.tolist(),
        "labels": labels,
        "gradients": [gradient.tolist() for gradient in gradients],
        "unit_noise": unit_noise.tolist(),
        "steps": [
            {"recipe": recipe, "sampled": joined}
            | step(
                parameters, [gradients[index] for index in joined], unit_noise=unit_noise, recipe=dict(recipe)
            )
            for recipe in _RECIPES
            for joined in sampled
        ],
    }


def joint_fit(matrix: Vector) -> Vector:
    """Return the input of the best rank-one approximation of [dL/dW, dL/db], its sign chosen for ink."""
    direction = np.linalg.svd(matrix)[2][0]
    picture: Vector = direction[:-1] / abs(direction[-1])
    return -picture if picture.sum() < 0 else picture


def joint_case(generator: np.random.Generator) -> Row:
    """Return noisy gradients of a first layer and the picture that fits each best."""
    back = generator.normal(size=_HIDDEN)
    picture = np.append(generator.uniform(size=_INPUTS), 1.0)
    matrices = [
        np.outer(back, picture) + size * generator.normal(size=(_HIDDEN, _INPUTS + 1)) for size in (0, 0.05)
    ]
    return {
        "picture": picture[:-1].tolist(),
        "matrices": [matrix.tolist() for matrix in matrices],
        "fits": [joint_fit(matrix).tolist() for matrix in matrices],
    }


def law_cases() -> list[Row]:
    """Return log P(secret 1, …) - log P(secret -1, …) of records, from the law's joint probabilities."""
    rows = []
    for first, second, third, label in product((-1, 1), (-1, 1), (-1, 1), (0, 1)):
        joint = {}
        for secret in (-1, 1):
            agreeing = [AGREE if answer == secret else 1 - AGREE for answer in (first, second)]
            one = 1 / (1 + np.exp(-(PULL * secret + third)))
            joint[secret] = 0.5 * np.prod(agreeing) * 0.5 * (one if label else 1 - one)
        odds = float(np.log(joint[1]) - np.log(joint[-1]))
        rows.append({"answers": [first, second, third], "label": label, "log_odds": odds})
    return rows


def interval(*, right: int, trials: int) -> Row:
    """Return the 95 % Wilson interval of a share."""
    found = binomtest(right, trials).proportion_ci(method="wilson")
    return {"right": right, "trials": trials, "low": float(found.low), "high": float(found.high)}


def fixture() -> Row:
    """Return everything that the page's modules are held to."""
    generator = np.random.default_rng(20260117)
    dense = _HIDDEN * (_INPUTS + 1) + _CLASSES * (_HIDDEN + 1)
    softmax = training_case(softmax_loss, "softmax", size=_CLASSES * (_INPUTS + 1), generator=generator)
    pixels, model = np.array(softmax["inputs"][0]), np.array(softmax["parameters"])
    return {
        "inputs": _INPUTS,
        "hidden": _HIDDEN,
        "classes": _CLASSES,
        "dense": training_case(dense_loss, "dense", size=dense, generator=generator),
        "softmax": softmax,
        "logistic": training_case(logistic_loss, "logistic", size=8, generator=generator),
        "uphill": [
            slope(lambda at, label=label: -softmax_loss(model, at, label), pixels).tolist()  # type: ignore[misc]
            for label in range(_CLASSES)
        ],
        "joint": joint_case(generator),
        "law": law_cases(),
        "intervals": [interval(right=k, trials=n) for k, n in ((0, 10), (7, 10), (1700, 2400), (2400, 2400))],
    }


def main() -> None:
    """Write the fixture."""
    WRITTEN.write_text(json.dumps(fixture()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
