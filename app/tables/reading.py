"""From the text of a CSV file (RFC 4180) to a table, every fault told by its row and column.

A fault names no value: what a cell holds is private, also in a message that somebody copies elsewhere.
Rows are counted as a spreadsheet shows them, the header being row 1.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.tables.declaration import Column, Declaration, InvalidTable, Numbers
from app.tables.table import Table

LEAST_ROWS = 200
MOST_ROWS = 60_000
MOST_CELLS = 6_000_000  # rows times inputs of the model: 24 MB of float32
MOST_HEADINGS = 1_000  # columns that are not declared may be there too; they are not read
LONGEST_CELL = 1_000  # characters
FAULTS_SHOWN = 20
SEPARATORS = (",", ";", "\t")

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass
class Report:
    """What became of the rows: exact counts of private data, meant for their owner alone.

    ``clipped`` counts by column the numbers that lay outside of its bounds; ``left_out`` the rows without a
    value in a column that is used; ``constant`` names the columns that have one value in all rows.
    """

    clipped: dict[str, int] = field(default_factory=dict)
    left_out: int = 0
    constant: list[str] = field(default_factory=list)


def read_table(text: str, declaration: Declaration, *, skip_empty: bool = False) -> tuple[Table, Report]:
    """Return the table that ``text`` holds, and what became of its rows.

    Args:
        text: CSV with a header line; separated by comma, semicolon or tab, whichever the header has most of.
        declaration: which columns are read, and how.
        skip_empty: leave rows out that lack a value, which are a fault else.

    Raises:
        InvalidTable: a row or the header is faulty; the first 20 faults are listed, and how many there are.
    """
    header, rows = _records(text)
    _check_header(header, declaration)
    reader = _Reader(declaration, header, skip_empty=skip_empty)
    for number, cells in rows:
        reader.take(number, cells)
    return reader.table(), reader.report


def _records(text: str) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Return the names in the header and the rows behind it with their numbers; blank lines are no rows."""
    text = text.removeprefix("\ufeff")
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    numbered = enumerate(_parsed(text, separator), start=1)
    full = ((number, cells) for number, cells in numbered if cells)
    _, header = next(full, (1, []))
    if not header:
        raise InvalidTable([("csv", "is empty: it needs a header line and rows.")])
    return [name.strip() for name in header], full


def _parsed(text: str, separator: str) -> Iterator[list[str]]:
    lines = io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"))
    read = 0
    try:
        for cells in csv.reader(lines, delimiter=separator, strict=True):
            read += 1
            yield cells
    except csv.Error:  # whose words are about csv's own workings
        fault = f"row {read + 1}: a quote is not closed or stands alone, or a cell is far too long."
        raise InvalidTable([("csv", fault)]) from None


def _check_header(header: Sequence[str], declaration: Declaration) -> None:
    if len(header) > MOST_HEADINGS:
        raise InvalidTable([("csv", f"has {len(header)} columns; {MOST_HEADINGS} are the most.")])
    wanted = [declaration.label, *(column.name for column in declaration.columns)]
    faults = [
        ("label" if name == declaration.label else "columns", f'the file has no column "{name}".')
        for name in wanted
        if name not in header
    ]
    twice = sorted({name for name in header if name and header.count(name) > 1})
    faults += [("csv", f'the header has the column "{name[:LONGEST_CELL]}" twice.') for name in twice[:5]]
    if faults:
        raise InvalidTable(_shown(faults, len(faults)))


def _shown(faults: Sequence[tuple[str, str]], count: int) -> list[tuple[str, str]]:
    """Return the first of ``count`` faults, and how many more there are."""
    rest = count - FAULTS_SHOWN
    more = [("csv", f"{rest} more such faults are not listed.")] if rest > 0 else []
    return [*faults[:FAULTS_SHOWN], *more]


