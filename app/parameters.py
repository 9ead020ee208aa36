"""The one table of training parameters, and the resolved parameters of a run.

Every bound, default, unit and recommended band that the page, the schemas and
the documentation show comes from :data:`PARAMETERS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.catalog import DATASETS, DatasetInfo, TableInfo, task_named


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One numeric parameter: bounds (inclusive), default, unit and one line of meaning.

    ``recommended`` is the guide's band; ``scale`` is how a slider should move
    ("linear" or "log"); ``integer`` parameters take whole numbers only.
    """

    name: str
    label: str
    unit: str
    minimum: float
    maximum: float
    default: float | int | None
    meaning: str
    recommended: tuple[float, float] | None = None
    scale: str = "linear"
    integer: bool = False


PARAMETERS: Mapping[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        Parameter(
            name="clipping_norm",
            label="Clipping norm C",
            unit="L2 norm",
            minimum=0.05,
            maximum=20.0,
            default=1.0,
            recommended=(1.0, 2.0),
            scale="log",
            meaning="The longest gradient one example may contribute; longer ones are scaled down to it.",
        ),
        Parameter(
            name="noise_multiplier",
            label="Noise multiplier σ",
            unit="multiples of C",
            minimum=0.0,
            maximum=20.0,
            default=0.8,
            recommended=(0.8, 1.5),
            scale="log",
            meaning="Standard deviation of the noise on the summed gradient, in units of C; 0 is no privacy.",
        ),
        Parameter(
            name="batch_size",
            label="Batch size B",
            unit="examples",
            minimum=16,
            maximum=2048,
            default=256,
            recommended=(128, 2048),
            scale="log",
            integer=True,
            meaning="Examples per step on average; each joins with probability B/N.",
        ),
        Parameter(
            name="learning_rate",
            label="Learning rate",
            unit="",
            minimum=0.001,
            maximum=1.0,
            default=0.02,
            recommended=(0.01, 0.02),
            scale="log",
            meaning="How far one step moves the weights along the noisy gradient.",
        ),
        Parameter(
            name="epochs",
            label="Epochs",
            unit="passes",
            minimum=1,
            maximum=60,
            default=15,
            recommended=(8, 20),
            integer=True,
            meaning="Expected passes over the training data; every step spends privacy.",
        ),
        Parameter(
            name="delta",
            label="δ",
            unit="probability",
            minimum=1e-9,
            maximum=1e-3,
            default=1e-5,
            scale="log",
            meaning="The probability the guarantee may fail by; keep it well below 1/N.",
        ),
        Parameter(
            name="privacy_budget",
            label="Privacy budget",
            unit="ε",
            minimum=0.01,
            maximum=50.0,
            default=3.0,
            scale="log",
            meaning="The full mark of the privacy meter.",
        ),
        Parameter(
            name="target_epsilon",
            label="Target ε",
            unit="ε",
            minimum=0.01,
            maximum=50.0,
            default=None,
            scale="log",
            meaning="Solve for the noise multiplier that spends this ε instead of choosing σ.",
        ),
        Parameter(
            name="train_size",
            label="Training examples N",
            unit="examples",
            minimum=100,
            maximum=60_000,
            default=None,
            scale="log",
            integer=True,
            meaning="How many examples of the dataset train the model (a fixed, seeded subset).",
        ),
        Parameter(
            name="seed",
            label="Seed",
            unit="",
            minimum=0,
            maximum=2**32 - 1,
            default=None,
            integer=True,
            meaning="Makes a run reproducible; who knows the seed can undo the noise.",
        ),
    )
}


def default_of(name: str, task: str) -> float | int | None:
    """Return the default of parameter ``name`` for ``task``: the task's own, else the table's.

    Raises:
        KeyError: ``name`` or ``task`` is not in its table.
    """
    return task_named(task).defaults.get(name, PARAMETERS[name].default)


OF_A_TASK = (
    "clipping_norm",
    "noise_multiplier",
    "batch_size",
    "learning_rate",
    "epochs",
    "delta",
    "privacy_budget",
)
"""The parameters whose defaults a task may set: see :func:`default_of`."""


@dataclass(frozen=True, kw_only=True)
class RunParameters:
    """All parameters of one run, resolved: nothing is left to a default.

    ``seed`` None means secret and fresh randomness. ``target_epsilon`` is kept
    for the record; ``noise_multiplier`` already solves it. ``table`` is what is public
    of the table that a run on one's own data trains on, None for the catalog's datasets.
    """

    mode: str
    task: str
    dataset: str
    model: str
    train_size: int
    optimizer: str
    sampling: str
    engine: str
    clipping_norm: float
    noise_multiplier: float
    batch_size: int
    learning_rate: float
    epochs: int
    delta: float
    privacy_budget: float
    stop_at_budget: bool = False
    target_epsilon: float | None = None
    seed: int | None = None
    baseline: bool = False
    table: TableInfo | None = None

    @property
    def data(self) -> DatasetInfo:
        """Return the dataset that is trained on, by its public facts."""
        return self.table.dataset if self.table else DATASETS[self.dataset]

    @property
    def sampling_probability(self) -> float:
        """Return q = B/N, the probability with which an example joins a step."""
        return self.batch_size / self.train_size

    @property
    def steps(self) -> int:
        """Return T = ceil(epochs * N / B), the number of steps of the whole run."""
        return self.steps_after(self.epochs)

    def steps_after(self, epoch: int) -> int:
        """Return how many steps have been taken when ``epoch`` (1-based) ends; 0 for epoch 0."""
        return -(-epoch * self.train_size // self.batch_size)

    @classmethod
    def of_task(cls, task: str, **changes: Any) -> RunParameters:
        """Return the real run that ``task`` prescribes, Poisson-sampled, unseeded, with ``changes``.

        >>> RunParameters.of_task("mnist", epochs=1).steps
        235

        Raises:
            KeyError: there is no such task.
            TypeError: a change names no parameter.
        """
        own = task_named(task)
        values: dict[str, Any] = {
            "mode": "real",
            "task": own.name,
            "dataset": own.dataset,
            "model": own.model,
            "train_size": own.train_size,
            "optimizer": own.optimizer,
            "sampling": "poisson",
            "engine": "fast",
            **{name: default_of(name, task) for name in OF_A_TASK},
        }
        return cls(**(values | changes))

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as the JSON object that a run document shows."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunParameters:
        """Return the parameters that :meth:`to_dict` wrote.

        Raises:
            TypeError: a name is missing or unknown.
        """
        table = values.get("table")
        if not isinstance(table, Mapping):
            return cls(**values)
        return cls(**{**values, "table": TableInfo.from_dict(table)})
