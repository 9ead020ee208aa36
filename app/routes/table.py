"""A run as a table: one row an epoch, fit for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any

_LISTS = ("gradient_norm_histogram",)
_OF_BASELINE = ("accuracy", "loss", "test_loss")


def epochs_csv(document: Mapping[str, Any]) -> str:
    """Return the epochs of a run document as CSV with a header line.

    Every row repeats what the numbers are worth without their file: ``evidence`` (simulated or
    measured), the run's id and all its parameters, as ``parameter_<name>``; where there is a
    baseline, also what it reached after the same epoch, as ``baseline_<name>``. Null is an empty
    cell; histograms are left out. A run without a finished epoch has the header line only.
    """
    epochs: list[Mapping[str, Any]] = document["epochs"]
    whole_run = {"id": document["id"], "evidence": document["evidence"], "state": document["state"]}
    parameters = {f"parameter_{name}": value for name, value in document["parameters"].items()}
    besides = _beside(document["baseline"])
    rows = [{**whole_run, **_plain(epoch), **besides(epoch["epoch"]), **parameters} for epoch in epochs]
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]) if rows else [*whole_run, *parameters])
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def _beside(baseline: Mapping[str, Any] | None) -> Callable[[int], dict[str, Any]]:
    """Return the function from an epoch to the cells of the baseline's, {} without a baseline."""
    if baseline is None:
        return lambda _: {}
    epochs = {epoch["epoch"]: epoch for epoch in baseline["epochs"]}
    return lambda number: {f"baseline_{name}": epochs.get(number, {}).get(name) for name in _OF_BASELINE}


def _plain(epoch: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in epoch.items() if name not in _LISTS}
