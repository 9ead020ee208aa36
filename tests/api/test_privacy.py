"""ε for parameters, and parameters for ε, as the interface answers them."""

from __future__ import annotations

import pytest

from app.privacy.accounting import epsilon_rdp
from app.privacy.wording import at_most
from app.schemas.answers import PrivacyAnswer


def rdp(*, examples: int, batch_size: int, noise_multiplier: float, epochs: int) -> float:
    return epsilon_rdp(
        sampling_probability=batch_size / examples,
        noise_multiplier=noise_multiplier,
        steps=-(-epochs * examples // batch_size),
        delta=1e-5,
    ).epsilon


def test_an_empty_object_asks_for_the_default_mechanism(client):
    report = client.post("/api/privacy", json={}).json
    assert report["epsilon"] == rdp(examples=60_000, batch_size=256, noise_multiplier=0.8, epochs=15)


def test_the_whole_curve_of_attacks_is_told_where_it_is_known(client):
    report = client.post("/api/privacy", json={}).json
    PrivacyAnswer.model_validate(report)
    caught = {point["fpr"]: point["tpr"] for point in report["trade_off"]}
    assert caught[0.01] == pytest.approx(report["interpretation"]["tpr_at_1pct_fpr"], rel=1e-3)
    assert client.post("/api/privacy", json={"noise_multiplier": 0}).json["trade_off"] is None


@pytest.mark.parametrize(
    ("body", "mechanism"),
    [
        ({"noise_multiplier": 1.1, "epochs": 10}, (60_000, 256, 1.1, 10)),
        ({"task": "digits"}, (1_437, 128, 2.0, 15)),
        ({"dataset": "xor", "batch_size": 64}, (2_000, 64, 2.0, 15)),
        ({"train_size": 5_000, "batch_size": 50, "noise_multiplier": 4}, (5_000, 50, 4, 15)),
    ],
)
def test_epsilon_is_the_accountant_s_for_the_parameters(client, body, mechanism):
    examples, batch_size, noise_multiplier, epochs = mechanism
    report = client.post("/api/privacy", json=body).json
    assert report["epsilon"] == rdp(
        examples=examples, batch_size=batch_size, noise_multiplier=noise_multiplier, epochs=epochs
    )


def test_without_noise_epsilon_is_null_with_a_reason(client):
    response = client.post("/api/privacy", json={"noise_multiplier": 0})
    assert response.status_code == 200
    assert response.json["epsilon"] is None
    assert "Infinity" not in response.text


def test_what_does_not_change_epsilon_is_an_unknown_field(client, expect_problem):
    response = client.post("/api/privacy", json={"clipping_norm": 1, "learning_rate": 0.1})
    expect_problem(response, 422, fields={"clipping_norm", "learning_rate"})


def test_a_batch_larger_than_the_data_names_both(client, expect_problem):
    response = client.post("/api/privacy", json={"task": "digits", "batch_size": 2000})
    expect_problem(response, 422, fields={"batch_size", "train_size"})


@pytest.mark.parametrize("body", [{"target_epsilon": 2}, {"target_epsilon": 2, "epochs": 15}])
def test_a_target_is_met_by_the_least_noise(client, body):
    answer = client.post("/api/privacy/calibrate", json=body).json
    assert (answer["solved_for"], answer["epochs"], answer["target_epsilon"]) == ("noise_multiplier", 15, 2)
    noise = answer["noise_multiplier"]
    spent = rdp(examples=60_000, batch_size=256, noise_multiplier=noise, epochs=15)
    assert answer["privacy"]["epsilon"] == spent
    assert spent <= 2 < rdp(examples=60_000, batch_size=256, noise_multiplier=noise - 0.001, epochs=15)


def test_with_the_noise_given_a_target_is_met_by_the_most_epochs(client):
    answer = client.post("/api/privacy/calibrate", json={"target_epsilon": 1, "noise_multiplier": 1.1}).json
    assert (answer["solved_for"], answer["noise_multiplier"]) == ("epochs", 1.1)
    spent = [
        rdp(examples=60_000, batch_size=256, noise_multiplier=1.1, epochs=answer["epochs"] + more)
        for more in (0, 1)
    ]
    assert answer["privacy"]["epsilon"] == spent[0]
    assert spent[0] <= 1 < spent[1]


MOST_NOISE = {"examples": 1437, "batch_size": 128, "noise_multiplier": 20, "epochs": 60}
LEAST_EPOCHS = {"examples": 60_000, "batch_size": 256, "noise_multiplier": 0.8, "epochs": 1}


@pytest.mark.parametrize(
    ("body", "nearest"),
    [
        ({"target_epsilon": 0.01, "task": "digits", "epochs": 60}, MOST_NOISE),
        ({"target_epsilon": 0.1, "noise_multiplier": 0.8}, LEAST_EPOCHS),
    ],
)
def test_a_target_out_of_reach_names_the_nearest_epsilon(client, expect_problem, body, nearest):
    problem = expect_problem(client.post("/api/privacy/calibrate", json=body), 422, fields={"target_epsilon"})
    named = at_most(rdp(**nearest))
    assert f"the nearest reachable ε is {named}." in problem["errors"][0]["message"]
    again = client.post("/api/privacy/calibrate", json={**body, "target_epsilon": float(named)})
    assert again.status_code == 200, "rounded down, what is named would be refused too"


def test_epochs_cannot_be_solved_for_without_noise(client, expect_problem):
    body = {"target_epsilon": 1, "noise_multiplier": 0}
    problem = expect_problem(client.post("/api/privacy/calibrate", json=body), 422, fields={"target_epsilon"})
    assert "infinite" in problem["errors"][0]["message"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"target_epsilon"}),
        ({"target_epsilon": None}, {"target_epsilon"}),
        ({"target_epsilon": 51}, {"target_epsilon"}),
        ({"target_epsilon": 1, "noise_multiplier": 1, "epochs": 3}, {"noise_multiplier", "epochs"}),
        ({"target_epsilon": 1, "sampling": "shuffle"}, {"sampling"}),
        ({"target_epsilon": 1, "task": "digits", "batch_size": 2000}, {"batch_size", "train_size"}),
    ],
)
def test_a_calibration_that_cannot_be_asked_names_its_fields(client, expect_problem, body, fields):
    expect_problem(client.post("/api/privacy/calibrate", json=body), 422, fields=fields)
