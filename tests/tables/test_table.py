"""A table as bytes, and the order in which its rows are for training or for the test."""

from __future__ import annotations

import numpy as np
import pytest

from app.tables.declaration import declared
from app.tables.table import Table
from benchmarks.sample_table import sample_table
from tests.serving import ROOT

DRAW = np.random.default_rng(7)


def table(rows: int, *, words: bool = True, numbers: bool = True) -> Table:
    columns = {}
    if numbers:
        columns |= {"a": {"bounds": [0, 1]}, "b": {"bounds": [0, 1]}}
    if words:
        columns |= {"w": {"values": ["x", "y", "z"]}}
    return Table.of(
        declared("l", ["no", "yes\n,ja"], columns),
        numbers=DRAW.random((rows, 2 * numbers)).astype(np.float32),
        codes=DRAW.integers(0, 3, (rows, int(words))).astype(np.uint8),
        labels=DRAW.integers(0, 2, rows).astype(np.uint8),
    )


@pytest.mark.parametrize(("words", "numbers"), [(True, True), (True, False), (False, True)])
def test_the_bytes_hold_the_whole_table(words: bool, numbers: bool) -> None:
    before = table(501, words=words, numbers=numbers)
    after = Table.from_bytes(before.to_bytes())
    assert (after.info, after.widths) == (before.info, before.widths)
    np.testing.assert_array_equal(after.inputs(), before.inputs())
    np.testing.assert_array_equal(after.labels, before.labels)


def test_a_fifth_is_for_the_test() -> None:
    info = table(1_204).info
    assert (info.train_examples, info.test_examples, info.inputs) == (964, 240, 5)


def test_the_order_is_a_permutation_that_depends_on_the_number_of_rows_alone() -> None:
    one, other = table(300), table(300)
    np.testing.assert_array_equal(one.order(), other.order())
    assert sorted(one.order()) == list(range(300))
    assert list(one.order()) != list(range(300))


def test_the_sample_is_what_its_script_makes() -> None:
    committed = ROOT / "static" / "data" / "sample_table.csv"
    assert committed.read_text(encoding="utf-8") == sample_table()
    assert committed.stat().st_size < 50_000
