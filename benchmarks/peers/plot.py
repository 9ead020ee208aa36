"""docs/benchmarks.svg as a function of docs/benchmarks.json."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from app.catalog import MODELS as TITLES
from benchmarks.peers.report import SHOWN
from benchmarks.peers.roster import OURS, PLAIN
from benchmarks.peers.svg import LogScale, document, dot, line, rect, short, text

WIDTH, NAMES, BAR, GAP = 1200.0, 300.0, 15.0, 4.0
PANEL_HEIGHT, MARGIN = 210.0, 60.0
OURS_COLOUR, OTHER_COLOUR, PLAIN_COLOUR = "#1b7f4b", "#6b7a90", "#c9a227"
COLOURS = (OURS_COLOUR, PLAIN_COLOUR, "#8a4fbf", "#3f6fb5", "#c0504d")


def chart(results: dict[str, Any]) -> str:
    """Return the picture: bars of every contender for each model, and three curves below."""
    models = results["models"]
    count = len(next(iter(models.values()))["rows"])
    bars_height = count * (BAR + GAP)
    marks = [
        text(
            20, 24, f"Examples a second at B = {SHOWN}, logarithmic; thin lines: least to most", weight="bold"
        )
    ]
    marks += _names(models)
    width = (WIDTH - NAMES) / len(models)
    for index, (model, found) in enumerate(models.items()):
        marks += _bars(TITLES[model].title, found["rows"], NAMES + index * width, width - 70, bars_height)
    top = bars_height + 120
    marks += _curves(results, top)
    return document(WIDTH, top + PANEL_HEIGHT + 110, marks)


def _names(models: dict[str, Any]) -> Iterator[str]:
    for index, name in enumerate(next(iter(models.values()))["rows"]):
        yield text(NAMES - 8, _bar_top(index) + BAR - 3, name, anchor="end")


def _bar_top(index: int) -> float:
    return MARGIN + 10 + index * (BAR + GAP)


def _bars(title: str, rows: dict[str, Any], left: float, width: float, height: float) -> Iterator[str]:
    """Yield one model's bars with their medians behind them."""
    scale = LogScale(30, 1_000_000, left, left + width)
    yield text(
        left, MARGIN - 6, title.split(" (")[0].replace("TensorFlow Privacy", "").strip(), weight="bold"
    )
    for decade in scale.decades:
        yield line([(scale(decade), MARGIN + 4), (scale(decade), MARGIN + 10 + height)], colour="#dddddd")
        yield text(scale(decade), MARGIN + 24 + height, short(decade), anchor="middle")
    for index, (name, row) in enumerate(rows.items()):
        speeds = row["cells"].get(SHOWN, {}).get("speeds", [])
        if "absent" in row or not speeds:
            yield text(left + 2, _bar_top(index) + BAR - 3, "not measured")
            continue
        yield from _bar(scale, _bar_top(index), speeds, _colour(name, row), left)


def _bar(scale: LogScale, top: float, speeds: Sequence[float], colour: str, left: float) -> Iterator[str]:
    middle, end = statistics.median(speeds), scale(max(speeds))
    yield rect(left, top, scale(middle) - left, BAR, colour=colour)
    yield line([(scale(min(speeds)), top + BAR / 2), (end, top + BAR / 2)])
    yield text(max(end, scale(middle)) + 4, top + BAR - 3, f"{middle:,.0f}")


def _colour(name: str, row: dict[str, Any]) -> str:
    if name.startswith(OURS.title) and row["private"]:
        return OURS_COLOUR
    return OTHER_COLOUR if row["private"] else PLAIN_COLOUR


def _curves(results: dict[str, Any], top: float) -> Iterator[str]:
    cores = {
        name: {count: statistics.median(speeds) for count, speeds in row.items()}
        for name, row in results["cores"].items()
    }
    costs = {
        what: {
            name: {value: 1000 * statistics.median(times) for value, times in points.items()}
            for name, points in results["costs"][what].items()
        }
        for what in ("batch size", "examples")
    }
    panels = {
        "Examples a second by cores": cores,
        "Milliseconds a step by batch size": costs["batch size"],
        "Milliseconds a step by examples in the data": costs["examples"],
    }
    width = WIDTH / len(panels)
    for index, (title, series) in enumerate(panels.items()):
        yield from _panel(title, series, index * width + 60, width - 90, top)


def _panel(
    title: str, series: dict[str, dict[str, float]], left: float, width: float, top: float
) -> Iterator[str]:
    """Yield one chart of lines, both axes logarithmic."""
    xs = [float(x) for points in series.values() for x in points]
    ys = [y for points in series.values() for y in points.values()]
    across = LogScale(min(xs) / 1.1, max(xs) * 1.1, left, left + width)
    up = LogScale(min(ys) / 1.5, max(ys) * 1.5, top + PANEL_HEIGHT, top)
    yield text(left, top - 14, title, weight="bold")
    yield line([(left, top), (left, top + PANEL_HEIGHT), (left + width, top + PANEL_HEIGHT)])
    for mark in up.marks:
        yield line([(left, up(mark)), (left + width, up(mark))], colour="#dddddd")
        yield text(left - 6, up(mark) + 4, short(mark), anchor="end")
    for x in sorted(set(xs)):
        yield text(across(x), top + PANEL_HEIGHT + 16, short(x), anchor="middle")
    for index, (name, points) in enumerate(series.items()):
        colour = COLOURS[index % len(COLOURS)]
        places = [(across(float(x)), up(y)) for x, y in points.items()]
        yield line(places, colour=colour, width=2, dashes="5 3" if name == PLAIN.title else "")
        yield from (dot(*place, colour=colour) for place in places)
        yield rect(left, top + PANEL_HEIGHT + 25 + 14 * index, 10, 10, colour=colour)
        yield text(left + 15, top + PANEL_HEIGHT + 34 + 14 * index, name)
