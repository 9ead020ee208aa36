"""The sample table as its owner would send it, for tests of the store, the interface and the training."""

from __future__ import annotations

from typing import Any

from app.catalog import TableInfo
from app.parameters import RunParameters
from app.tables.declaration import declared
from app.tables.reading import read_table
from app.tables.table import Table
from tests.serving import ROOT

SAMPLE = (ROOT / "static" / "data" / "sample_table.csv").read_text(encoding="utf-8")
DECLARED: dict[str, Any] = {
    "label": "passed",
    "classes": ["no", "yes"],
    "columns": {
        "hours": {"bounds": [0, 70]},
        "sleep": {"bounds": [3, 11]},
        "commute": {"bounds": [1, 150]},
        "tutorial": {"values": ["none", "online", "on site"]},
    },
}


def table_request(**changes: Any) -> dict[str, Any]:
    """Return the body of POST /api/tables for the sample, with ``changes``."""
    return {"csv": SAMPLE, **DECLARED, **changes}


def sample_table() -> Table:
    """Return the sample as the store keeps it."""
    return read_table(SAMPLE, declared(**DECLARED))[0]


def on_table(info: TableInfo, **changes: Any) -> RunParameters:
    """Return the real run on a table, with ``changes``."""
    return RunParameters.of_task("table", train_size=info.train_examples, table=info, **changes)
