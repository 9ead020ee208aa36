"""A table of one's own as training data: split by a fixed seed, and what guessing would achieve on it."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from app.catalog import TableInfo
from app.tables.table import Table
from app.training.datasets import Data, DataUnavailable

GONE = "The table of this run is not there any more: send it again."


def table_data(content: bytes | None, info: TableInfo, *, train_size: int) -> Data:
    """Return the rows in a fixed order: the first ``train_size`` for training, the last fifth for the test.

    The order depends on the number of rows alone, so a row is used for one of the two whatever it says.

    Raises:
        DataUnavailable: there is no table, or it is not the one that was announced.
    """
    if content is None:
        raise DataUnavailable(GONE)
    try:
        table = Table.from_bytes(content)
    except (ValueError, zlib.error):
        raise DataUnavailable(GONE) from None
    if table.info != replace(info, from_data=()) or not 1 <= train_size <= info.train_examples:
        raise DataUnavailable(GONE)
    order, inputs, labels = table.order(), table.inputs(), table.labels.astype(np.int32)
    train, test = order[:train_size], order[info.train_examples :]
    return Data(
        images=inputs[train],
        labels=labels[train],
        test_images=inputs[test],
        test_labels=labels[test],
        info=info.dataset,
    )


def majority_accuracy(data: Data) -> float:
    """Return the accuracy of always answering the class that is most frequent in the test.

    By the test rows alone, whose exact measures ε does not cover: which class is the most frequent one in
    training would be told without noise, and one row can decide it.
    """
    return float(np.bincount(data.test_labels).max() / len(data.test_labels))
