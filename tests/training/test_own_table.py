"""Training on a table of one's own: its split, what guessing would achieve, and a run to its end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.events import EpochPoint, Ready
from app.training import trainer
from app.training.datasets import DataUnavailable
from app.training.own_table import majority_accuracy, table_data
from tests.own_table import on_table, sample_table
from tests.training.trained import told

TABLE = sample_table()
INFO = TABLE.info


def test_each_row_is_for_training_or_for_the_test_and_none_for_both() -> None:
    data = table_data(TABLE.to_bytes(), INFO, train_size=960)
    together = np.concatenate([data.images, data.test_images])
    labels = np.concatenate([data.labels, data.test_labels])
    wanted = np.column_stack([TABLE.inputs(), TABLE.labels])
    found = np.column_stack([together, labels])
    np.testing.assert_array_equal(np.sort(found.ravel()), np.sort(wanted.ravel().astype(found.dtype)))
    assert (data.images.shape, data.test_images.shape) == ((960, 6), (240, 6))
    assert data.images.dtype == np.float32


def test_a_smaller_training_set_leaves_the_test_as_it_is() -> None:
    whole, part = (table_data(TABLE.to_bytes(), INFO, train_size=size) for size in (960, 300))
    np.testing.assert_array_equal(part.test_images, whole.test_images)
    np.testing.assert_array_equal(part.images, whole.images[:300])


def test_what_guessing_achieves_tells_nothing_of_the_rows_trained_on() -> None:
    """It named the class most frequent in training, exactly, which one row more could change."""
    data = table_data(TABLE.to_bytes(), INFO, train_size=960)
    assert np.mean(data.test_labels == 1) > 0.5
    for training in (data.labels, 1 - data.labels):
        found = majority_accuracy(replace(data, labels=training))
        assert found == pytest.approx(np.mean(data.test_labels == 1))


@pytest.mark.parametrize(
    ("content", "info"),
    [
        (None, INFO),
        (b"", INFO),
        (TABLE.to_bytes()[:-20], INFO),
        (b"no table", INFO),
        (TABLE.to_bytes(), replace(INFO, inputs=5)),
    ],
    ids=["gone", "empty", "cut off", "something else", "another table"],
)
def test_without_its_table_a_run_fails_in_words(content: bytes | None, info: Any) -> None:
    with pytest.raises(DataUnavailable):
        table_data(content, info, train_size=960)
    (*_, finished) = told(on_table(info), table=content)
    assert (finished.state, finished.error["kind"]) == ("failed", "data_unavailable")
    assert "send it again" in finished.error["message"]


@pytest.mark.parametrize("model", ["logistic", "toy_mlp", "small_mlp", "mlp"])
def test_every_model_of_plain_inputs_learns_a_table_privately(model: str) -> None:
    parameters = on_table(INFO, model=model, seed=1, baseline=True)
    events = told(parameters, table=TABLE.to_bytes())
    assert events[-1].state == "done", events[-1].error
    ready = next(event for event in events if isinstance(event, Ready))
    majority = ready.dataset["majority_accuracy"]
    last = {event.series: event for event in events if isinstance(event, EpochPoint)}
    assert last["private"].accuracy > majority + 0.1
    assert last["private"].epsilon == trainer.accountant(parameters)(parameters.steps)
    assert events[-1].steps == parameters.steps == 113
    assert ready.dataset["class_names"] == ["no", "yes"]


def test_a_table_of_words_and_of_many_classes_can_be_trained() -> None:
    labels = np.arange(300, dtype=np.uint8) % 20
    codes = np.stack([labels, labels[::-1]], axis=1)
    table = replace(
        TABLE,
        widths=(20, 20),
        class_names=tuple(f"c{k}" for k in range(20)),
        numbers=np.zeros((300, 0), np.float32),
        codes=codes,
        labels=labels,
    )
    events = told(on_table(table.info, epochs=1, batch_size=64), table=table.to_bytes())
    assert events[-1].state == "done", events[-1].error
