"""The script that does, with another library, what a run with these parameters does here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from app.catalog import DATASETS, MODELS
from app.code.layers import keras_model, torch_model
from app.parameters import RunParameters

_TEMPLATES = Path(__file__).parent / "templates"


class NotExportable(ValueError):
    """These settings cannot be written as such a script; ``field`` names the one in the way."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Framework:
    """A library that scripts are written for; ``requirements`` is what pip must install for them."""

    name: str
    title: str
    template: str
    requirements: str


FRAMEWORKS: Mapping[str, Framework] = {
    framework.name: framework
    for framework in (
        Framework(
            name="tensorflow-privacy",
            title="TensorFlow Privacy",
            template="tensorflow_privacy.txt",
            requirements=(
                "tensorflow==2.15.1 tensorflow-privacy==0.9.0 dp-accounting==0.4.3 scikit-learn 'numpy<2'"
            ),
        ),
        Framework(
            name="opacus",
            title="Opacus (PyTorch)",
            template="opacus.txt",
            requirements="torch torchvision opacus dp-accounting scikit-learn",
        ),
    )
}

_KERAS_OPTIMIZERS = {
    "sgd": "VectorizedDPKerasSGDOptimizer({privacy}, learning_rate=LEARNING_RATE)",
    "momentum": "VectorizedDPKerasSGDOptimizer({privacy}, learning_rate=LEARNING_RATE, momentum=0.9)",
    "adam": "VectorizedDPKerasAdamOptimizer({privacy}, learning_rate=LEARNING_RATE)",
}
_KERAS_PRIVACY = "l2_norm_clip=CLIPPING_NORM, noise_multiplier=NOISE_MULTIPLIER, num_microbatches=CAPACITY"
_TORCH_OPTIMIZERS = {
    "sgd": "torch.optim.SGD(network.parameters(), lr=LEARNING_RATE)",
    "momentum": "torch.optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=0.9)",
    "adam": "torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, eps=1e-7)",
}


def script(parameters: RunParameters, framework: str) -> str:
    """Return the text of a Python script that trains with ``parameters``, and prints ε and the accuracy.

    The script samples by Poisson, adds the noise once to the sum and divides by the expected batch, so
    that its ε, from dp_accounting, is that of the mechanism it runs, and equals this product's.

    Raises:
        KeyError: ``framework`` is not in FRAMEWORKS.
        NotExportable: the settings ask for shuffled batches, whose ε the script could not state.
    """
    if parameters.sampling != "poisson":
        raise NotExportable(
            "sampling",
            "exported scripts sample by Poisson, since shuffled batches have another ε; choose poisson",
        )
    template = Template((_TEMPLATES / FRAMEWORKS[framework].template).read_text(encoding="utf-8"))
    return template.substitute(_values(parameters, framework))


def _values(parameters: RunParameters, framework: str) -> dict[str, object]:
    keras = framework == "tensorflow-privacy"
    dataset = DATASETS[parameters.dataset]
    build = keras_model if keras else torch_model
    optimizers = _KERAS_OPTIMIZERS if keras else _TORCH_OPTIMIZERS
    return {
        "title": f"{dataset.title}, {MODELS[parameters.model].title}",
        "requirements": FRAMEWORKS[framework].requirements,
        "dataset": parameters.dataset,
        "train_size": parameters.train_size,
        "clipping_norm": parameters.clipping_norm,
        "noise_multiplier": parameters.noise_multiplier,
        "batch_size": parameters.batch_size,
        "learning_rate": parameters.learning_rate,
        "epochs": parameters.epochs,
        "delta": parameters.delta,
        "seed": parameters.seed,
        "model": build(parameters.model, dataset),
        "optimizer": optimizers[parameters.optimizer].format(privacy=_KERAS_PRIVACY),
        "data": (_TEMPLATES / f"{_data_source(framework, parameters.dataset)}.txt").read_text(
            encoding="utf-8"
        ),
    }


def _data_source(framework: str, dataset: str) -> str:
    if dataset in ("digits", "xor"):
        return f"data_{dataset}"
    return "data_keras" if framework == "tensorflow-privacy" else "data_torchvision"
