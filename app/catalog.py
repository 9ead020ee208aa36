"""What can be trained: datasets, models and the tasks that bundle them.

Names, sizes and defaults only; no TensorFlow and no data is loaded here, so
that the web process can describe, validate and simulate without either.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class DatasetInfo:
    """A dataset by its public facts.

    ``train_examples`` and ``test_examples`` count examples; ``input_shape`` is
    that of one example without the batch axis.
    """

    name: str
    title: str
    train_examples: int
    test_examples: int
    input_shape: tuple[int, ...]
    class_names: tuple[str, ...]
    source: str
    downloadable: bool = False

    @property
    def classes(self) -> int:
        return len(self.class_names)


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """A model architecture by name.

    ``inputs`` says what it accepts ("images" or "any"); ``minimum_side`` is the
    smallest image in pixels that its convolutions and pools leave something of.
    """

    name: str
    title: str
    inputs: str
    minimum_side: int = 1


@dataclass(frozen=True, kw_only=True)
class Task:
    """Data, size, model, optimizer and defaults that belong together.

    A simulation and a real training of one task can be laid over each other.
    ``defaults`` overrides the parameter table's own defaults for this task.
    """

    name: str
    title: str
    dataset: str
    train_size: int
    model: str
    optimizer: str
    summary: str
    defaults: Mapping[str, float | int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TableInfo:
    """A table that a person has brought along, by its public facts: counts, and the names they declared.

    ``from_data`` names the columns whose bounds or values were not declared but taken from the data.
    """

    train_examples: int
    test_examples: int
    inputs: int
    class_names: tuple[str, ...]
    from_data: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TableInfo:
        """Return the facts that ``dataclasses.asdict`` wrote, also by way of JSON.

        Raises:
            TypeError: a name is missing or unknown.
        """
        lists = {name: tuple(values[name]) for name in ("class_names", "from_data") if name in values}
        return cls(**{**values, **lists})

    @property
    def dataset(self) -> DatasetInfo:
        """Return the table as a dataset."""
        return DatasetInfo(
            name=TABLE,
            title="Your own table",
            train_examples=self.train_examples,
            test_examples=self.test_examples,
            input_shape=(self.inputs,),
            class_names=self.class_names,
            source="sent by its owner for this run",
        )


_DIGITS = tuple(str(digit) for digit in range(10))
_GARMENTS = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

DATASETS: Mapping[str, DatasetInfo] = {
    info.name: info
    for info in (
        DatasetInfo(
            name="mnist",
            title="MNIST handwritten digits",
            train_examples=60_000,
            test_examples=10_000,
            input_shape=(28, 28, 1),
            class_names=_DIGITS,
            source="LeCun, Cortes, Burges (CC BY-SA 3.0)",
            downloadable=True,
        ),
        DatasetInfo(
            name="fashion_mnist",
            title="Fashion-MNIST garments",
            train_examples=60_000,
            test_examples=10_000,
            input_shape=(28, 28, 1),
            class_names=_GARMENTS,
            source="Zalando Research (MIT)",
            downloadable=True,
        ),
        DatasetInfo(
            name="digits",
            title="Handwritten digits 8x8 (inside scikit-learn)",
            train_examples=1_437,
            test_examples=360,
            input_shape=(8, 8, 1),
            class_names=_DIGITS,
            source="UCI Optical Recognition of Handwritten Digits (CC BY 4.0)",
        ),
        DatasetInfo(
            name="xor",
            title="XOR, two inputs (generated)",
            train_examples=2_000,
            test_examples=1_000,
            input_shape=(2,),
            class_names=("same sign", "different sign"),
            source="generated from a fixed seed",
        ),
    )
}

MODELS: Mapping[str, ModelInfo] = {
    info.name: info
    for info in (
        ModelInfo(
            name="tutorial_cnn",
            title="TensorFlow Privacy tutorial CNN (26,010 parameters)",
            inputs="images",
            minimum_side=13,
        ),
        ModelInfo(
            name="tanh_cnn",
            title="The tutorial CNN with tanh for ReLU (26,010 parameters)",
            inputs="images",
            minimum_side=13,
        ),
        ModelInfo(name="wide_cnn", title="CNN 8-16-128", inputs="images", minimum_side=4),
        ModelInfo(name="mlp", title="MLP, one hidden layer of 128", inputs="any"),
        ModelInfo(name="small_mlp", title="MLP, one hidden layer of 64", inputs="any"),
        ModelInfo(name="digits_cnn", title="Small CNN for 8x8 images", inputs="images", minimum_side=4),
        ModelInfo(name="logistic", title="Logistic regression", inputs="any"),
        ModelInfo(name="toy_mlp", title="MLP, one hidden layer of 16", inputs="any"),
    )
}

TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        Task(
            name="mnist",
            title="MNIST, 60,000 digits",
            dataset="mnist",
            train_size=60_000,
            model="tutorial_cnn",
            optimizer="sgd",
            summary="The guide's ladder with its own recipe, and how far one can go beyond.",
        ),
        Task(
            name="mnist-1500",
            title="MNIST, 1,500 digits",
            dataset="mnist",
            train_size=1_500,
            model="small_mlp",
            optimizer="adam",
            summary="Small private data: each person costs more.",
            defaults={
                "noise_multiplier": 2.0,
                "batch_size": 128,
                "learning_rate": 0.01,
            },
        ),
        Task(
            name="fashion_mnist",
            title="Fashion-MNIST, 60,000 garments",
            dataset="fashion_mnist",
            train_size=60_000,
            model="tutorial_cnn",
            optimizer="sgd",
            summary="The same shape as MNIST, harder to tell apart.",
        ),
        Task(
            name="digits",
            title="Digits 8x8, 1,437 examples",
            dataset="digits",
            train_size=1_437,
            model="digits_cnn",
            optimizer="adam",
            summary="Real digits inside scikit-learn: works everywhere, offline.",
            defaults={
                "noise_multiplier": 2.0,
                "batch_size": 128,
                "learning_rate": 0.01,
            },
        ),
        Task(
            name="xor",
            title="XOR toy, two inputs",
            dataset="xor",
            train_size=2_000,
            model="toy_mlp",
            optimizer="adam",
            summary="The smallest problem a straight line cannot solve.",
            defaults={"noise_multiplier": 2.0, "batch_size": 128, "learning_rate": 0.05},
        ),
    )
}

TABLE = "table"
"""The name of the dataset and of the task that a table of one's own is; what it holds is a run's own."""

TABLE_TASK = Task(
    name=TABLE,
    title="A table of one's own",
    dataset=TABLE,
    train_size=0,  # the table's own
    model="logistic",
    optimizer="adam",
    summary="Rows and columns that their owner brought along for one run.",
    defaults={"noise_multiplier": 3.0, "batch_size": 128, "learning_rate": 0.05},
)

OPTIMIZERS: Mapping[str, str] = {
    "sgd": "SGD",
    "momentum": "SGD with momentum 0.9",
    "adam": "Adam",
}
SAMPLINGS: Mapping[str, str] = {
    "poisson": "Poisson: each example joins each step with probability B/N",
    "shuffle": "Shuffled fixed-size batches (comparison only; not covered by the Poisson analysis)",
}
ENGINES: Mapping[str, str] = {
    "fast": "This project's exact engine",
    "tensorflow-privacy": "TensorFlow Privacy (reference)",
}

IDX_FILES: Mapping[str, str] = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}

DEFAULT_TASK = "mnist"
FALLBACK_TASK = "digits"


def task_named(name: str) -> Task:
    """Return the task ``name``, also that of a table of one's own.

    Raises:
        KeyError: there is no such task.
    """
    return TABLE_TASK if name == TABLE else TASKS[name]


def why_incompatible(model: str, input_shape: tuple[int, ...]) -> str | None:
    """Return the sentence that says why ``model`` cannot take examples of this shape, or None if it can.

    >>> why_incompatible("tutorial_cnn", (8, 8, 1))
    'The model "tutorial_cnn" needs images of at least 13x13 pixels; these have 8x8.'
    """
    info = MODELS[model]
    if info.inputs == "any":
        return None
    if len(input_shape) != 3:
        return f'The model "{model}" needs images; this dataset has {input_shape[0]} plain inputs.'
    height, width, _ = input_shape
    if min(height, width) < info.minimum_side:
        side = info.minimum_side
        return (
            f'The model "{model}" needs images of at least {side}x{side} pixels; these have {height}x{width}.'
        )
    return None


def keras_cache_directory() -> Path:
    """Return the folder where Keras keeps downloaded datasets (``KERAS_HOME`` or ``~/.keras``)."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets"


