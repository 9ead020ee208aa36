"""GET /api/parameters: all that a page needs, so that it has no constants of its own."""

from __future__ import annotations

import pytest

from app import catalog
from app.parameters import PARAMETERS
from app.schemas.answers import Choices


@pytest.fixture
def choices(client, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return client.get("/api/parameters").json


def test_keeps_the_documented_schema(choices):
    Choices.model_validate(choices)


def test_has_the_whole_parameter_table(choices):
    assert [parameter["name"] for parameter in choices["parameters"]] == list(PARAMETERS)
    epochs = next(parameter for parameter in choices["parameters"] if parameter["name"] == "epochs")
    assert epochs == {
        "name": "epochs",
        "label": "Epochs",
        "unit": "passes",
        "minimum": 1,
        "maximum": 60,
        "default": 15,
        "recommended": [8, 20],
        "scale": "linear",
        "integer": True,
        "meaning": PARAMETERS["epochs"].meaning,
    }


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("tasks", catalog.TASKS),
        ("datasets", catalog.DATASETS),
        ("models", catalog.MODELS),
        ("optimizers", catalog.OPTIMIZERS),
        ("samplings", catalog.SAMPLINGS),
        ("engines", catalog.ENGINES),
    ],
)
def test_lists_every_choice_with_its_title(choices, part, names):
    assert [choice["name"] for choice in choices[part]] == list(names)
    assert all(choice["title"] for choice in choices[part])


def test_every_preset_of_every_task_is_accepted_as_a_simulation(client, choices):
    assert set(choices["presets"]) == set(catalog.TASKS)
    simulated = {task["name"] for task in choices["tasks"] if task["simulated_optimizers"]}
    for task in simulated:
        for preset in choices["presets"][task]:
            response = client.post("/api/train", json={"task": task} | preset["parameters"])
            assert response.status_code == 200, (task, preset["id"], response.text)


def test_a_task_can_be_simulated_with_the_optimizers_it_names_and_no_other(client, choices):
    for task in choices["tasks"]:
        for optimizer in catalog.OPTIMIZERS:
            response = client.post("/api/train", json={"task": task["name"], "optimizer": optimizer})
            possible = optimizer in task["simulated_optimizers"]
            assert response.status_code == (200 if possible else 422), (task["name"], optimizer)


def test_data_that_cannot_be_had_comes_with_the_cure(choices):
    datasets = {dataset["name"]: dataset for dataset in choices["datasets"]}
    assert (datasets["mnist"]["available"], datasets["digits"]["available"]) == (False, True)
    assert "DPSGD_DATA_DIR" in datasets["mnist"]["cure"]
    assert datasets["digits"]["cure"] is None


def test_data_to_be_downloaded_is_available_and_says_so(make_client, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "fashion_mnist.npz").touch()
    choices = make_client(data_dir=str(tmp_path)).get("/api/parameters").json
    datasets = {dataset["name"]: dataset for dataset in choices["datasets"]}
    needs = {name: dataset["needs_download"] for name, dataset in datasets.items()}
    assert needs == {"mnist": True, "fashion_mnist": False, "digits": False, "xor": False}
    assert all(dataset["available"] for dataset in datasets.values())


def test_engines_say_whether_they_can_be_used(client, runs, monkeypatch):
    absent = {"available": False, "reason": "TensorFlow is not installed."}
    monkeypatch.setattr(
        runs, "capabilities", lambda: {"real": absent, "engines": dict.fromkeys(catalog.ENGINES, absent)}
    )
    choices = client.get("/api/parameters").json
    assert choices["real"] == absent
    assert [engine["reason"] for engine in choices["engines"]] == ["TensorFlow is not installed."] * 2
