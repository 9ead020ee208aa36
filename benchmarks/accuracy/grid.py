"""The committed grid: which settings are tried for each data set at each ε, and which seeds tell the result.

Every setting is one that the product takes. The noise is no axis: it is the least whose ε, by RDP, is
within the target. While nearly all gradients are clipped a step is lr·C long, so published
recipes with a learning rate above 1 stand here with a larger C instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.parameters import RunParameters
from app.privacy.calibration import noise_multiplier_for

DELTA = 1e-5
EPSILONS = (1.0, 2.0, 3.0, 8.0)
DATASETS = ("mnist", "fashion_mnist")
GRID_SEED = 1
REPORT_SEEDS = (101, 102, 103, 104, 105)  # none of them the grid's: the best of many is lucky there


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is chosen freely; the noise follows from ε."""

    model: str
    batch_size: int
    clipping_norm: float
    learning_rate: float
    epochs: int
    optimizer: str = "momentum"


def _tanh(batch_size: int, clipping_norm: float, learning_rate: float, epochs: int) -> Setting:
    return Setting(
        model="tanh_cnn",
        batch_size=batch_size,
        clipping_norm=clipping_norm,
        learning_rate=learning_rate,
        epochs=epochs,
    )


_TUTORIAL = Setting(model="tutorial_cnn", batch_size=1024, clipping_norm=0.5, learning_rate=0.2, epochs=25)
# The first for MNIST is about what Tramèr & Boneh (2021) found; the last tanh one for Fashion-MNIST is theirs
# with lr = 1 in place of 4 and C = 0.4 in place of 0.1. Fashion-MNIST takes a longer way: lr·C·T counts.
GRID: Mapping[str, tuple[Setting, ...]] = {
    "mnist": (
        _tanh(512, 0.1, 0.5, 40),
        _tanh(1024, 0.1, 1.0, 40),
        _tanh(1024, 0.1, 1.0, 25),
        _tanh(512, 0.1, 0.5, 20),
        _TUTORIAL,
    ),
    "fashion_mnist": (
        _tanh(512, 0.1, 1.0, 40),
        _tanh(1024, 0.2, 1.0, 40),
        _tanh(1024, 0.1, 1.0, 40),
        _tanh(2048, 0.4, 1.0, 40),
        _TUTORIAL,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of the table: a data set at an ε."""

    dataset: str
    epsilon: float


def cells() -> Iterator[Cell]:
    """Yield all cells, those of the project's aims first."""
    aims = [("mnist", 1.0), ("mnist", 3.0), ("fashion_mnist", 3.0)]
    others = [(dataset, epsilon) for dataset in DATASETS for epsilon in EPSILONS]
    for dataset, epsilon in dict.fromkeys(aims + others):
        yield Cell(dataset=dataset, epsilon=epsilon)


def run_of(cell: Cell, setting: Setting, *, seed: int) -> RunParameters:
    """Return the real run of ``setting`` with the least noise (4 decimals) that keeps to the cell's ε."""
    base = RunParameters.of_task(cell.dataset, delta=DELTA, privacy_budget=50.0)
    noise = noise_multiplier_for(
        cell.epsilon,
        examples=base.train_size,
        batch_size=setting.batch_size,
        epochs=setting.epochs,
        delta=DELTA,
    )
    changes: dict[str, Any] = {**asdict(setting), "noise_multiplier": noise, "seed": seed}
    return RunParameters.of_task(cell.dataset, delta=DELTA, privacy_budget=50.0, **changes)
