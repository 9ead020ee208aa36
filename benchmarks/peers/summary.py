"""What README tells of docs/benchmarks.json: every contender at one batch size, on all three models."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.peers.environments import ROOT
from benchmarks.peers.report import SHOWN, head, line, ratio, spread, title
from benchmarks.peers.roster import OURS


def summary() -> str:
    """Return the sentence and the table of README's chapter on speed."""
    results = json.loads((ROOT / "docs" / "benchmarks.json").read_text(encoding="utf-8"))
    models = results["models"]
    first, facts, options = next(iter(models)), results["facts"], results["options"]
    ours = models[first]["rows"][OURS.title]["cells"][SHOWN]["speeds"]
    said = (
        f"Examples a second on {facts['cores']} cores ({facts['processor']}) at B = {SHOWN}: "
        f"the median [least–most] of {options['rounds']} windows of {options['seconds']:g} s; "
        "the last column says how many times faster this engine is on the first model."
    )
    rows = [
        line([name, *(_speed(found, name) for found in models.values()), ratio(row, ours)])
        for name, row in models[first]["rows"].items()
    ]
    return "\n".join([said, "", *head(["", *map(title, models), "faster by"]), *rows])


def _speed(model: dict[str, Any], name: str) -> str:
    cell = model["rows"].get(name, {}).get("cells", {}).get(SHOWN, {})
    return spread(cell["speeds"]) if "speeds" in cell else "–"