class _Reader:
    """Takes rows one by one; what it does with a row depends on that row alone."""

    def __init__(self, declaration: Declaration, header: Sequence[str], *, skip_empty: bool) -> None:
        self.report = Report()
        self._declaration, self._width, self._skip_empty = declaration, len(header), skip_empty
        self._label_place = header.index(declaration.label)
        self._class_of = {name.strip(): code for code, name in enumerate(declaration.classes)}
        columns = declaration.columns
        self._reads = [(header.index(column.name), self._reader_of(column)) for column in columns]
        used = [declaration.label, *(column.name for column in columns)]
        self._places = [(name, header.index(name)) for name in used]
        self._numbers: list[list[float]] = []
        self._codes: list[list[int]] = []
        self._labels: list[int] = []
        self._faults: list[tuple[str, str]] = []  # the first of them
        self._count = 0

    def take(self, number: int, cells: list[str]) -> None:
        """Read row ``number``."""
        if len(cells) != self._width:
            self._fault(number, f"it has {len(cells)} cells, the header {self._width}.")
            return
        empty = [name for name, place in self._places if not cells[place].strip()]
        if empty and self._skip_empty:
            self.report.left_out += 1
            return
        faults = [f'column "{name}": it has no value.' for name in empty] or self._read(cells)
        for fault in faults:
            self._fault(number, fault)

    def table(self) -> Table:
        """Return the rows read.

        Raises:
            InvalidTable: there were faults, too few rows or too many, or only one class.
        """
        if self._faults:
            raise InvalidTable(_shown(self._faults, self._count))
        self._check_size()
        numeric = sum(isinstance(column, Numbers) for column in self._declaration.columns)
        rows = len(self._labels)
        table = Table.of(
            self._declaration,
            numbers=np.array(self._numbers, np.float32).reshape(rows, numeric),
            codes=np.array(self._codes, np.uint8).reshape(rows, -1),
            labels=np.array(self._labels, np.uint8),
        )
        self._look_for_constants(table)
        return table

    def _fault(self, number: int, sentence: str) -> None:
        self._count += 1
        if self._count <= FAULTS_SHOWN:
            self._faults.append(("csv", f"row {number}: {sentence}"))

    def _read(self, cells: list[str]) -> list[str]:
        """Keep the row, or return its faults."""
        found = [read(cells[place].strip()) for place, read in self._reads]
        label = self._class_of.get(cells[self._label_place].strip())
        faults = [value for value in found if isinstance(value, str)]
        if label is None:
            faults.append(f'column "{self._declaration.label}": it is none of the classes declared.')
        if faults or label is None:
            return faults
        self._numbers.append([value for value in found if isinstance(value, float)])
        self._codes.append([value for value in found if isinstance(value, int)])
        self._labels.append(label)
        return []

    def _reader_of(self, column: Column) -> Callable[[str], float | int | str]:
        """Return what makes of a cell a float (a number), an int (a value's place) or a str (a fault)."""
        if isinstance(column, Numbers):
            return lambda cell: self._number(column, cell)
        codes = {value: code for code, value in enumerate(column.values)}
        fault = f'column "{column.name}": it is none of the values declared.'
        return lambda cell: codes.get(cell, fault)

    def _number(self, column: Numbers, cell: str) -> float | str:
        if len(cell) > LONGEST_CELL or not _NUMBER.fullmatch(cell):
            return f'column "{column.name}": it is not a number (such as 12, -0.5 or 3e4).'
        value = float(cell)  # 1e999 is infinite, and clipped as any other number beyond the bounds
        if not column.lowest <= value <= column.highest:
            self.report.clipped[column.name] = self.report.clipped.get(column.name, 0) + 1
        clipped = min(max(value, column.lowest), column.highest)
        return (clipped - column.lowest) / (column.highest - column.lowest)

    def _check_size(self) -> None:
        rows, inputs = len(self._labels), self._declaration.inputs
        most = min(MOST_ROWS, MOST_CELLS // inputs)
        if rows < LEAST_ROWS:
            kept = f"; {self.report.left_out} without a value were left out" if self.report.left_out else ""
            raise InvalidTable([("csv", f"has {rows} rows{kept}; {LEAST_ROWS} are the least.")])
        if rows > most:
            raise InvalidTable([("csv", f"has {rows} rows; with {inputs} inputs {most} are the most.")])
        if len(set(self._labels)) == 1:
            fault = "all rows have the same class: there is nothing to learn. Is it the right column?"
            raise InvalidTable([("label", fault)])

    def _look_for_constants(self, table: Table) -> None:
        numbers, codes = iter(table.numbers.T), iter(table.codes.T)
        for column in self._declaration.columns:
            values = next(numbers) if isinstance(column, Numbers) else next(codes)
            if (values == values[0]).all():
                self.report.constant.append(column.name)
