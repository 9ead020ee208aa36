"""docs/benchmarks.md as a function of docs/benchmarks.json."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app.catalog import MODELS as TITLES
from benchmarks.peers.roster import OURS, PLAIN

Row = dict[str, Any]
PROSE = Path(__file__).parent / "prose"
SHOWN = "256"
"""The batch size for which memory, ratios and the bars of the plot are given."""


QUIET_LOAD = 1.5
"""Above this load before the first window other work disturbs, peers with many threads most."""
SHORTEST = 0.3
"""Seconds of a window below which a figure is one of a trial."""


def page(results: dict[str, Any]) -> str:
    """Return the whole document."""
    parts = [
        "<!-- Written by `make bench` from docs/benchmarks.json; its text is in benchmarks/peers. -->",
        "# Benchmarks",
        *_warning(results),
        _prose("method", **_facts(results)),
        "![Examples a second of all contenders, and how speed and cost grow](benchmarks.svg)",
        *(_model(model, found) for model, found in results["models"].items()),
        "## Memory, first step, exactness",
        _prose("columns", model=title(next(iter(results["models"])))),
        _others(results["models"]),
        "## More cores",
        _cores(results["cores"]),
        "## What a step costs",
        *(_cost(name, found) for name, found in results["costs"].items()),
        "## What bounds the private step",
        _profile(results["profile"]),
        _prose("bounds"),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _warning(results: dict[str, Any]) -> Iterator[str]:
    """Yield a warning where the machine had other work, or the windows were those of a trial."""
    load = next(iter(results["models"].values()))["load"][0]
    if load > QUIET_LOAD:
        yield f"**A trial and no result: the load average was {load:.1f} before anything was measured.**"
    if results["options"]["seconds"] < SHORTEST:
        yield "**A trial and no result: its windows are too short.**"


def _prose(name: str, **facts: Any) -> str:
    return (PROSE / f"{name}.md").read_text(encoding="utf-8").format(**facts)


def _facts(results: dict[str, Any]) -> dict[str, Any]:
    loads = [load for found in results["models"].values() for load in found["load"]]
    whole = "in one run" if results["sittings"] == 1 else f"in {results['sittings']} sittings"
    return {
        **results["facts"],
        **results["options"],
        "whole": whole,
        "lowest_load": f"{min(loads):.1f}",
        "highest_load": f"{max(loads):.1f}",
        "versions": "; ".join(f"{name}: {text}" for name, text in results["versions"].items()),
    }


def title(model: str) -> str:
    """Return what the catalog calls the model."""
    return TITLES[model].title


def _model(model: str, found: dict[str, Any]) -> str:
    """Return the section of one model: speed at each batch size, and how many times faster this engine is."""
    rows = found["rows"]
    batches = sorted({int(size) for row in rows.values() for size in row["cells"]})
    titles = [f"B = {batch}" for batch in batches] + [f"this engine is faster by (B = {SHOWN})"]
    ours = rows[OURS.title]["cells"].get(SHOWN, {}).get("speeds", [])
    lines = [line([name, *_speeds(row, batches), ratio(row, ours)]) for name, row in rows.items()]
    heading = f"## {title(model)}\n\nExamples a second: median [least–most]."
    load = "Load average before and after: {:.1f}, {:.1f}.".format(*found["load"])
    return "\n".join([f"{heading} {load}\n", *head(["", *titles]), *lines])


def _speeds(row: Row, batches: Sequence[int]) -> Iterator[str]:
    if "absent" in row:
        yield f"not measured: {row['absent']}"
        yield from ("" for _ in batches[1:])
        return
    for batch in batches:
        cell = row["cells"].get(str(batch), {"absent": ""})
        yield f"not measured: {cell['absent']}" if "absent" in cell else spread(cell["speeds"])


def ratio(row: Row, ours: Sequence[float]) -> str:
    """Return the median of the ratios round by round, with their range."""
    cell = row["cells"].get(SHOWN, {})
    theirs, ours = cell.get("speeds", []), cell.get("beside", ours)
    if "absent" in row or not ours or len(theirs) != len(ours):
        return ""
    ratios = [own / other for own, other in zip(ours, theirs, strict=True)]
    middle, *ends = (_short(value) for value in (statistics.median(ratios), min(ratios), max(ratios)))
    return f"{middle} [{ends[0]}–{ends[1]}]"


def _short(value: float) -> str:
    return f"{value:,.2f}" if value < 10 else f"{value:,.0f}"


def spread(values: Sequence[float]) -> str:
    """Return the median with the range."""
    return f"{statistics.median(values):,.0f} [{min(values):,.0f}–{max(values):,.0f}]"


def _others(models: dict[str, Any]) -> str:
    """Return memory and first step on the first model, and the error on every one."""
    first = next(iter(models.values()))["rows"]
    errors = [f"error, {model.replace('_', ' ')}" for model in models]
    columns = ["", "peak MB", "held MB", "first step from start, s", "from go, s", *errors]
    lines = []
    for name, row in first.items():
        cell = row["cells"].get(SHOWN, {})
        if "peak" in cell:
            held = [f"{cell['peak']:,.0f}", f"{cell['pss']:,.0f}"]
            held += [f"{row['from_start']:.1f}", f"{row['from_go']:.2f}"]
        else:
            held = ["", "", "", ""]
        lines.append(line([name, *held, *(_error(found["rows"][name]) for found in models.values())]))
    return "\n".join([*head(columns), *lines])


def _error(row: Row) -> str:
    if not row["private"]:
        return "does not clip"
    return f"{row['error']:.1e}" if "error" in row else ""


def _cores(found: dict[str, Any]) -> str:
    counts = sorted({count for row in found.values() for count in row}, key=int)
    lines = []
    for name, row in found.items():
        base = statistics.median(row["1"])
        lines.append(line([name, *(_of_base(row.get(count), base) for count in counts)]))
    titles = [f"{count} core{'s' if count != '1' else ''}" for count in counts]
    text = (
        f"Examples a second at B = {SHOWN} on the tutorial CNN, each limited to so many cores, and the gain."
    )
    return "\n".join([f"{text}\n", *head(["", *titles]), *lines])


def _of_base(speeds: Sequence[float] | None, base: float) -> str:
    if not speeds:
        return ""
    return f"{statistics.median(speeds):,.0f} ({statistics.median(speeds) / base:.2f}x)"


def _cost(name: str, found: dict[str, Any]) -> str:
    values = list(found[OURS.title])
    titles = [f"{int(value):,}" if value.isdigit() else value.replace("_", " ") for value in values]
    lines = []
    for contender, points in found.items():
        times = [f"{1000 * statistics.median(points[value]):.2f}" for value in values]
        lines.append(line([f"{contender}, ms a step", *times]))
    middle = [
        f"{statistics.median(found[PLAIN.title][v]) / statistics.median(found[OURS.title][v]):.2f}"
        for v in values
    ]
    lines.append(line(["private speed over plain speed", *middle]))
    return "\n".join([f"By {name}:\n", *head(["", *titles]), *lines])


def _profile(found: dict[str, dict[str, float]]) -> str:
    private, plain = found["private"], found["plain"]
    share = plain["total"] / private["total"]
    text = (
        f"On one core the private step of the tutorial CNN has {share:.2f} of the plain step's speed. "
        f"Microseconds of an example at B = {SHOWN}, in all by processor time and in parts by TensorFlow's "
        "profiler:"
    )
    lines = [line([name, f"{plain[name]:.1f}", f"{private[name]:.1f}"]) for name in private]
    return "\n".join([f"{text}\n", *head(["", "plain", "private"]), *lines])


def head(titles: Sequence[str]) -> list[str]:
    """Return the two lines with which a table of Markdown begins."""
    return [line(titles), "|---" * len(titles) + "|"]


def line(cells: Sequence[str]) -> str:
    """Return a line of a table."""
    return "| " + " | ".join(cells) + " |"
