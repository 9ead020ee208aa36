"""The trade-off chart in a real browser: what it opens with, how it is drawn, its keys and files."""

from __future__ import annotations

import csv
import io
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chart_page import PHONE, OpenPage, chart, open_simulation, record_texts, settle, wait_until
from tests.browser.conftest import DESKTOP

SWEEP = json.loads(Path("static/data/measured_sweep.json").read_text("utf-8"))["sweep"]
DATASETS = """chart.data.datasets.map((d) => ({
  label: d.label, points: d.data, line: d.showLine, dash: d.borderDash ?? [], style: d.pointStyle,
  fill: typeof d.backgroundColor === "string" ? d.backgroundColor : d.backgroundColor.constructor.name,
}))"""


def first_paint(open_page: OpenPage, **context: Any) -> Page:
    page = open_page("/", **{"color_scheme": "light", **context})
    await_first_paint(page)
    return page


def await_first_paint(page: Page) -> None:
    expect(page.locator("#trade-off-badge")).to_contain_text("MEASURED")
    settle(page)


@pytest.fixture
def opened(open_page: OpenPage) -> Page:
    """The page as a first visitor sees it, for tests that change it."""
    return first_paint(open_page)


@pytest.fixture(scope="module")
def untouched(browser: Browser, address: str) -> Iterator[Page]:
    """The same for all tests that only look at it."""
    page = browser.new_page(viewport=DESKTOP)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")
    page.goto(address)
    await_first_paint(page)
    yield page
    page.close()


def datasets(page: Page) -> dict[str, Any]:
    return {each["label"]: each for each in chart(page, "trade-off", DATASETS)}


def test_the_first_paint_has_the_shipped_sweep_with_its_spread(untouched: Page) -> None:
    shipped = datasets(untouched)["Shipped sweep (measured)"]
    expected = [(point["epsilon"], 100 * point["accuracy"]) for point in SWEEP["points"]]
    assert [(point["x"], point["y"]) for point in shipped["points"]] == [
        pytest.approx(pair) for pair in expected
    ]
    assert (shipped["fill"], shipped["style"], shipped["line"]) == ("#047857", "circle", False)
    front = next(each for label, each in datasets(untouched).items() if label.startswith("Shipped sweep: no"))
    assert len(front["points"]) == len(SWEEP["pareto"])
    assert front["line"]
    expect(untouched.locator("#trade-off-title")).to_contain_text("83.2 to 95.8 % correct")
    expect(untouched.locator("#trade-off-canvas")).to_have_attribute("role", "img")
    assert "6 points of sweeps" in (untouched.locator("#trade-off-canvas").get_attribute("aria-label") or "")


def test_the_error_bars_are_drawn(open_page: OpenPage) -> None:
    """As vertical lines of the length of two standard deviations, through the points."""
    watch = """
      window.bars = [];
      const pen = CanvasRenderingContext2D.prototype;
      const { lineTo, moveTo } = pen;
      pen.moveTo = function (x, y) { this.from = [x, y]; return moveTo.call(this, x, y); };
      pen.lineTo = function (x, y) {
        const [from, top] = this.from ?? [];
        if (this.canvas.id === "trade-off-canvas" && from === x) window.bars.push([x, top, y]);
        return lineTo.call(this, x, y);
      };
    """
    page = first_paint(open_page, prepare=lambda page: page.add_init_script(watch))
    bars = page.evaluate("window.bars")
    for point in SWEEP["points"]:
        mean, sd = 100 * point["accuracy"], 100 * point["accuracy_sd"]
        at = f"[chart.scales.x.getPixelForValue({point['epsilon']}), "
        at += f"chart.scales.y.getPixelForValue({mean + sd}), chart.scales.y.getPixelForValue({mean - sd})]"
        assert any(bar == pytest.approx(chart(page, "trade-off", at), abs=0.5) for bar in bars), point


def test_published_points_are_hollow_diamonds_and_the_lines_without_privacy_dashed(untouched: Page) -> None:
    found = datasets(untouched)
    for source in ("TF Privacy", "Opacus", "Tramèr & Boneh", "DP-SGD (VLDB 2024)", "tempered sigmoid"):
        assert (found[source]["style"], found[source]["fill"]) == ("rectRot", "#ffffff"), source
    assert [(p["x"], p["y"]) for p in found["TF Privacy"]["points"]] == [
        (1.19, 95.0),
        (3.01, 96.6),
        (7.1, 97.0),
    ]
    lines = {label: each for label, each in found.items() if label.startswith("without privacy")}
    assert [each["points"][0]["y"] for each in lines.values()] == pytest.approx([99.0, 99.0], abs=0.05)
    assert all(each["dash"] for each in lines.values())
    assert len({tuple(each["dash"]) for each in lines.values()}) == 2


