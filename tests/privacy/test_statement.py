from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.privacy import InvalidMechanism, Mechanism, epsilon_pld, privacy_report
from app.privacy.gaussian import epsilon_of_gaussian
from app.privacy.pld import NOT_COMPUTED
from app.privacy.wording import _replace_one, at_least, at_most

ROOT = Path(__file__).resolve().parents[2]

BALANCED: dict[str, Any] = {
    "examples": 60_000,
    "batch_size": 256,
    "noise_multiplier": 0.8,
    "epochs": 15,
    "delta": 1e-5,
}
pytestmark = pytest.mark.usefixtures("patient")

KEYS = {
    *("epsilon", "reason", "valid", "delta", "epsilon_rdp", "epsilon_pld", "epsilon_pld_reason"),
    *("epsilon_gdp", "epsilon_gdp_label", "order", "order_at_edge", "noise_multiplier"),
    *("sampling_probability", "examples", "batch_size", "epochs", "steps", "per_epoch", "assumptions"),
    *("shuffle", "interpretation", "warnings", "statement"),
}


def report(*, wait_for_pld: bool = False, steps_taken: int | None = None, **changes: Any) -> dict[str, Any]:
    mechanism = Mechanism(**BALANCED | changes)
    return privacy_report(mechanism, wait_for_pld=wait_for_pld, steps_taken=steps_taken)


def test_the_default_run_spends_2_73() -> None:
    found = report(wait_for_pld=True)
    assert set(found) == KEYS
    assert round(found["epsilon"], 2) == 2.73
    assert found["epsilon"] == found["epsilon_rdp"] == found["per_epoch"][-1]["epsilon"]
    assert found["epsilon_gdp"] < found["epsilon_pld"] < found["epsilon_rdp"]
    assert (found["valid"], found["shuffle"], found["reason"]) == (True, None, None)
    assert found["warnings"] == []


def test_the_curve_has_a_point_per_epoch_and_rises() -> None:
    points = report()["per_epoch"]
    assert [point["epoch"] for point in points] == list(range(1, 16))
    assert [points[0]["iteration"], points[-1]["iteration"]] == [235, 3516]
    epsilons = [point["epsilon"] for point in points]
    assert epsilons == sorted(epsilons)


def test_a_stopped_run_is_charged_what_it_took() -> None:
    found = report(steps_taken=500)
    assert found["steps"] == 500
    assert [point["epoch"] for point in found["per_epoch"]] == [1, 2]
    assert found["per_epoch"][-1]["epsilon"] < found["epsilon"] < report()["epsilon"]


def test_a_run_stopped_before_its_first_step_spent_nothing() -> None:
    for sampling in ("poisson", "shuffle"):
        found = report(steps_taken=0, sampling=sampling)
        assert (found["epsilon"], found["per_epoch"]) == (0, [])
        assert found["interpretation"]["advantage"] == 0
        assert found["statement"].startswith("No step was taken")
    with pytest.raises(InvalidMechanism, match="steps_taken"):
        report(steps_taken=-1)


def test_without_noise_epsilon_is_null_with_a_reason() -> None:
    for sampling in ("poisson", "shuffle"):
        found = report(noise_multiplier=0.0, sampling=sampling, wait_for_pld=True)
        assert [found[name] for name in ("epsilon", "epsilon_rdp", "epsilon_pld", "epsilon_gdp")] == [
            None
        ] * 4
        assert "infinite" in found["reason"]
        assert found["interpretation"]["level"] == "little"
        assert "no differential privacy" in found["statement"]


def test_the_statement_says_what_an_expert_would_sign() -> None:
    statement = report(wait_for_pld=True)["statement"]
    for part in (
        "(ε = 2.727, δ = 1e-5)",
        "adding or removing one example",
        "independently with probability q = 0.004267",
        "60,000 examples",
        "3,516 steps",
        "For replacing one example ε = ",
        "covers every checkpoint",
        "does not cover choosing hyper-parameters",
        "a baseline trained without privacy",
        "loss and gradient-norm curves, which are exact statistics of the training data",
        "nor does it protect the test examples on which the live accuracy is measured",
        "while nobody knows the seeds of sampling and noise",
        "rounding of 32-bit floating point",
        "Philox generator, which is not a cryptographic one",
    ):
        assert part in statement


def test_what_is_said_of_replacing_an_example_holds_for_the_default() -> None:
    found = report(wait_for_pld=True)
    replaced, tighter = found["assumptions"]["replace_one_epsilon"], found["epsilon_pld"]
    assert 1.4 < replaced / tighter < 1.45  # "typically 1.6 to 2 times" was said
    assert f"{replaced:.2f} against {tighter:.2f}" in (ROOT / "docs" / "privacy.md").read_text("utf-8")
    assert _replace_one(None).endswith("up to about twice. ")


def test_the_statement_counts_a_single_step_in_english() -> None:
    assert "the only step drew every one of 60,000 examples" in report(steps_taken=1)["statement"]


def test_shuffled_batches_invalidate_the_poisson_number() -> None:
    found = report(sampling="shuffle", noise_multiplier=1.1, batch_size=128)
    bounds = found["shuffle"]
    assert not found["valid"]
    assert bounds["lower_bound_epsilon"] == pytest.approx(4.56, abs=0.01)
    # 7,032 steps begin a 16th pass of 468 batches: mu = sqrt(16) / 1.1.
    assert bounds["worst_case_epsilon"] == pytest.approx(21.461, abs=0.001)
    assert found["epsilon"] == found["per_epoch"][-1]["epsilon"] == bounds["worst_case_epsilon"]
    assert found["epsilon_rdp"] < 1  # the Poisson figure, which does not apply
    assert "Poisson number is not valid" in bounds["explanation"]
    assert found["interpretation"]["level"] == "little"  # by the worst case, not by the Poisson 0.9
    assert "ε = 21.47" in found["statement"]
    assert any("shuffled" in warning for warning in found["warnings"])
    assert found["assumptions"]["sampling_assumed"] != found["assumptions"]["sampling_done"]


