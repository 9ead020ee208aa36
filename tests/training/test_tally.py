"""The gradient statistics of an epoch against plain numpy on the same norms."""

import numpy as np
import pytest

from app.events import HISTOGRAM_EDGES
from app.training.dpsgd import StepStatistics
from app.training.tally import Tally, gradient_facts, histogram


def norms(size=5_000):
    return np.random.default_rng(1).lognormal(0.5, 1.2, size).astype(np.float32)


def shares(points):
    return np.array([point["y"] for point in points])


@pytest.mark.parametrize("clipping_norm", [0.05, 1.0, 1.5, 20.0])
def test_shares_before_and_after_clipping_each_sum_to_one(clipping_norm):
    for points in histogram(norms(), clipping_norm=clipping_norm).values():
        assert shares(points).sum() == pytest.approx(1, abs=1e-12)
        assert len(points) == len(HISTOGRAM_EDGES) - 1


def test_bins_count_what_numpy_counts():
    found = histogram(norms(), clipping_norm=1.0)["before"]
    expected, _ = np.histogram(norms(), np.array(HISTOGRAM_EDGES))
    np.testing.assert_allclose(shares(found), expected / 5_000, atol=1e-12)


def test_after_clipping_the_pile_lies_at_exactly_c():
    found = histogram(norms(), clipping_norm=1.3)["after"]
    pile = max(found, key=lambda point: point["y"])
    in_bin = min(x for x in HISTOGRAM_EDGES if x >= 1.3), max(x for x in HISTOGRAM_EDGES if x < 1.3)
    assert pile["x"] == 1.3
    assert pile["y"] == pytest.approx((norms() > in_bin[1]).mean())
    assert all(point["y"] == 0 for point in found if point["x"] > 1.3)


def test_below_the_bin_of_c_clipping_changes_nothing():
    before, after = histogram(norms(), clipping_norm=1.3).values()
    low = [(one, two) for one, two in zip(before, after, strict=True) if one["x"] < 0.9]
    assert len(low) > 10
    assert all(one == two for one, two in low)


@pytest.mark.parametrize(("norm", "index"), [(0.0, 0), (1e-12, 0), (1e9, -1)])
def test_norms_beyond_the_edges_fall_into_the_outer_bins(norm, index):
    assert histogram(np.float32([norm]), clipping_norm=1.0)["before"][index]["y"] == 1


def test_calls_add_up_to_the_facts_of_all_their_norms():
    parts = np.split(norms(), [1_000, 1_700])
    tally = Tally()
    for part, steps, signal in zip(parts, (4, 3, 13), (0.5, 0.2, 0.1), strict=True):
        tally.add(
            StepStatistics(
                steps=steps,
                examples=len(part),
                loss_sum=float(part.sum()),
                clipped=int((part > 1.5).sum()),
                norms=part,
                signal_norm=signal,
                noise_norm=0.7,
            )
        )
    facts = gradient_facts(tally, clipping_norm=1.5)
    assert facts["clipped_fraction"] == (norms() > 1.5).mean()
    assert facts["gradient_norm_median"] == pytest.approx(np.median(norms()))
    assert facts["gradient_norm_p90"] == pytest.approx(np.quantile(norms(), 0.9))
    assert facts["signal_norm"] == pytest.approx((4 * 0.5 + 3 * 0.2 + 13 * 0.1) / 20)
    assert facts["noise_norm"] == 0.7
    assert (tally.steps, tally.examples) == (20, 5_000)


def test_nothing_sampled_has_no_facts():
    assert gradient_facts(Tally(), clipping_norm=1.0) == {}
