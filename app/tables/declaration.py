"""What the owner of a table declares public: the label with its classes, each column's bounds or values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

LABEL_CLASSES = (2, 20)
MOST_COLUMNS = 200
MOST_VALUES = 100  # of one categorical column
MOST_INPUTS = 500  # a number is one input of the model, a category one for each of its values
LONGEST_TEXT = 100  # characters of a name or a value


class InvalidTable(ValueError):
    """A declaration or a table that cannot be used; ``faults`` are all of (field, sentence)."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(" ".join(f"{field}: {sentence}" for field, sentence in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """A column of numbers, clipped to its bounds and scaled by them to 0..1."""

    name: str
    lowest: float
    highest: float

    @property
    def inputs(self) -> int:
        return 1


@dataclass(frozen=True, kw_only=True)
class Categories:
    """A column of words: one input for each value, 1 for the one that a row has and 0 for the others."""

    name: str
    values: tuple[str, ...]

    @property
    def inputs(self) -> int:
        return len(self.values)


Column = Numbers | Categories


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """All that is public of a table but its number of rows; columns that are not named here are not read."""

    label: str
    classes: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def inputs(self) -> int:
        return sum(column.inputs for column in self.columns)


def declared(label: str, classes: Sequence[str], columns: Mapping[str, Mapping[str, object]]) -> Declaration:
    """Return the declaration of these parts.

    Args:
        label: name of the column that is to be predicted.
        classes: the 2 to 20 values it may have.
        columns: name → {"bounds": [lowest, highest]} or {"values": [words]}, 1 to 200 of them.

    Raises:
        InvalidTable: it is no declaration; all faults are listed.

    >>> declared("sick", ["no", "yes"], {"age": {"bounds": [0, 120]}, "ward": {"values": ["A", "B"]}}).inputs
    3
    """
    faults = [*_label_faults(label, classes), *_columns_faults(label, columns)]
    if faults:
        raise InvalidTable(faults)
    made = tuple(_column(name, column) for name, column in columns.items())
    declaration = Declaration(label=label, classes=tuple(classes), columns=made)
    if declaration.inputs > MOST_INPUTS:
        rule = (
            f"make {declaration.inputs} inputs (a category one for each value); {MOST_INPUTS} are the most."
        )
        raise InvalidTable([("columns", rule)])
    return declaration


def _label_faults(label: str, classes: Sequence[str]) -> Iterator[tuple[str, str]]:
    if not 1 <= len(label) <= LONGEST_TEXT:
        yield "label", f"must be a column's name of at most {LONGEST_TEXT} characters."
    fewest, most = LABEL_CLASSES
    if not fewest <= len(classes) <= most:
        yield "classes", f"must be {fewest} to {most} values of the label; received {len(classes)}."
    yield from (("classes", fault) for fault in _words_faults(classes))


def _columns_faults(label: str, columns: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    if not 1 <= len(columns) <= MOST_COLUMNS:
        yield "columns", f"must name 1 to {MOST_COLUMNS} columns; received {len(columns)}."
        return
    if label in columns:
        yield "columns", "must not name the label: the model would be told what it is to predict."
    for name, column in columns.items():
        if not 1 <= len(name) <= LONGEST_TEXT:
            yield "columns", f"the name of a column has 1 to {LONGEST_TEXT} characters; received {len(name)}."
        else:
            yield from (("columns", f'"{name}": {fault}') for fault in _column_faults(column))


def _column_faults(column: Mapping[str, object]) -> Iterator[str]:
    match dict(column):
        case {"bounds": [int() | float() as lowest, int() | float() as highest], **rest} if not rest:
            yield from _bounds_faults(lowest, highest)
        case {"values": [*values], **rest} if not rest and all(isinstance(value, str) for value in values):
            words = [str(value) for value in values]
            if not 2 <= len(words) <= MOST_VALUES:
                yield f"must have 2 to {MOST_VALUES} values; received {len(words)}."
            yield from _words_faults(words)
        case _:
            yield 'must be {"bounds": [lowest, highest]} or {"values": ["…", "…"]}.'


def _bounds_faults(lowest: float, highest: float) -> Iterator[str]:
    if isinstance(lowest, bool) or isinstance(highest, bool):
        yield "bounds are two numbers."
    elif not (math.isfinite(lowest) and math.isfinite(highest) and math.isfinite(highest - lowest)):
        yield "bounds are two finite numbers."
    elif not lowest < highest:
        yield f"the lower bound must lie below the upper one; received {lowest:g} and {highest:g}."


def _words_faults(words: Sequence[str]) -> Iterator[str]:
    if len({word.strip() for word in words}) < len(words):
        yield "names a value twice."
    if any(not 1 <= len(word.strip()) <= LONGEST_TEXT for word in words):
        yield f"a value has 1 to {LONGEST_TEXT} characters."


def _column(name: str, column: Mapping[str, object]) -> Column:
    match dict(column):
        case {"bounds": [int() | float() as lowest, int() | float() as highest]}:
            return Numbers(name=name, lowest=float(lowest), highest=float(highest))
        case {"values": [*values]}:
            return Categories(name=name, values=tuple(str(value).strip() for value in values))
    raise AssertionError("a column without faults has bounds or values")
