"""The assessment: one word for the privacy, sentences with the run's own numbers."""

from __future__ import annotations

import pytest

from app.advice.assessment import assess
from app.advice.presets import preset_parameters
from tests.advice.documents import document_of, parameters_of


@pytest.mark.parametrize(
    ("epsilon", "level"),
    [(0.5, "strong"), (1.28, "good"), (3.0, "good"), (7.5, "weak"), (20.0, "little"), (50.1, "none")],
)
def test_level_follows_the_wording_of_epsilon(epsilon: float, level: str) -> None:
    document = document_of(parameters_of(), accuracies=(0.8,))
    document["final_metrics"]["epsilon"] = epsilon
    assert assess(document)["level"] == level


@pytest.mark.parametrize(
    ("attempts", "level"),
    [([], "good"), ([{"attempt": 1}], "weak")],
    ids=["cancelled after its last epoch", "retried"],
)
def test_the_verdict_is_on_all_that_was_charged(attempts: list[dict[str, int]], level: str) -> None:
    """ε 0.9 at the last epoch, 3.4 in all; the tighter bound 2.9 holds for the present attempt alone."""
    document = document_of(
        parameters_of(),
        accuracies=(0.8,),
        privacy={"epsilon_pld": 2.9},
        attempts=attempts,
        epsilon_charged=3.4,
    )
    document["final_metrics"]["epsilon"] = 0.9
    assert assess(document)["level"] == level
    assert "(ε 3.40 at" in assess(document)["summary"]


def test_a_run_that_ended_before_its_first_epoch_is_judged_by_what_it_spent() -> None:
    document = document_of(parameters_of(), accuracies=(), epsilon_charged=1.5, state="cancelled")
    assert assess(document)["level"] == "good"
    assert "no epoch has finished" in assess(document)["summary"]


def test_shuffled_attempts_are_judged_together() -> None:
    document = document_of(
        parameters_of(sampling="shuffle"),
        privacy={"shuffle": {"worst_case_epsilon": 7.0}},
        attempts=[{"attempt": 1}],
        epsilon_charged=9.0,
    )
    assert assess(document)["level"] == "little"


def test_default_run_is_good_and_its_gap_to_the_optimum_is_named() -> None:
    assessment = assess(document_of(parameters_of()))
    assert assessment["level"] == "good"
    assert assessment["summary"].startswith(
        "Good privacy (ε 2.73 at δ 1e-5) with 81.3 % test accuracy (measured)."
    )
    assert "14 points below" in assessment["summary"]


def test_a_run_of_measured_settings_is_not_told_to_use_them() -> None:
    # "Below the task's optimal parameters" stood beside a run of those very parameters.
    optimal = parameters_of(**preset_parameters("mnist", "optimal"))
    summary = assess(document_of(optimal, accuracies=(0.9,) * 15))["summary"]
    assert "measured with these very settings" in summary
    assert "optimal parameters" not in summary


def test_simulated_run_is_said_to_be_simulated() -> None:
    assert "(simulated)" in assess(document_of(parameters_of(), evidence="simulated"))["summary"]


def test_no_noise_is_no_privacy_whatever_the_accuracy() -> None:
    assessment = assess(document_of(parameters_of(noise_multiplier=0.0)))
    assert assessment["level"] == "none"
    assert assessment["summary"].startswith("No privacy")


def test_shuffled_batches_have_no_valid_epsilon_to_judge() -> None:
    assessment = assess(document_of(parameters_of(sampling="shuffle")))
    assert assessment["level"] == "unknown"
    assert "No valid ε" in assessment["summary"]


def test_shuffled_batches_are_judged_by_their_worst_case() -> None:
    document = document_of(
        parameters_of(sampling="shuffle"),
        privacy={"epsilon_pld": 0.7, "shuffle": {"worst_case_epsilon": 24.5}},
    )
    assert assess(document)["level"] == "little"
    assert "only ε 24.50 is guaranteed" in assess(document)["summary"]


def test_verdict_uses_the_smaller_valid_bound() -> None:
    parameters = parameters_of(noise_multiplier=1.2)
    assert assess(document_of(parameters))["level"] == "good"
    assert assess(document_of(parameters, privacy={"epsilon_pld": 0.95}))["level"] == "strong"


def test_baseline_of_the_same_run_is_the_fairest_comparison() -> None:
    document = document_of(parameters_of(), baseline={"final_metrics": {"accuracy": 0.85}})
    assert "3.7 points below the 85.0 % of the same training without privacy" in assess(document)["summary"]


def test_guessing_is_called_guessing() -> None:
    document = document_of(parameters_of(), accuracies=(0.11,) * 15)
    assert "hardly better than guessing (10.0 %)" in assess(document)["summary"]


@pytest.mark.parametrize("document", [{}, {"state": "queued", "epochs": [], "final_metrics": None}])
def test_run_without_an_epoch_is_not_judged(document: dict[str, object]) -> None:
    assert assess(document) == {
        "level": "unknown",
        "summary": "No epoch has finished yet, so there is nothing to assess.",
    }
