"""The run document: one shape, one truth, complete at any time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.events import Event, Fallback, Finished, Notice, Phase, Progress, Ready, Retrying, Started
from app.parameters import RunParameters
from app.privacy.accounting import epsilon_rdp
from app.privacy.shuffle import worst_case_epsilon
from app.privacy.wording import at_most
from app.runs.documents.document import Document, Measurements, run_document, simulated_document
from tests.runs.conftest import HISTOGRAM, epoch_point, iteration_point

FIELDS = {
    "id",
    "state",
    "mode",
    "evidence",
    "created_at",
    "parameters",
    "dataset",
    "model",
    "progress",
    "epochs",
    "iterations",
    "gradient_norms",
    "per_class_accuracy",
    "final_metrics",
    "epsilon_spent",
    "epsilon_charged",
    "attempt",
    "attempts",
    "privacy",
    "assessment",
    "recommendations",
    "baseline",
    "audit",
    "simulation_error",
    "notices",
    "error",
}


def measured(parameters: RunParameters, events: Sequence[Event], *, state: str = "running") -> Document:
    measurements = Measurements(parameters)
    for event in events:
        measurements.add(event)
    return run_document(measurements, run_id="r", state=state, evidence="measured", wait_for_pld=False)


@pytest.fixture
def finished_events() -> list[Event]:
    return [
        Phase(phase="training"),
        Ready(dataset={"name": "digits"}, model={"name": "digits_cnn", "trainable_parameters": 5}),
        iteration_point(0),
        Progress(steps=12, steps_total=23, epsilon=0.5),
        iteration_point(12),
        epoch_point(1),
        iteration_point(23),
        epoch_point(2, iteration=23),
        Finished(state="done", steps=23, training_seconds=1.5),
    ]


@pytest.mark.parametrize("taken", range(10))
def test_a_document_is_complete_and_json_after_every_event(
    parameters: RunParameters, finished_events: list[Event], taken: int
) -> None:
    document = measured(parameters, finished_events[:taken])
    assert set(document) == FIELDS
    json.dumps(document, allow_nan=False)


def test_final_metrics_equal_the_last_epoch_to_the_last_digit(
    parameters: RunParameters, finished_events: list[Event]
) -> None:
    document = measured(parameters, finished_events, state="done")
    last = document["epochs"][-1]
    for name in ("accuracy", "loss", "test_loss", "epsilon"):
        assert document["final_metrics"][name] == last[name]
    assert document["final_metrics"]["training_seconds"] == 1.5
    assert document["per_class_accuracy"] == [0.7] * 10
    assert document["gradient_norms"] == {"clipping_norm": 1.0, "clipped_fraction": 0.75, **HISTOGRAM}


def test_epsilon_spent_is_the_accountants_for_the_steps_taken(parameters: RunParameters) -> None:
    document = measured(parameters, [Progress(steps=7, steps_total=23, epsilon=None)])
    expected = epsilon_rdp(sampling_probability=128 / 1437, noise_multiplier=2.0, steps=7, delta=1e-5).epsilon
    assert document["epsilon_spent"] == expected


def test_epsilon_spent_is_null_without_noise(parameters: RunParameters) -> None:
    document = measured(
        replace(parameters, noise_multiplier=0.0), [Progress(steps=7, steps_total=23, epsilon=None)]
    )
    assert document["epsilon_spent"] is None
    assert document["privacy"]["epsilon"] is None
    assert document["privacy"]["reason"]


def test_the_baseline_stands_beside_and_never_mixes_in(
    parameters: RunParameters, finished_events: list[Event]
) -> None:
    baseline = [iteration_point(12, series="baseline"), epoch_point(1, series="baseline")]
    document = measured(parameters, [*finished_events[:-1], *baseline])
    assert len(document["epochs"]) == 2
    assert len(document["baseline"]["epochs"]) == 1
    assert document["baseline"]["gradient_norms"] is None
    assert measured(parameters, finished_events)["baseline"] is None


def test_a_fallback_replaces_the_parameters_and_says_so(parameters: RunParameters) -> None:
    asked = replace(parameters, task="mnist", dataset="mnist", model="tutorial_cnn", train_size=60_000)
    event = Fallback(parameters=parameters.to_dict(), reason="MNIST could not be had; trained on digits.")
    document = measured(asked, [event])
    assert document["parameters"] == parameters.to_dict()
    assert document["notices"][0]["text"] == "MNIST could not be had; trained on digits."
    assert document["privacy"]["examples"] == 1437


def test_notices_and_errors_reach_the_document(parameters: RunParameters) -> None:
    error = {"kind": "invalid", "message": "The loss is not a number."}
    events = [
        Notice(id="diverged", severity="warning", text="It diverged."),
        Finished(state="failed", steps=3, training_seconds=0.1, error=error),
    ]
    document = measured(parameters, events, state="failed")
    assert document["notices"] == [{"id": "diverged", "severity": "warning", "text": "It diverged."}]
    assert document["error"] == error


def test_a_simulation_has_the_same_shape_and_spends_nothing(parameters: RunParameters) -> None:
    simulated = replace(
        parameters,
        mode="simulation",
        task="mnist",
        dataset="mnist",
        model="tutorial_cnn",
        train_size=60_000,
        optimizer="sgd",
        seed=1,
    )
    document = simulated_document(simulated)
    assert set(document) == FIELDS
    assert (document["id"], document["state"], document["evidence"]) == (None, "done", "simulated")
    assert document["epsilon_spent"] is None
    assert 0 < document["simulation_error"]["average_run"] < document["simulation_error"]["single_run"]
    assert document["final_metrics"]["training_seconds"] is None
    assert document["final_metrics"]["epsilon"] == document["privacy"]["epsilon"]
    assert document["final_metrics"]["accuracy"] == document["iterations"][-1]["accuracy"]


def test_a_retried_run_shows_its_own_attempt_and_is_charged_for_all(parameters: RunParameters) -> None:
    lost = [Started(attempt=1), Progress(steps=12, steps_total=23, epsilon=0.5), epoch_point(1)]
    again = [Started(attempt=2), Progress(steps=23, steps_total=23, epsilon=0.9), epoch_point(1)]
    finished = Finished(state="done", steps=23, training_seconds=1.0)
    document = measured(
        parameters, [*lost, Retrying(attempt=1, why="it died"), *again, finished], state="done"
    )
    q = parameters.batch_size / parameters.train_size
    epsilons = {
        steps: epsilon_rdp(
            sampling_probability=q,
            noise_multiplier=parameters.noise_multiplier,
            steps=steps,
            delta=parameters.delta,
        ).epsilon
        for steps in (12, 23, 35)
    }
    assert document["attempt"] == 2
    assert len(document["epochs"]) == 1
    assert document["attempts"] == [
        {"attempt": 1, "steps": 12, "epsilon": pytest.approx(epsilons[12]), "why": "it died"}
    ]
    assert document["epsilon_spent"] == pytest.approx(epsilons[23])
    assert document["epsilon_charged"] == pytest.approx(epsilons[35])
    assert document["privacy"]["epsilon"] == pytest.approx(epsilons[23])
    assert "started 2 times" in document["privacy"]["statement"]
    assert f"ε = {at_most(epsilons[35])} at" in document["privacy"]["statement"], "an upper bound, rounded up"
    assert [notice["id"] for notice in document["notices"]] == ["retried"]


def test_a_run_cancelled_while_it_waited_for_its_retry_was_started_once(parameters: RunParameters) -> None:
    lost = [Started(attempt=1), Progress(steps=12, steps_total=23, epsilon=0.5)]
    cancelled = Finished(state="cancelled", steps=0, training_seconds=0.0)
    document = measured(parameters, [*lost, Retrying(attempt=1, why="x"), cancelled], state="cancelled")
    statement = document["privacy"]["statement"]
    assert statement.startswith("The last attempt took no step. This run was started once, and")
    assert "nothing about the training data has been given away" not in statement, "the lost attempt has"
    assert document["epsilon_spent"] == 0
    assert document["epsilon_charged"] == document["attempts"][0]["epsilon"] > 0


def test_attempts_that_were_lost_before_their_first_step_used_no_data(parameters: RunParameters) -> None:
    cancelled = Finished(state="cancelled", steps=0, training_seconds=0.0)
    events = [Started(attempt=1), Retrying(attempt=1, why="x"), cancelled]
    document = measured(parameters, events, state="cancelled")
    assert "nothing about the training data has been given away" in document["privacy"]["statement"]
    assert "used the data" not in document["privacy"]["statement"]
    assert document["epsilon_charged"] == 0


def test_shuffled_attempts_are_charged_for_every_pass_that_each_began(parameters: RunParameters) -> None:
    """Half a pass and half a pass are not one: both may have used the same example."""
    shuffled = replace(parameters, sampling="shuffle")  # 11 steps a pass
    lost = [Started(attempt=1), Progress(steps=5, steps_total=23, epsilon=None), Retrying(attempt=1, why="x")]
    again = [Started(attempt=2), Progress(steps=5, steps_total=23, epsilon=None)]
    two_passes = worst_case_epsilon(noise_multiplier=2.0, passes=2, delta=1e-5)
    assert measured(shuffled, [*lost, *again])["epsilon_charged"] == two_passes


def test_two_lost_attempts_are_charged_together_when_the_third_trains_on_other_data(
    parameters: RunParameters,
) -> None:
    mnist = RunParameters.of_task("mnist", epochs=2)
    events: list[Event] = []
    for attempt in (1, 2):
        events += [Started(attempt=attempt), Progress(steps=300, steps_total=470, epsilon=0.5)]
        events.append(Retrying(attempt=attempt, why="the server was stopped"))
    fallback = Fallback(parameters=parameters.to_dict(), reason="mnist is not there.")
    document = measured(mnist, [*events, Started(attempt=3), fallback])
    q = mnist.batch_size / mnist.train_size
    both = epsilon_rdp(sampling_probability=q, noise_multiplier=mnist.noise_multiplier, steps=600, delta=1e-5)
    assert document["epsilon_charged"] == both.epsilon


def test_an_attempt_on_other_data_is_charged_with_those(parameters: RunParameters) -> None:
    mnist = RunParameters.of_task("mnist", epochs=2)
    fallback = Fallback(parameters=parameters.to_dict(), reason="mnist is not there.")
    events = [
        Started(attempt=1),
        Progress(steps=300, steps_total=470, epsilon=0.5),
        Retrying(attempt=1, why="it died"),
        Started(attempt=2),
        fallback,
        Progress(steps=5, steps_total=23, epsilon=0.5),
    ]
    document = measured(mnist, events)
    assert document["dataset"]["name"] == "digits"
    assert document["epsilon_charged"] == max(document["epsilon_spent"], document["attempts"][0]["epsilon"])
    assert document["epsilon_spent"] != document["attempts"][0]["epsilon"]


def test_a_simulation_speaks_of_a_real_training_and_not_of_one_that_was() -> None:
    for sampling in ("poisson", "shuffle"):
        parameters = RunParameters.of_task("mnist", mode="simulation", seed=1, sampling=sampling)
        statement = simulated_document(parameters)["privacy"]["statement"]
        assert statement.startswith("A real training with these settings satisfies"), statement
        assert "were shuffled" not in statement