def test_no_poisson_figure_stands_beside_the_worst_case() -> None:
    found = report(sampling="shuffle", noise_multiplier=1.1, batch_size=128, wait_for_pld=True)
    assumptions = found["assumptions"]
    # Blanking moves a sum by C, replacing by up to 2C: mu = 2 sqrt(16) / 1.1.
    replace_one = epsilon_of_gaussian(mu=8 / 1.1, delta=1e-5)
    assert assumptions["replace_one_epsilon"] == replace_one > found["epsilon"]
    assert assumptions["replace_one_reason"] is None
    assert f"For replacing one example ε = {at_most(replace_one)}." in found["statement"]
    assert "blank" in assumptions["neighbouring"]
    assert report()["assumptions"]["neighbouring"] == "add or remove one example"
    noiseless = report(sampling="shuffle", noise_multiplier=0.0)["assumptions"]
    assert noiseless["replace_one_epsilon"] is None
    assert "infinite" in noiseless["replace_one_reason"]


def test_the_lower_bound_is_not_said_to_be_what_this_very_run_gave_away() -> None:
    found = report(sampling="shuffle", noise_multiplier=1.1, batch_size=128)
    assert "no analysis that allows arbitrary gradients can prove less than 4.5" in found["statement"]
    assert "allows arbitrary gradients cannot prove less" in found["shuffle"]["explanation"]


def test_a_shuffled_run_is_warned_by_its_worst_case_and_not_by_the_poisson_figure() -> None:
    weak = report(sampling="shuffle", noise_multiplier=0.5)
    assert weak["epsilon_rdp"] < 50 < weak["epsilon"]
    assert any("no protection" in warning for warning in weak["warnings"])
    strong = report(sampling="shuffle", noise_multiplier=20.0, batch_size=16, epochs=1)
    assert strong["order_at_edge"]
    assert not any("edge of the list" in warning for warning in strong["warnings"])


def test_a_stopped_shuffled_run_is_charged_by_the_passes_it_began() -> None:
    bounds = [report(sampling="shuffle", steps_taken=steps)["shuffle"] for steps in (100, 235, 470)]
    assert bounds[0]["lower_bound_epsilon"] is None
    assert "first pass" in bounds[0]["lower_bound_reason"]
    assert bounds[1]["lower_bound_epsilon"] > 0
    upper = [bound["worst_case_epsilon"] for bound in bounds]
    assert upper[0] < upper[1] < upper[2]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"delta": 1e-4}, "δ 1e-4 is not below 1/N"),
        ({"noise_multiplier": 0.3, "batch_size": 2048}, "no protection"),
        ({"noise_multiplier": 0.2}, "no meaningful privacy"),
        ({"noise_multiplier": 20.0, "batch_size": 16, "epochs": 1}, "edge of the list"),
        ({"noise_multiplier": 0.0}, "training without privacy"),
    ],
)
def test_what_makes_a_figure_doubtful_is_said(changes: dict[str, Any], words: str) -> None:
    assert any(words in warning for warning in report(**changes)["warnings"])


def test_a_pld_not_computed_does_not_delay_the_report() -> None:
    found = report(epochs=59)
    assert found["epsilon_pld"] is None
    assert found["epsilon_pld_reason"] == NOT_COMPUTED
    assert found["assumptions"]["replace_one_reason"] == NOT_COMPUTED
    assert found["interpretation"]["source"] == "Rényi accounting (whole curve)"


def test_the_report_shows_the_figures_of_the_privacy_curve() -> None:
    found = report(wait_for_pld=True)
    pld = epsilon_pld(
        sampling_probability=256 / 60_000, noise_multiplier=0.8, steps=3516, delta=1e-5, wait=True
    )
    assert found["assumptions"]["replace_one_epsilon"] == pld.replace_one_epsilon
    meaning = found["interpretation"]
    assert meaning["advantage"] == pld.advantage
    assert meaning["tpr_at_1pct_fpr"] == pld.tpr_at_1pct_fpr
    assert meaning["tpr_at_0_1pct_fpr"] == pld.tpr_at_0_1pct_fpr


@settings(max_examples=60, deadline=None)
@given(
    noise=st.one_of(st.just(0.0), st.floats(0, 20)),
    examples=st.integers(1, 60_000),
    share=st.floats(0, 1),
    epochs=st.integers(1, 60),
    delta=st.floats(1e-9, 1e-3),
    sampling=st.sampled_from(["poisson", "shuffle"]),
)
def test_every_number_is_finite_or_null(
    noise: float, examples: int, share: float, epochs: int, delta: float, sampling: str
) -> None:
    found = report(
        noise_multiplier=noise,
        examples=examples,
        batch_size=max(1, round(share * examples)),
        epochs=epochs,
        delta=delta,
        sampling=sampling,
    )
    assert math.isfinite(len(json.dumps(found, allow_nan=False)))
    assert (found["epsilon"] is None) == (found["reason"] is not None)


def test_bounds_are_rounded_away_from_doubt() -> None:
    assert at_most(2.73501) == "2.736"
    assert at_least(4.56291) == "4.562"
    assert at_most(138.1588) == "138.2"
    assert at_most(0.0049261) == "0.004927"
