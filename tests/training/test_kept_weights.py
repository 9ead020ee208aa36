"""What a training hands over of its weights: those that its last figures were measured with, or none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.events import EpochPoint
from app.inference.network import Network
from app.privacy.audit_plan import AuditPlan
from app.training.datasets import load
from tests.own_table import sample_table
from tests.training.trained import completed


def train(parameters, **more):
    weights = []
    events = completed(parameters, keep_weights=lambda *kept: weights.append(kept), **more)
    return events, weights


def accuracy(model, weights):
    data = load("digits", train_size=1_437, data_directory=None, offline=True)
    found = Network(model, weights).probabilities(data.test_images).argmax(axis=1)
    return float(np.mean(found == data.test_labels))


@pytest.mark.parametrize("engine", ["fast", "tensorflow-privacy"])
def test_the_weights_of_each_series_have_its_last_accuracy(digits_run, engine):
    if engine == "tensorflow-privacy":
        pytest.importorskip("tensorflow_privacy", reason="needs Python 3.11 or older", exc_type=Exception)
    run = replace(digits_run, engine=engine, noise_multiplier=0.5, baseline=True, seed=1)
    events, weights = train(run)
    told = {event.series: event.accuracy for event in events if isinstance(event, EpochPoint)}
    assert [series for series, _ in weights] == ["private", "baseline"]
    assert {series: accuracy(run.model, found) for series, found in weights} == pytest.approx(told, abs=1e-6)
    assert told["private"] != told["baseline"], "else the two could be mixed up"


def test_an_audit_hands_over_none(digits_run):
    assert train(digits_run, audit=AuditPlan(method="mislabelled", canaries=50))[1] == []


def test_data_that_no_picture_can_be_shown_to_hand_over_none(digits_run):
    xor = replace(digits_run, task="xor", dataset="xor", model="toy_mlp", train_size=2_000)
    table = sample_table()
    own = replace(
        digits_run,
        task="table",
        dataset="table",
        model="logistic",
        train_size=table.info.train_examples,
        table=table.info,
    )
    assert train(xor)[1] == []
    assert train(own, table=table.to_bytes())[1] == []
