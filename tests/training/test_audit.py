"""An audit of a real training: what it tells, where its canaries come from, and what it catches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.events import Audited, EpochPoint, Finished, Notice, Phase
from app.parameters import RunParameters
from app.privacy.audit_plan import AuditPlan
from app.privacy.guarantee import guaranteed_epsilon
from app.privacy.mechanism import Mechanism
from app.training.audit import Trial, drawn
from app.training.canaries import NOBODY
from app.training.datasets import load
from app.training.seeds import AuditSeeds, audit_seeds, run_seeds
from tests.training.broken_engines import broken
from tests.training.trained import audited, audited_digits, told

DIRAC = AuditPlan(method="dirac", canaries=700)
MISLABELLED = AuditPlan(method="mislabelled", canaries=359)


@pytest.fixture
def run():
    return audited_digits(seed=1)


def digits():
    return load("digits", train_size=1_437, data_directory=None, offline=True)


def test_an_audit_is_a_training_with_a_verdict(run):
    events = told(run, audit=DIRAC)
    assert [event.phase for event in events if isinstance(event, Phase)][-2:] == ["training", "auditing"]
    epochs = [event for event in events if isinstance(event, EpochPoint)]
    assert [point.epoch for point in epochs] == list(range(1, 11))
    assert epochs[-1].accuracy > 0.7
    found = events[-2]
    assert found.epsilon_upper_bound == guaranteed_epsilon(Mechanism.of(run))(run.steps)
    assert (found.method, found.canaries, found.confidence) == ("dirac", 700, 0.95)
    assert 0 <= found.correct <= found.guesses <= 700
    low, high = found.membership["auc_interval"]
    assert 0.5 < low < found.membership["auc"] < high < 0.75
    assert found.baseline is None


def test_the_same_seed_gives_the_same_verdict_and_another_one_another(run):
    first, again, other = (audited(replace(run, seed=seed), DIRAC) for seed in (1, 1, 2))
    assert first == again != other


def test_an_audit_without_privacy_catches_everybody(run):
    found = audited(replace(run, noise_multiplier=0.0), DIRAC)
    assert (found.correct, found.membership["auc"]) == (found.guesses, 1.0)
    assert found.epsilon_lower_bound > 3
    assert found.epsilon_upper_bound is None


def test_the_baseline_beside_it_has_its_own_figures(run):
    found = audited(replace(run, baseline=True), DIRAC)
    assert set(found.baseline) == {"guesses", "correct", "epsilon_lower_bound", "membership"}
    assert found.baseline["membership"]["auc"] == 1.0 > found.membership["auc"] + 0.2


def test_wrong_labels_are_remembered_without_privacy_and_hardly_with_it():
    run = RunParameters.of_task("digits", noise_multiplier=1.0, epochs=40, seed=1, baseline=True)
    found = audited(run, MISLABELLED)
    assert found.membership["auc_interval"][0] < 0.55
    assert found.epsilon_lower_bound < found.epsilon_upper_bound
    assert found.baseline["membership"]["auc"] > 0.8
    assert found.baseline["epsilon_lower_bound"] > 1


@pytest.mark.parametrize("fault", ["clipping off", "noise at a tenth", "noise once per epoch"])
def test_a_broken_engine_is_caught(run, fault):
    with broken(fault, steps_per_epoch=run.steps_after(1)):
        found = audited(run, DIRAC)
    assert found.epsilon_lower_bound > found.epsilon_upper_bound + 0.5


def test_an_engine_that_is_whole_is_not(run):
    with broken("none", steps_per_epoch=run.steps_after(1)):
        found = audited(run, DIRAC)
    assert 0 < found.epsilon_lower_bound < found.epsilon_upper_bound


@pytest.mark.parametrize("plan", [DIRAC, MISLABELLED], ids=lambda plan: plan.method)
def test_members_and_non_members_come_from_the_training_examples_and_not_from_the_test_set(run, plan):
    """Other test data, and even unreadable ones, change nothing about canaries and verdict."""
    data = digits()
    other = replace(
        data, test_images=np.full_like(data.test_images, np.nan), test_labels=data.test_labels[::-1]
    )
    verdicts = []
    for these in (data, other):
        trial = Trial(run, these, plan, audit_seeds(1))
        engine = trial.engine_of("private")
        engine.run(run.steps)
        verdicts.append(trial.verdict(steps=run.steps, epsilon=1.0))
    assert verdicts[0] == verdicts[1]


@pytest.mark.parametrize("plan", [DIRAC, MISLABELLED], ids=lambda plan: plan.method)
def test_canaries_take_places_of_the_training_set_by_a_fair_coin(run, plan):
    data, seeds = digits(), audit_seeds(1)
    lots = drawn(data, canaries=plan.canaries, seed=seeds.canaries)
    trial = Trial(run, data, plan, seeds)
    assert len(trial.data.labels) == len(data.labels) == run.train_size  # so that N and q stay
    marks = np.rint(255 * (256 * trial.data.images[:, -1, 0, 0] + trial.data.images[:, -1, 1, 0]))
    assert set(np.flatnonzero(marks == NOBODY)) == set(lots.places[~lots.included])
    assert (trial.data.images[:, :-1] == data.images).all()
    untouched = np.setdiff1d(np.arange(run.train_size), lots.places)
    assert (marks[untouched] == 0).all()
    assert (trial.data.labels[untouched] == data.labels[untouched]).all()
    assert 0.4 < lots.included.mean() < 0.6


def test_wrong_labels_are_wrong_in_every_way_and_independent_of_the_coin():
    data, differences = digits(), []
    for seed in range(50):
        lots = drawn(data, canaries=1_000, seed=seed)
        moved = (lots.wrong_labels - data.labels[lots.places]) % 10
        assert set(moved) == set(range(1, 10))
        assert len(set(lots.places)) == 1_000
        differences.append(moved[lots.included].mean() - moved[~lots.included].mean())
    # Each has a standard error of 2.58·sqrt(2/500) = 0.163.
    assert abs(np.mean(differences)) < 3 * 0.163 / np.sqrt(50)


def test_coins_and_noise_have_different_seeds_that_no_training_has():
    seeds = audit_seeds(7)
    streams = [seeds.canaries, *vars(seeds.training).values()]
    assert len({*streams, *vars(run_seeds(7)).values()}) == 7
    assert audit_seeds(7) == seeds != audit_seeds(8)
    fresh: list[AuditSeeds] = [audit_seeds(None) for _ in range(2)]
    assert fresh[0].canaries != fresh[1].canaries
    assert fresh[0].training.noise != fresh[1].training.noise


def test_a_stopped_audit_has_no_verdict(run):
    asked = iter([False] * 6)
    events = told(run, audit=DIRAC, should_stop=lambda: next(asked, True))
    assert isinstance(events[-1], Finished)
    assert events[-1].state == "cancelled"
    assert not [event for event in events if isinstance(event, Audited)]


def test_a_baseline_that_diverged_is_left_out(run):
    trial = Trial(run, digits(), DIRAC, audit_seeds(1))
    for series in ("private", "baseline"):
        trial.engine_of(series).run(10)
    assert trial.verdict(steps=10, epsilon=1.0).baseline is not None
    trial.forget("baseline")
    assert trial.verdict(steps=10, epsilon=1.0).baseline is None


@pytest.mark.parametrize(
    "changes",
    [
        {"sampling": "shuffle"},
        {"optimizer": "adam", "model": "digits_cnn"},
        {"task": "xor", "dataset": "xor", "model": "toy_mlp", "train_size": 2_000},
        {"stop_at_budget": True, "privacy_budget": 1.0},
    ],
    ids=str,
)
def test_every_kind_of_training_can_be_audited(run, changes):
    found = audited(replace(run, epochs=3, **changes), DIRAC)
    assert found.epsilon_lower_bound < found.epsilon_upper_bound
    assert found.membership["auc"] > 0.5
    if "privacy_budget" in changes:
        assert found.epsilon_upper_bound <= 1.0


def test_the_reference_engine_is_audited_like_our_own(run):
    pytest.importorskip("tensorflow_privacy", reason="needs TensorFlow Privacy (Python 3.11 or older)")
    own, reference = (
        audited(replace(run, epochs=2, engine=engine), DIRAC) for engine in ("fast", "tensorflow-privacy")
    )
    assert reference.membership["auc"] == pytest.approx(own.membership["auc"], abs=1e-3)


def test_a_training_without_noise_is_still_called_not_private(run):
    notices = [
        event.id
        for event in told(replace(run, noise_multiplier=0.0), audit=DIRAC)
        if isinstance(event, Notice)
    ]
    assert notices == ["not-private"]


def test_a_baseline_that_diverged_has_no_verdict_and_the_private_series_keeps_its_own(run):
    # The clipped steps are as long as ever; those that are not clipped leave the numbers there are.
    steep = replace(
        run, model="digits_cnn", epochs=2, baseline=True, clipping_norm=1e-20, learning_rate=0.3e20
    )
    events = told(steep, audit=MISLABELLED)
    assert [event.id for event in events if isinstance(event, Notice)] == ["baseline-diverged"]
    (found,) = [event for event in events if isinstance(event, Audited)]
    assert found.baseline is None
    assert found.canaries == MISLABELLED.canaries
