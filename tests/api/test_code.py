"""GET /api/code: the script of the settings, and what it refuses."""

from __future__ import annotations

import ast

import pytest


@pytest.mark.parametrize("framework", ["tensorflow-privacy", "opacus"])
def test_the_script_has_the_settings_of_the_query(client, framework):
    query = {
        "framework": framework,
        "dataset": "digits",
        "noise_multiplier": "1.5",
        "epochs": "3",
        "seed": "7",
    }
    response = client.get("/api/code", query_string=query)
    assert response.status_code == 200
    assert response.mimetype == "text/x-python"
    assert ".py" in response.headers["Content-Disposition"]
    ast.parse(response.text)
    for line in ('DATASET = "digits"', "NOISE_MULTIPLIER = 1.5", "EPOCHS = 3", "SEED = 7"):
        assert line in response.text


def test_a_target_epsilon_is_solved_for_its_noise(client):
    response = client.get("/api/code?framework=opacus&task=digits&target_epsilon=2")
    noise = response.text.split("NOISE_MULTIPLIER = ")[1].split()[0]
    told = client.post("/api/privacy/calibrate", json={"task": "digits", "target_epsilon": 2}).json
    assert float(noise) == told["noise_multiplier"]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", {"framework"}),
        ("framework=jax", {"framework"}),
        ("framework=opacus&framework=opacus", {"framework"}),
        ("framework=opacus&epochs=0", {"epochs"}),
        ("framework=opacus&epochs=1&epochs=2", {"epochs"}),
        ("framework=opacus&epochs=many&clipping_norm=-1", {"epochs", "clipping_norm"}),
        ("framework=opacus&epochs=[3]", {"epochs"}),
        ("framework=opacus&unknown=1", {"unknown"}),
        ("framework=opacus&sampling=shuffle", {"sampling"}),
        ("framework=opacus&baseline=yes", {"baseline"}),
        ("framework=opacus&batch_size=2000&train_size=100", {"batch_size", "train_size"}),
        ("framework=opacus&noise_multiplier=NaN", {"noise_multiplier"}),
    ],
)
def test_a_query_that_breaks_a_rule_is_refused_by_its_fields(client, expect_problem, query, fields):
    expect_problem(client.get(f"/api/code?{query}"), 422, fields=fields)