def local_archive(
    dataset: str, data_directory: str | None, cache_directory: Path | None = None
) -> Path | None:
    """Return where a downloadable dataset lies on this machine, or None.

    ``data_directory`` (the setting ``DPSGD_DATA_DIR``) is looked at before Keras'
    cache (or ``cache_directory`` in its place). The path is an npz archive, or the
    folder in which Keras keeps the four original files of Fashion-MNIST.
    """
    cache = cache_directory or keras_cache_directory()
    for folder in (*([Path(data_directory)] if data_directory else []), cache):
        archive = folder / f"{dataset}.npz"
        if archive.is_file():
            return archive
    originals = cache / dataset.replace("_", "-")
    if all((originals / name).is_file() for name in IDX_FILES.values()):
        return originals
    return None


def is_available(dataset: str, *, data_directory: str | None, offline: bool) -> bool:
    """Return whether ``dataset`` can be tried: embedded, on this disk, or allowed to download."""
    if not DATASETS[dataset].downloadable or not offline:
        return True
    return local_archive(dataset, data_directory) is not None


def cure_for_missing(dataset: str) -> str:
    """Return the sentence that tells a person how to make ``dataset`` available."""
    return (
        f"Put {dataset}.npz (Keras' keys x_train, y_train, x_test, y_test) into the folder named by "
        f"DPSGD_DATA_DIR, or let the server reach the internet once (without DPSGD_OFFLINE=1), "
        f'or choose the embedded dataset "digits".'
    )
