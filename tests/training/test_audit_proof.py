"""What the audit promises, over many seeds: some here, all with DPSGD_AUDIT_PROOF=1 (`make audit-proof`)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from app.parameters import RunParameters
from app.privacy.audit_plan import AuditPlan, audit_plan
from app.privacy.calibration import noise_multiplier_for
from tests.training.broken_engines import broken
from tests.training.trained import audited, audited_digits

REAL_DATA = os.environ.get("DPSGD_DATA_DIR")
WHOLE = os.environ.get("DPSGD_AUDIT_PROOF") == "1"
FAULTS = ("clipping off", "noise at a tenth", "noise once per epoch")
needs_mnist = pytest.mark.skipif(
    not (REAL_DATA and Path(REAL_DATA, "mnist.npz").is_file()),
    reason="the real MNIST archive is only there where DPSGD_DATA_DIR names it",
)


def verdict(parameters, plan=None):
    """Return what the audit tells; by the plan that the interface would choose, unless one is given."""
    plan = plan or audit_plan(
        "auto", noise_multiplier=parameters.noise_multiplier, examples=parameters.train_size
    )
    found = audited(parameters, plan, data_directory=REAL_DATA)
    upper = "infinite" if found.epsilon_upper_bound is None else f"{found.epsilon_upper_bound:.2f}"
    print(
        f"{parameters.task} seed {parameters.seed} {plan.method} m={plan.canaries}: "
        f"{found.epsilon_lower_bound:.2f} <= eps <= {upper}, AUC {found.membership['auc']:.3f}"
    )
    return found


def test_over_twenty_private_runs_the_lower_bound_stays_below_the_upper():
    found = [verdict(audited_digits(seed=seed)) for seed in range(100, 120)]
    exceeded = [one.epsilon_lower_bound > one.epsilon_upper_bound for one in found]
    assert sum(exceeded) <= 1  # 5 % of twenty
    # and not because it says nothing
    assert np.median([one.epsilon_lower_bound for one in found]) > 0.25


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_engines_are_caught_with_every_seed(fault):
    for seed in range(200, 220 if WHOLE else 202):
        run = audited_digits(seed=seed)
        with broken(fault, steps_per_epoch=run.steps_after(1)):
            found = verdict(run)
        assert found.epsilon_lower_bound > found.epsilon_upper_bound


@needs_mnist
@pytest.mark.parametrize("seed", range(10 if WHOLE else 2))
def test_without_privacy_wrong_labels_are_remembered(seed):
    found = verdict(RunParameters.of_task("mnist-1500", noise_multiplier=0.0, seed=seed))
    assert found.method == "mislabelled"
    assert found.epsilon_lower_bound > 1
    assert found.membership["auc"] > 0.7


@needs_mnist
@pytest.mark.parametrize("seed", range(3 if WHOLE else 1))
def test_with_privacy_wrong_labels_are_not_remembered(seed):
    run = RunParameters.of_task("mnist", noise_multiplier=1.1, epochs=15 if WHOLE else 1, seed=seed)
    found = verdict(run, audit_plan("mislabelled", noise_multiplier=1.1, examples=60_000))
    assert found.membership["auc"] == pytest.approx(0.5, abs=0.05)


# By claimed ε, the bounds of 4,000 Dirac canaries that were measured when the audit was designed.
DESIGNED = ((1, 0.34), (4, 1.43), (2, 0.77), (8, 2.2), (16, 3.4))


@needs_mnist
@pytest.mark.parametrize(("claimed", "designed"), DESIGNED if WHOLE else DESIGNED[:2])
def test_dirac_canaries_give_the_bounds_they_were_designed_for(claimed, designed):
    size = {"examples": 10_000, "batch_size": 512, "epochs": 10}
    noise = noise_multiplier_for(claimed, **size, delta=1e-5)
    bounds = []
    for seed in range(10 if WHOLE else 3):
        run = RunParameters.of_task(
            "mnist",
            model="logistic",
            train_size=10_000,
            batch_size=512,
            epochs=10,
            noise_multiplier=noise,
            seed=seed,
        )
        bounds.append(verdict(run, AuditPlan(method="dirac", canaries=4_000)).epsilon_lower_bound)
    print(f"claimed {claimed}: {np.mean(bounds):.2f} on average, designed for {designed}")
    assert np.mean(bounds) >= 0.6 * designed


@needs_mnist
@pytest.mark.skipif(not WHOLE, reason="a whole MNIST training; `make audit-proof` does it")
def test_the_default_training_is_audited_from_end_to_end():
    found = verdict(RunParameters.of_task("mnist", seed=1))
    assert 0.2 < found.epsilon_lower_bound < found.epsilon_upper_bound