def test_the_axes_are_logarithmic_in_epsilon_and_in_errors(untouched: Page) -> None:
    x = chart(untouched, "trade-off", "[chart.scales.x.type, chart.scales.x.min, chart.scales.x.max]")
    assert x == ["logarithmic", 0.1, 100]
    ticks = chart(untouched, "trade-off", "chart.scales.y.ticks.map(({ value }) => value)")
    assert ticks == [80, 85, 90, 95, 97, 98, 99, 99.5]
    heights = chart(
        untouched, "trade-off", "[90, 99, 95, 99.5].map((y) => chart.scales.y.getPixelForValue(y))"
    )
    assert heights[0] - heights[1] == pytest.approx(heights[2] - heights[3])  # a tenth of the errors each


def test_own_runs_are_filled_when_measured_and_hatched_when_simulated(open_page: OpenPage) -> None:
    page = first_paint(open_page)
    assert datasets(page)["Shown run"]["fill"].startswith("#")
    assert datasets(page)["Pinned 1: Optimal"]["fill"].startswith("#")
    page.locator("input#noise_multiplier").fill("0.9")
    settle(page)
    wait_until(page, "document.getElementById('trade-off-badge').textContent.includes('SIMULATED')")
    assert datasets(page)["Shown run"]["fill"] == "CanvasPattern"
    expect(page.locator("#key-simulated")).to_be_visible()


def test_only_points_of_the_shown_data_are_drawn(open_page: OpenPage) -> None:
    page = open_simulation(open_page, "&task=digits")
    assert list(datasets(page)) == ["Shown run"]
    expect(page.locator("#key-published")).to_be_hidden()


def test_arrow_keys_walk_the_points_and_enter_takes_the_settings(opened: Page) -> None:
    canvas = opened.locator("#trade-off-canvas")
    canvas.focus()
    opened.keyboard.press("ArrowRight")
    expect(opened.locator("#walk-announcer")).to_contain_text("Shipped sweep, measured, σ 4: ε 0.23")
    expect(opened.locator("#walk-announcer")).to_contain_text("± 1.0 (SD of 3 seeds). Enter takes")
    opened.keyboard.press("Enter")
    expect(opened.locator("input#noise_multiplier")).to_have_value("4")
    expect(opened.locator("#optimizer")).to_have_value("momentum")
    expect(opened.locator("#trade-off-taken")).to_contain_text("σ 4 of shipped sweep")
    opened.locator("#trade-off-undo").click()
    expect(opened.locator("input#noise_multiplier")).to_have_value("0.8")
    expect(opened.locator("#optimizer")).to_have_value("sgd")
    expect(canvas).to_be_focused()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_click_on_a_sweeps_point_takes_its_settings(open_page: OpenPage, size: str) -> None:
    page = first_paint(open_page, **({"viewport": PHONE} if size == "phone" else {}))
    epsilon, accuracy = SWEEP["points"][0]["epsilon"], 100 * SWEEP["points"][0]["accuracy"]
    place = f"[chart.scales.x.getPixelForValue({epsilon}), chart.scales.y.getPixelForValue({accuracy})]"
    x, y = chart(page, "trade-off", place)
    page.locator("#trade-off-canvas").click(position={"x": x, "y": y})
    expect(page.locator("input#noise_multiplier")).to_have_value("0.5")
    expect(page.locator("input#clipping_norm")).to_have_value("1.5")
    expect(page.locator("#applied-label")).to_have_text("σ 0.5 of shipped sweep")


def test_the_table_and_the_files_say_the_same(untouched: Page) -> None:
    untouched.locator("#trade-off-table summary").click()
    row = untouched.locator("#trade-off-table tr", has_text="σ 1.1")
    expect(row).to_contain_text("1.28")
    expect(row).to_contain_text("95.2 %")
    expect(untouched.locator("#trade-off-table tr", has_text="TF Privacy").first).to_contain_text(
        "older conversion"
    )
    with untouched.expect_download() as download:
        untouched.locator("#trade-off-csv").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
    shipped = [float(row["accuracy"]) for row in rows if row["what"] == "Shipped sweep (measured)"]
    assert sorted(shipped) == pytest.approx(sorted(point["accuracy"] for point in SWEEP["points"]))
    assert {row["evidence"] for row in rows} == {"measured", "published"}


def test_the_picture_stands_alone(opened: Page) -> None:
    record_texts(opened)
    with opened.expect_download() as download:
        opened.locator("#trade-off-png").click()
    content = Path(download.value.path()).read_bytes()
    assert struct.unpack(">II", content[16:24]) == (1920, 1200)
    written = {each["text"] for each in opened.evaluate("window.written")}
    assert "MEASURED · MNIST 60,000" in written
    assert any("hatched simulated" in text for text in written)
