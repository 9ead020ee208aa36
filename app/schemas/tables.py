"""A table of one's own as it is sent and answered, and how it becomes a Table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import Field

from app.catalog import TABLE_TASK, TableInfo
from app.errors import Fault, InvalidParameters
from app.schemas.documents import Answer
from app.schemas.fields import choice, ruled
from app.schemas.requests import StrictRequest, request_model
from app.tables import declaration, reading
from app.tables.declaration import Declaration, InvalidTable, Numbers
from app.tables.reading import Report
from app.tables.table import Table

EMPTY = ("refuse", "leave_out")

TableRequest = request_model(
    "TableRequest",
    "A table of one's own: the text of a CSV file, and what its owner declares public of it.",
    {
        "csv": ruled(
            str,
            rule="must be the text of a CSV file, with a header line",
            description="The text of the file: a header line, then rows.",
        ),
        "label": ruled(str, rule="must be a column's name", description="The column to be predicted."),
        "classes": ruled(
            list[str], rule="must be a list of words", description="The values the label may have, 2 to 20."
        ),
        "columns": ruled(
            dict[str, dict[str, list[Any]]],
            rule='must be an object: name → {"bounds": [lowest, highest]} or {"values": ["…", "…"]}',
            description='By name {"bounds": [lowest, highest]}, to which numbers are clipped and which scale '
            'them, or {"values": [words]}; other columns of the file are not read.',
        ),
        "empty": choice(
            EMPTY, default="refuse", description="What becomes of rows without a value in a column used."
        ),
        "from_data": ruled(
            list[str],
            default=[],
            rule="must be a list of the names of columns",
            description="Columns (the label too) whose bounds or values were taken from the data after all: "
            "that is not covered by ε, and the run will say so.",
        ),
    },
)


class ColumnTaken(Answer):
    """A column as it was read; ``clipped`` and ``constant`` are exact, and so for its owner alone."""

    name: str
    kind: str
    inputs: int
    clipped: int = Field(description="how many numbers lay outside of the bounds")
    constant: bool = Field(description="whether all rows have one value")


class TableTaken(Answer):
    """A table that waits for its run; its counts are exact, and so for its owner alone."""

    table: str = Field(description="its id, for POST /api/train; a capability like a run's")
    rows: int
    train_examples: int
    test_examples: int
    inputs: int
    class_names: list[str]
    left_out: int = Field(description="rows without a value in a column that is used")
    columns: list[ColumnTaken]
    unused_seconds: float = Field(description="after which it is deleted if no run has taken it")


class TableRules(Answer):
    """What tables this server takes, and what a run on one starts with."""

    max_bytes: int = Field(description="of the whole request; 0: this server takes none")
    least_rows: int
    most_rows: int
    most_columns: int
    most_inputs: int
    most_values: int
    classes: list[int]
    unused_seconds: float
    defaults: dict[str, Any]


def read(asked: StrictRequest) -> tuple[Table, TableInfo, dict[str, Any]]:
    """Return the table of a request, what is public of it, and what is answered beside its id.

    Raises:
        InvalidParameters: the declaration or the file is faulty; rows and columns are named, values never.
    """
    fields = asked.model_dump()
    try:
        made = declaration.declared(fields["label"], fields["classes"], fields["columns"])
        table, report = reading.read_table(fields["csv"], made, skip_empty=fields["empty"] == "leave_out")
    except InvalidTable as invalid:
        faults = [Fault(field, sentence) for field, sentence in invalid.faults]
        raise InvalidParameters("The table cannot be used.", errors=faults) from None
    info = replace(table.info, from_data=_from_data(fields["from_data"], made))
    return table, info, _taken(table, made, report)


def rules(*, max_bytes: int, unused_seconds: float) -> dict[str, Any]:
    """Return what tables this server takes, and the defaults of a run on one."""
    return {
        "max_bytes": max_bytes,
        "least_rows": reading.LEAST_ROWS,
        "most_rows": reading.MOST_ROWS,
        "most_columns": declaration.MOST_COLUMNS,
        "most_inputs": declaration.MOST_INPUTS,
        "most_values": declaration.MOST_VALUES,
        "classes": list(declaration.LABEL_CLASSES),
        "unused_seconds": unused_seconds,
        "defaults": {
            "model": TABLE_TASK.model,
            "optimizer": TABLE_TASK.optimizer,
            **TABLE_TASK.defaults,
        },
    }


def _from_data(names: list[str], made: Declaration) -> tuple[str, ...]:
    known = [made.label, *(column.name for column in made.columns)]
    if not set(names) <= set(known):
        raise InvalidParameters.of(Fault("from_data", "must name columns that are declared, or the label."))
    return tuple(name for name in known if name in names)


def _taken(table: Table, made: Declaration, report: Report) -> dict[str, Any]:
    info = table.info
    return {
        "rows": table.rows,
        "train_examples": info.train_examples,
        "test_examples": info.test_examples,
        "inputs": info.inputs,
        "class_names": list(info.class_names),
        "left_out": report.left_out,
        "columns": [
            {
                "name": column.name,
                "kind": "numbers" if isinstance(column, Numbers) else "categories",
                "inputs": column.inputs,
                "clipped": report.clipped.get(column.name, 0),
                "constant": column.name in report.constant,
            }
            for column in made.columns
        ],
    }
