"""A sweep from the page: asked for, simulated, measured, stopped, refused, and taken up again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.chart_page import PHONE, OpenPage, chart, settle

MEASURING_SECONDS = 240  # generous: the first training also starts TensorFlow
DIGITS = "/?task=digits&epochs=1"
SIZES: dict[str, dict[str, Any]] = {"desktop": {}, "phone": {"viewport": PHONE}}

each_size = pytest.mark.parametrize("size", SIZES)


def open_sweep(
    open_page: OpenPage, path: str = DIGITS, name: str = "noise_multiplier", **context: Any
) -> Page:
    page = open_page(path, **context)
    expect(page.locator("#tile-accuracy")).to_contain_text("%")
    settle(page)
    page.locator(f"#sweep-{name}").click()
    expect(page.locator("#sweep-simulate")).to_be_visible()
    return page


def drawn(page: Page) -> dict[str, int]:
    """Return how many points each layer of own sweeps has."""
    layers = chart(page, "trade-off", "chart.data.datasets.map(({ label, data }) => [label, data.length])")
    return {label: count for label, count in layers if label.startswith("Sweep")}


def choose(page: Page, values: str, seeds: str) -> None:
    page.locator("#sweep-values").fill(values)
    page.locator("#sweep-seeds").fill(seeds)


@each_size
def test_a_simulated_sweep_is_drawn_at_once(open_page: OpenPage, size: str) -> None:
    page = open_sweep(open_page, "/?mode=simulation", **SIZES[size])
    expect(page.locator("#sweep-title")).to_have_text("Sweep: Noise multiplier σ")
    expect(page.locator("#sweep-title")).to_be_focused()
    expect(page.locator("#sweep-values")).to_have_value("0.5, 0.8, 1.1, 1.5, 2, 4")
    page.locator("#sweep-simulate").click()
    expect(page.locator("#sweep-activity")).to_have_text("Simulated: 18 runs. Nothing was trained.")
    settle(page)
    assert drawn(page)["Sweep 1 (simulated)"] == 6
    fill = "chart.data.datasets.find(({ label }) => label === 'Sweep 1 (simulated)').backgroundColor"
    assert chart(page, "trade-off", f"{fill}.constructor.name") == "CanvasPattern"
    expect(page.locator("#sweep-table tbody tr")).to_have_count(6)
    expect(page.locator("#sweep-statement")).to_contain_text("Choosing the best of them uses the data too")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0
    page.get_by_role("button", name="Remove Sweep 1").click()
    settle(page)
    assert drawn(page) == {}


@each_size
def test_a_measured_sweep_shows_its_cost_before_and_its_results_as_they_arrive(
    open_page: OpenPage, size: str
) -> None:
    pytest.importorskip("tensorflow", reason="real training needs TensorFlow; cure: pip install tensorflow")
    page = open_sweep(open_page, **SIZES[size])
    choose(page, "2, 1, 4", "2")
    expect(page.locator("#sweep-cost")).to_contain_text(re.compile(r"^Measure: 6 runs, about \d+ (s|min)"))
    page.locator("#sweep-measure").click()
    expect(page.locator("#sweep-activity")).to_contain_text(re.compile(r"\d of 6 done"))
    expect(page.locator("#sweep-stop")).to_have_attribute("aria-disabled", "false")
    expect(page.locator("#sweep-activity")).to_have_text(
        "Measured: 6 of 6 runs.", timeout=MEASURING_SECONDS * 1000
    )
    rows = page.locator("#sweep-table tbody tr")
    expect(rows).to_have_count(3)
    for index in range(3):
        expect(rows.nth(index)).to_contain_text(re.compile(r"\d\.\d\s% ± \d.*2 of 2"))
    settle(page)
    assert (drawn(page)["Sweep 1 (measured)"], drawn(page)["Sweep 1 (simulated)"]) == (3, 3)
    expect(page.locator("#trade-off-badge")).to_contain_text("MEASURED + SIMULATED")
    page.reload()
    expect(page.locator("#sweep-key")).to_contain_text("Sweep 1: noise multiplier, 3 values, 2 seeds")
    settle(page)
    assert drawn(page)["Sweep 1 (measured)"] == 3


def test_a_sweep_that_is_stopped_or_reloaded_keeps_what_it_measured(open_page: OpenPage) -> None:
    pytest.importorskip("tensorflow", reason="real training needs TensorFlow; cure: pip install tensorflow")
    page = open_sweep(open_page, "/?task=digits&epochs=60&batch_size=16")
    choose(page, "1, 2, 4", "2")
    page.locator("#sweep-measure").click()
    expect(page.locator("#sweep-activity")).to_contain_text("of 6 done")
    page.reload()
    expect(page.locator("#sweep-values")).to_have_value("1, 2, 4")
    expect(page.locator("#sweep-activity")).to_contain_text("of 6 done")
    page.locator("#sweep-stop").click()
    expect(page.locator("#sweep-activity")).to_contain_text(re.compile(r"Stopped: \d of 6 runs"))
    expect(page.locator("#sweep-measure")).to_have_attribute("aria-disabled", "false")


def test_a_sweep_that_is_removed_stays_removed(open_page: OpenPage) -> None:
    pytest.importorskip("tensorflow", reason="real training needs TensorFlow; cure: pip install tensorflow")
    page = open_sweep(open_page, "/?task=digits&epochs=20&batch_size=16")
    choose(page, "1, 2", "1")
    page.locator("#sweep-measure").click()
    expect(page.locator("#sweep-activity")).to_contain_text("of 2 done")
    page.get_by_role("button", name="Remove Sweep 1").click()
    expect(page.locator("#sweep-activity")).to_have_text(
        "Measured: 2 of 2 runs.", timeout=MEASURING_SECONDS * 1000
    )
    settle(page)
    assert drawn(page) == {}
    page.reload()
    expect(page.locator("#tile-accuracy")).to_contain_text("%")
    settle(page)
    assert drawn(page) == {}


def test_what_cannot_be_swept_is_refused_beside_its_field(open_page: OpenPage) -> None:
    page = open_sweep(open_page)
    for values, seeds, field, fault in (
        ("1, two", "3", "values", "“two” is not a number"),
        ("1, 99", "3", "values", "lies between 0 and 20"),
        ("1", "3", "values", "2 to 12 values"),
        ("1, 2", "9", "seeds", "whole number from 1 to 5"),
    ):
        choose(page, values, seeds)
        page.locator("#sweep-simulate").click()
        expect(page.locator(f"#sweep-{field}-fault")).to_contain_text(fault)
        expect(page.locator(f"#sweep-{field}")).to_be_focused()
    expect(page.locator("#sweep-table")).to_be_hidden()


def test_the_keyboard_opens_and_closes_it(open_page: OpenPage) -> None:
    page = open_page(DIGITS)
    expect(page.locator("#tile-accuracy")).to_contain_text("%")
    name = page.get_by_role("button", name="Sweep Learning rate…")
    name.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#sweep-title")).to_have_text("Sweep: Learning rate")
    page.locator("#sweep-close").press("Enter")
    expect(page.locator("#sweep")).to_be_hidden()
    expect(name).to_be_focused()


def test_a_silent_server_is_named_and_the_chart_kept(open_page: OpenPage) -> None:
    page = open_sweep(open_page, tolerated="ERR_FAILED")
    page.locator("#sweep-simulate").click()
    expect(page.locator("#sweep-table")).to_be_visible()
    page.route("**/api/sweeps", lambda route: route.abort())
    page.locator("#sweep-simulate").click()
    expect(page.locator("#sweep-problem")).to_contain_text("The server does not answer")
    settle(page)
    assert "Sweep 1 (simulated)" in drawn(page)


def test_a_server_lost_at_the_start_is_named_at_once_and_not_after_giving_up(open_page: OpenPage) -> None:
    pytest.importorskip("tensorflow", reason="real training needs TensorFlow; cure: pip install tensorflow")
    page = open_sweep(open_page, tolerated="ERR_FAILED")
    page.route("**/api/sweeps", lambda route: route.abort())
    page.locator("#sweep-measure").click()
    expect(page.locator("#sweep-activity")).to_contain_text("retrying")
    said = page.locator("#sweep-problem")
    expect(said).to_contain_text("not known whether it took the sweep", timeout=20_000)
    expect(page.locator("#sweep-activity")).to_have_text("")


def test_a_panel_that_cannot_be_loaded_says_so(open_page: OpenPage) -> None:
    page = open_page("/", tolerated="ERR_FAILED")
    expect(page.locator("#trade-off-badge")).to_contain_text("MEASURED")
    page.route(re.compile(r"/sweep/panel\.js|/part-\w+\.js"), lambda route: route.abort())
    page.locator("#sweep-epochs").click()
    expect(page.locator("#problem")).to_contain_text("could not be loaded")
    page.unroute_all()
    page.locator("#sweep-epochs").click()
    expect(page.locator("#sweep-title")).to_be_visible()


def test_a_sweep_over_the_servers_limit_cannot_be_started(open_page: OpenPage) -> None:
    def cost(route: Route) -> None:
        route.fulfill(json={"runs": 18, "seconds": 9000, "source": "measured", "limit_seconds": 3600})

    page = open_sweep(
        open_page, prepare=lambda page: page.route("**/api/sweeps/cost", cost), tolerated="Invalid"
    )
    expect(page.locator("#sweep-cost")).to_contain_text("about 2.5 h: more than")
    expect(page.locator("#sweep-measure")).to_have_attribute("aria-disabled", "true")
