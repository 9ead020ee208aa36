"""Exported scripts: complete, honest about ε, and the same models as those that train here."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.catalog import DATASETS, MODELS, OPTIMIZERS, TASKS, why_incompatible
from app.code import FRAMEWORKS, NotExportable, script
from app.code.layers import LAYERS, keras_model
from app.parameters import RunParameters
from app.privacy.guarantee import guaranteed_epsilon
from app.privacy.mechanism import Mechanism

ASSIGNED = {
    "TRAIN_SIZE": "train_size",
    "CLIPPING_NORM": "clipping_norm",
    "NOISE_MULTIPLIER": "noise_multiplier",
    "BATCH_SIZE": "batch_size",
    "LEARNING_RATE": "learning_rate",
    "EPOCHS": "epochs",
    "DELTA": "delta",
    "SEED": "seed",
}


def constants(text: str) -> dict[str, object]:
    """Return the literal assignments of a script's first level."""
    found = {}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            (target,) = statement.targets
            assert isinstance(target, ast.Name)
            found[target.id] = statement.value.value
    return found


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("task", TASKS)
def test_a_script_holds_the_settings(framework: str, optimizer: str, task: str) -> None:
    parameters = RunParameters.of_task(task, optimizer=optimizer, noise_multiplier=1.25, seed=9)
    text = script(parameters, framework)
    found = constants(text)
    assert {name: found[name] for name in ASSIGNED} == {
        name: getattr(parameters, field) for name, field in ASSIGNED.items()
    }
    assert "$" not in text
    assert ("momentum=0.9" in text) == (optimizer == "momentum")
    assert ("Adam" in text) == (optimizer == "adam")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_shuffled_batches_have_no_script(framework: str) -> None:
    with pytest.raises(NotExportable, match="poisson") as refused:
        script(RunParameters.of_task("mnist", sampling="shuffle"), framework)
    assert refused.value.field == "sampling"


def test_every_model_has_a_text() -> None:
    assert set(LAYERS) == set(MODELS)


@pytest.mark.parametrize(
    ("model", "dataset"),
    [
        (model, name)
        for model in MODELS
        for name, info in DATASETS.items()
        if not why_incompatible(model, info.input_shape)
    ],
)
def test_the_keras_text_is_the_model_that_trains_here(model: str, dataset: str) -> None:
    info = DATASETS[dataset]
    import tensorflow as tf

    from app.training.models import build

    written = eval(keras_model(model, info), {"tf": tf})
    ours = build(model, input_shape=info.input_shape, classes=info.classes, seed=1)
    shapes = [tuple(variable.shape) for variable in ours.trainable_variables]
    assert [tuple(variable.shape) for variable in written.trainable_variables] == shapes
    settings = ("padding", "strides", "pool_size", "activation")
    described = [[_comparable(layer, name) for name in settings] for layer in ours.layers]
    assert [[_comparable(layer, name) for name in settings] for layer in written.layers] == described


def _comparable(layer: object, name: str) -> object:
    value = getattr(layer, name, None)
    return getattr(value, "__name__", value)


def run(text: str, folder: Path) -> str:
    path = folder / "script.py"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=600, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


FRAMEWORK_PACKAGES = {"tensorflow-privacy": "tensorflow_privacy", "opacus": "opacus"}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_script_trains_on_digits_and_prints_the_same_epsilon(framework: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(FRAMEWORK_PACKAGES[framework]) is None:
        pytest.skip(f"{framework} is not installed here (Opacus: make test-opacus)")
    parameters = RunParameters.of_task("digits", epochs=4, seed=5)
    printed = run(script(parameters, framework), tmp_path)
    accuracies = [float(number) for number in re.findall(r"test accuracy ([\d.]+)", printed)]
    assert len(accuracies) == 4
    assert accuracies[-1] > 0.25  # guessing is right one time in ten
    (epsilon,) = re.findall(r"epsilon = ([\d.]+)", printed)
    assert float(epsilon) == pytest.approx(
        guaranteed_epsilon(Mechanism.of(parameters))(parameters.steps), abs=0.01
    )
