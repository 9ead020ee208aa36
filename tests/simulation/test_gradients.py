"""The norm distribution against draws from it, and its histogram against its shares."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from app.simulation.gradients import NormDistribution, histograms

CASES = [
    pytest.param(20.0, 0.4, 0.5, 0.1, id="early: all norms close together"),
    pytest.param(30.0, 3.0, 2.5, 0.4, id="midway"),
    pytest.param(60.0, 9.0, 5.0, 0.5, id="late: most norms near zero"),
]


def norms_of(*values):
    names = ("scale", "margin", "spread", "width")
    return NormDistribution(**{name: np.array([value]) for name, value in zip(names, values, strict=True)})


@pytest.mark.parametrize(("scale", "margin", "spread", "width"), CASES)
def test_shares_means_and_quantiles_agree_with_draws(scale, margin, spread, width):
    norms = norms_of(scale, margin, spread, width)
    z = np.random.default_rng(0).normal(size=400_000)
    draws = scale * np.exp(width * z) * expit(spread * z - margin)
    for limit in (0.01, 0.3, 1.5, 8.0, 25.0):
        assert norms.share_above(limit)[0] == pytest.approx(np.mean(draws > limit), abs=0.005)
        assert norms.mean_clipped(limit)[0] == pytest.approx(
            np.minimum(draws, limit).mean(), rel=0.01, abs=1e-3
        )
    for level in (0.1, 0.5, 0.9):
        assert norms.quantile(level)[0] == pytest.approx(np.quantile(draws, level), rel=0.03)


@pytest.mark.parametrize("values", [case.values for case in CASES] + [(60.0, 1.0, 0.3, 0.02)])
def test_the_share_above_a_quantile_is_what_it_leaves_over(values):
    levels = np.array([1e-6, 0.001, 0.03, 0.5, 0.9, 0.999, 1 - 1e-6])
    norms = norms_of(*values)
    np.testing.assert_allclose(norms.share_above(norms.quantile(levels)), 1 - levels, rtol=1e-6)


def test_all_norms_are_above_zero_and_none_above_what_cannot_be():
    assert norms_of(10.0, 1.0, 1.0, 0.2).share_above(0.0).tolist() == [1.0]
    assert norms_of(10.0, 1.0, 1.0, 0.2).share_above(1e9).tolist() == [0.0]


def test_the_histogram_adds_up_to_the_share_above():
    norms = norms_of(30.0, 3.0, 2.5, 0.4)
    (histogram,) = histograms(norms, 1.0)
    above = sum(bin_["y"] for bin_ in histogram["before"] if bin_["x"] > 1.0)  # 1.0 is an edge
    assert above == pytest.approx(norms.share_above(1.0)[0], abs=1e-12)
    untouched = [bin_ for bin_ in histogram["after"] if bin_["x"] < 0.8]
    assert untouched == [bin_ for bin_ in histogram["before"] if bin_["x"] < 0.8]
