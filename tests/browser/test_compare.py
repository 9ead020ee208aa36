"""The compare tray in a real browser: pinning, names, differences, keys, and what survives a reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chart_page import PHONE, OpenPage, chart, open_simulation, settle, wait_for_result

DATASETS = "chart.data.datasets.map(({ label, borderWidth, data }) => [label, borderWidth, data.length > 3])"


def pin_with_noise(page: Page, sigma: str) -> None:
    page.locator("input#noise_multiplier").fill(sigma)
    settle(page)
    page.locator("#pin").click()


def test_a_pinned_result_stays_as_thin_lines_in_both_charts(open_page: OpenPage) -> None:
    page = open_simulation(open_page)
    page.locator("#training-pin").click()
    page.locator("#optimal").click()
    expect(page.locator("#tile-accuracy")).to_contain_text("95")
    settle(page)
    lines = chart(page, "training", DATASETS)
    assert lines[6] == ["1 Balanced (simulated), accuracy", 1.5, True]
    assert lines[7] == ["1 Balanced (simulated), loss", 1, True]
    assert chart(page, "privacy", DATASETS)[4] == ["1 Balanced (simulated)", 1.5, True]
    pinned, own = chart(page, "training", "[6, 0].map((index) => chart.data.datasets[index].data.at(-1).y)")
    assert pinned == pytest.approx(82.4, abs=0.1)
    assert own > pinned
    expect(page.locator(".pin-key")).to_contain_text("1 Balanced")


def test_the_tray_takes_four_and_says_why_not_a_fifth(open_page: OpenPage) -> None:
    page = open_simulation(open_page)
    for count, sigma in enumerate(("1", "1.5", "2", "3"), start=1):
        pin_with_noise(page, sigma)
        expect(page.locator("#pins > li")).to_have_count(count)
    page.locator("input#noise_multiplier").fill("4")
    expect(page.locator("#pin-note")).to_contain_text("Only 4 runs can be pinned")
    expect(page.locator("#pin")).to_have_attribute("aria-disabled", "true")
    page.locator("#pin-remove-2").click()
    expect(page.locator("#pins > li")).to_have_count(3)
    expect(page.locator("#pin")).to_be_focused()
    expect(page.locator("#pin")).to_have_attribute("aria-disabled", "false")


def test_the_table_lists_the_differences_in_settings_and_results(open_page: OpenPage) -> None:
    page = open_simulation(open_page)
    page.locator("#pin").click()
    page.locator("#optimal").click()
    table = page.locator("#differences")
    expect(table.locator("tr", has_text="Noise multiplier σ")).to_contain_text("1.1")
    expect(table.locator("tr", has_text="Noise multiplier σ")).to_contain_text("0.8")
    expect(table.locator("tr", has_text="Test accuracy")).to_contain_text(re.compile(r"\(−1\d\.\d points\)"))
    expect(table.locator("tr", has_text="Evidence")).to_contain_text("SIMULATED")
    assert table.locator("tr", has_text="Epochs").count() == 0  # the same in both


def test_names_can_be_changed_and_pins_survive_a_reload(open_page: OpenPage) -> None:
    page = open_simulation(open_page)
    page.locator("#pin").click()
    name = page.locator("#pin-name-1")
    name.fill("Before <b>lunch</b>")
    name.press("Enter")
    expect(page.locator(".pin-key")).to_contain_text("Before <b>lunch</b>")
    page.reload()
    wait_for_result(page)
    expect(page.locator("#pin-name-1")).to_have_value("Before <b>lunch</b>")
    label = chart(page, "training", "chart.data.datasets[6].label")
    assert label == "1 Before <b>lunch</b> (simulated), accuracy"
    page.locator("#pin-remove-1").click()
    page.reload()
    wait_for_result(page)
    expect(page.locator("#pins > li")).to_have_count(0)


def test_the_settings_of_a_pinned_run_can_be_taken_back_with_undo(open_page: OpenPage) -> None:
    page = open_simulation(open_page)
    page.locator("#pin").click()
    page.locator("input#noise_multiplier").fill("3")
    page.locator("#pin-use-1").click()
    expect(page.locator("input#noise_multiplier")).to_have_value("0.8")
    page.locator("#undo").click()
    expect(page.locator("input#noise_multiplier")).to_have_value("3")


def test_the_tray_is_worked_by_keys_alone(open_page: OpenPage) -> None:
    page = open_simulation(open_page)
    page.locator("#training-pin").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#pins > li")).to_have_count(1)
    page.locator("#pin").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#pin-name-1")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("By keys")
    page.keyboard.press("Enter")
    expect(page.locator("#differences")).to_contain_text("By keys")
    for control in ("#pin-reference-1", "#pin-use-1", "#pin-remove-1"):
        page.keyboard.press("Tab")
        expect(page.locator(control)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#pins > li")).to_have_count(0)
    expect(page.locator("#pin")).to_be_focused()


def test_what_is_pinned_already_cannot_be_pinned_again(open_page: OpenPage) -> None:
    page = open_simulation(open_page)
    page.locator("#pin").click()
    expect(page.locator("#pin-note")).to_contain_text("pinned already")
    page.locator("#pin").press("Enter")
    expect(page.locator("#pins > li")).to_have_count(1)


def test_a_phone_holds_the_tray_without_scrolling_sideways(open_page: OpenPage) -> None:
    page = open_simulation(open_page, viewport=PHONE)
    page.locator("#training-pin").click()
    page.locator("#optimal").click()
    expect(page.locator("#differences")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = page.evaluate(
        """[...document.querySelectorAll("#compare button, #compare input")]
          .map((node) => [node.id, node.getBoundingClientRect().height])
          .filter(([, height]) => height < 43.5)"""
    )
    assert small == []
