"""Which task, data and defaults a request means; which run stands in where data cannot be had."""

from __future__ import annotations

from typing import Any

import pytest

from app.catalog import TASKS
from app.errors import InvalidParameters
from app.parameters import RunParameters, default_of
from app.schemas.faults import validated
from app.schemas.requests import TrainRequest
from app.schemas.resolution import Resolved, resolve
from app.settings import Settings


@pytest.fixture(autouse=True)
def no_keras_cache(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture
def data_dir(tmp_path) -> str:
    """A folder in which mnist lies (the web side only looks whether it is there)."""
    (tmp_path / "mnist.npz").touch()
    return str(tmp_path)


def resolved(body: dict[str, Any], **settings: Any) -> Resolved:
    return resolve(validated(TrainRequest, body), settings=Settings(**settings))


def own(parameters: RunParameters) -> tuple[str, str, int, str, str]:
    return (
        parameters.task,
        parameters.dataset,
        parameters.train_size,
        parameters.model,
        parameters.optimizer,
    )


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("mode", ["simulation", "real"])
def test_a_task_brings_all_that_belongs_to_it(name, mode, data_dir):
    task = TASKS[name]
    parameters = resolved({"mode": mode, "task": name}, data_dir=data_dir).parameters
    assert own(parameters) == (name, task.dataset, task.train_size, task.model, task.optimizer)
    for number in ("clipping_norm", "noise_multiplier", "batch_size", "learning_rate", "epochs", "delta"):
        assert getattr(parameters, number) == default_of(number, name)


@pytest.mark.parametrize("dataset", ["mnist", "fashion_mnist", "digits", "xor"])
def test_a_dataset_selects_the_task_of_its_name(dataset):
    assert own(resolved({"dataset": dataset}).parameters) == own(resolved({"task": dataset}).parameters)


CUSTOM = [
    ({"task": "mnist-1500", "model": "logistic"}, ("mnist-1500", "mnist", 1500, "logistic", "adam")),
    (
        {"task": "mnist-1500", "dataset": "fashion_mnist"},
        ("mnist-1500", "fashion_mnist", 1500, "small_mlp", "adam"),
    ),
    ({"dataset": "mnist", "train_size": 5000}, ("mnist", "mnist", 5000, "tutorial_cnn", "sgd")),
    ({"task": "mnist", "dataset": "digits", "model": "mlp"}, ("mnist", "digits", 1437, "mlp", "sgd")),
    ({"dataset": "xor", "optimizer": "momentum"}, ("xor", "xor", 2000, "toy_mlp", "momentum")),
]


@pytest.mark.parametrize(("body", "expected"), CUSTOM)
def test_a_field_given_leaves_the_task_s_own(body, expected):
    assert own(resolved({"mode": "real", **body}).parameters) == expected


def test_values_given_win_over_defaults():
    body = {
        "clipping_norm": 2,
        "noise_multiplier": 4,
        "batch_size": 64,
        "learning_rate": 0.5,
        "epochs": 2,
        "delta": 1e-6,
        "privacy_budget": 1,
        "seed": 0,
        "baseline": True,
        "stop_at_budget": True,
    }
    parameters = resolved(body).parameters
    assert {name: getattr(parameters, name) for name in body} == body


def test_a_real_run_without_a_seed_keeps_its_randomness_secret():
    result = resolved({"mode": "real", "dataset": "digits"})
    assert result.parameters.seed is None
    assert result.notices == ()


def test_a_real_run_with_a_seed_is_marked_a_demonstration():
    (notice,) = resolved({"mode": "real", "dataset": "digits", "seed": 0}).notices
    assert (notice["id"], notice["severity"]) == ("fixed-seed", "warning")
    assert "Demonstration" in notice["text"]


def test_null_is_the_same_as_left_out_where_no_value_is_the_default():
    nothing = {"task": None, "model": None, "optimizer": None, "train_size": None, "target_epsilon": None}
    with_seed = {"seed": 3}
    assert resolved({**nothing, **with_seed}) == resolved(with_seed)


def test_auto_takes_mnist_where_it_lies_on_the_disk(data_dir):
    for offline in (True, False):
        result = resolved({"mode": "real"}, data_dir=data_dir, offline=offline)
        assert (result.parameters.task, result.notices) == ("mnist", ())


def test_auto_falls_back_to_digits_also_where_the_archive_on_the_disk_may_be_damaged(data_dir):
    fallback = resolved({"mode": "real", "epochs": 3}, data_dir=data_dir, offline=True).fallback
    assert fallback == resolved({"mode": "real", "task": "digits", "epochs": 3}).parameters


def test_auto_without_mnist_offline_takes_the_whole_task_digits_and_says_so():
    result = resolved({"mode": "real", "epochs": 3}, offline=True)
    digits = resolved({"mode": "real", "task": "digits", "epochs": 3}, offline=True)
    assert result.parameters == digits.parameters
    (notice,) = result.notices
    assert notice["severity"] == "warning"
    assert "MNIST" in notice["text"]
    assert "DPSGD_DATA_DIR" in notice["text"]


def test_auto_with_mnist_to_be_downloaded_has_digits_to_fall_back_to():
    result = resolved({"mode": "real", "epochs": 3, "dataset": "auto"})
    assert result.parameters.task == "mnist"
    assert result.notices == ()
    assert result.fallback == resolved({"mode": "real", "task": "digits", "epochs": 3}).parameters


def test_a_fallback_solves_the_target_epsilon_for_its_own_data():
    result = resolved({"mode": "real", "target_epsilon": 3.0})
    assert result.fallback is not None
    assert result.fallback.noise_multiplier > result.parameters.noise_multiplier


def test_there_is_no_fallback_for_a_request_that_does_not_fit_digits():
    assert resolved({"mode": "real", "batch_size": 2048}).fallback is None


@pytest.mark.parametrize("body", [{"task": "mnist"}, {"dataset": "mnist"}])
def test_named_data_has_no_fallback(body):
    assert resolved({"mode": "real", **body}).fallback is None


def test_offline_the_request_that_does_not_fit_digits_is_refused_and_told_why_it_met_them():
    with pytest.raises(InvalidParameters, match=r"batch_size.*MNIST.*DPSGD_DATA_DIR") as failure:
        resolved({"mode": "real", "batch_size": 2048}, offline=True)
    assert {fault.field for fault in failure.value.errors} == {"batch_size", "train_size"}


@pytest.mark.parametrize(
    "body",
    [
        {"seed": 1, "epochs": 2.0},
        {"target_epsilon": 2.0, "seed": 1},
        {"mode": "real", "task": "digits", "target_epsilon": 3.0},
        {"mode": "real", "task": "digits", "stop_at_budget": True, "privacy_budget": 1.0},
        {"mode": "real", "dataset": "xor", "sampling": "shuffle", "baseline": True, "seed": 0},
    ],
    ids=str,
)
def test_the_parameters_of_a_document_sent_again_mean_the_same_run(body):
    parameters = resolved(body).parameters
    assert resolved(parameters.to_dict()).parameters == parameters


@pytest.mark.parametrize("mode", ["simulation", "real"])
@pytest.mark.parametrize(
    ("noise_multiplier", "reason"), [(0, "ε is infinite"), (0.4, r"ε is \d"), (0.8, r"ε is \d")]
)
def test_a_budget_that_the_first_step_exceeds_is_refused_before_anything_runs(mode, noise_multiplier, reason):
    body = {"mode": mode, "task": "digits", "stop_at_budget": True, "privacy_budget": 0.1}
    with pytest.raises(InvalidParameters, match=reason) as failure:
        resolved({**body, "noise_multiplier": noise_multiplier})
    assert [fault.field for fault in failure.value.errors] == ["privacy_budget"]


def test_the_reference_engine_trains_real_runs():
    body = {"mode": "real", "dataset": "digits", "engine": "tensorflow-privacy"}
    assert resolved(body).parameters.engine == "tensorflow-privacy"
