"""The presets simulate what they were measured to give (DESIGN.md section 6); nothing is clamped to it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulation.runs import expected_of, final_of

SEEDS = range(200)
PRESETS = {
    "strong": {"noise_multiplier": 1.1, "learning_rate": 0.01, "epochs": 10},
    "balanced": {"noise_multiplier": 0.8, "learning_rate": 0.02, "epochs": 15},
    "weak": {"noise_multiplier": 0.6, "learning_rate": 0.02, "epochs": 20},
    "optimal": {
        "clipping_norm": 1.5,
        "noise_multiplier": 1.1,
        "learning_rate": 0.02,
        "epochs": 15,
        "optimizer": "momentum",
    },
}


@pytest.mark.parametrize(
    ("preset", "least", "most"),
    [("strong", 0.60, 0.72), ("balanced", 0.75, 0.85), ("weak", 0.85, 0.90), ("optimal", 0.94, 0.965)],
)
def test_a_preset_lies_on_its_rung_for_every_seed(preset, least, most):
    accuracies = np.array([final_of(**PRESETS[preset], seed=seed) for seed in SEEDS])
    assert least <= accuracies.min()
    assert accuracies.max() <= most


def test_better_settings_than_the_ladders_are_not_held_down():
    assert expected_of(**PRESETS["optimal"]) > expected_of(**PRESETS["weak"]) + 0.05


def test_at_the_default_the_step_size_is_the_limit_and_not_the_noise():
    quiet, default, loud = (expected_of(noise_multiplier=s) for s in (0.5, 0.8, 2.0))
    assert quiet - loud < 0.02
    assert expected_of(learning_rate=0.15) > default + 0.08
