"""The rows of a table as numbers, and as the bytes in which they wait for their run."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.catalog import TableInfo
from app.tables.declaration import Declaration, Numbers

TEST_SHARE = 5  # one row in five is set aside for the test
_SPLIT_SEED = 20_240_229


@dataclass(frozen=True, kw_only=True)
class Table:
    """N rows: ``numbers`` [N, numeric columns] float32 in 0..1, ``codes`` [N, categorical columns] uint8, the
    place of each value in its column's list, ``labels`` [N] uint8; ``widths`` has 0 for a column of numbers
    and else the number of its values, in the declared order.
    """

    widths: tuple[int, ...]
    class_names: tuple[str, ...]
    numbers: NDArray[np.float32]
    codes: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    @classmethod
    def of(
        cls,
        declaration: Declaration,
        *,
        numbers: NDArray[np.float32],
        codes: NDArray[np.uint8],
        labels: NDArray[np.uint8],
    ) -> Table:
        """Return the table of rows that were read by ``declaration``."""
        columns = declaration.columns
        widths = tuple(0 if isinstance(column, Numbers) else column.inputs for column in columns)
        return cls(
            widths=widths, class_names=declaration.classes, numbers=numbers, codes=codes, labels=labels
        )

    @property
    def rows(self) -> int:
        return len(self.labels)

    @property
    def info(self) -> TableInfo:
        """Return what is public of the table."""
        test_examples = self.rows // TEST_SHARE
        return TableInfo(
            train_examples=self.rows - test_examples,
            test_examples=test_examples,
            inputs=sum(max(width, 1) for width in self.widths),
            class_names=self.class_names,
        )

    def inputs(self) -> NDArray[np.float32]:
        """Return the model's inputs [N, inputs], columns in the declared order, categories one-hot."""
        parts: list[NDArray[np.float32]] = []
        numbers, codes = iter(self.numbers.T), iter(self.codes.T)
        for width in self.widths:
            if width:
                parts.append(np.eye(width, dtype=np.float32)[next(codes)])
            else:
                parts.append(next(numbers)[:, np.newaxis])
        return np.concatenate(parts, axis=1)

    def order(self) -> NDArray[np.intp]:
        """Return the rows in the order in which the first are for training: it depends on N alone."""
        return np.random.default_rng(_SPLIT_SEED).permutation(self.rows)

    def to_bytes(self) -> bytes:
        """Return the table as bytes that :meth:`from_bytes` reads."""
        head = {"widths": self.widths, "class_names": self.class_names, "rows": self.rows}
        arrays = (self.numbers.astype("<f4"), self.codes, self.labels)
        body = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
        return zlib.compress(json.dumps(head).encode() + b"\n" + body, level=1)

    @classmethod
    def from_bytes(cls, content: bytes) -> Table:
        """Return the table that :meth:`to_bytes` wrote."""
        head, _, body = zlib.decompress(content).partition(b"\n")
        facts: dict[str, Any] = json.loads(head)
        rows, widths = int(facts["rows"]), tuple(facts["widths"])
        numeric = sum(width == 0 for width in widths)
        end = 4 * rows * numeric
        numbers = np.frombuffer(body[:end], "<f4").astype(np.float32).reshape(rows, numeric)
        rest = np.frombuffer(body[end:], np.uint8)
        return cls(
            widths=widths,
            class_names=tuple(facts["class_names"]),
            numbers=numbers,
            codes=rest[:-rows].reshape(rows, len(widths) - numeric),
            labels=rest[-rows:],
        )
