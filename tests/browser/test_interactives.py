"""Randomised response, federated learning and the privacy dashboard: what is shown is what was computed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]


def number(page: Page, selector: str, pattern: str) -> float:
    """Return the number that ``pattern`` captures in an element's text."""
    text = page.locator(selector).inner_text().replace("\u00a0", " ")
    found = re.search(pattern, text)
    assert found, text
    return float(found[1].replace(",", ""))


def to_slider(page: Page, name: str, *keys: str) -> None:
    page.locator(name).focus()
    for key in keys:
        page.keyboard.press(key)


def open_hub(open_page: OpenPage, **context: Any) -> Page:
    page = open_page("/learning", **context)
    expect(page.locator("#response-poll")).to_contain_text("%")
    return page


def test_randomised_response_shows_the_formulas_epsilon_for_every_coin(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    for keys in ((), ("ArrowLeft",) * 10, ("PageUp", "PageUp")):
        to_slider(page, "#response-coin", *keys)
        coin = number(page, "#response-coin-value", r"(\d+)") / 100
        shown = number(page, "#response-epsilon", r"= ([\d.]+) for one answer")
        assert shown == pytest.approx(math.log((1 - coin / 2) / (coin / 2)), abs=0.006)
    to_slider(page, "#response-coin", "Home")
    expect(page.locator("#response-epsilon")).to_contain_text("ε = ∞")
    to_slider(page, "#response-coin", "End")
    expect(page.locator("#response-poll")).to_contain_text("Only coins were heard")


def test_a_poll_is_taken_anew_and_comes_near_the_truth(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    to_slider(page, "#response-people", "End")
    polls = set()
    for _ in range(4):
        estimate = number(page, "#response-poll", r"Estimate: ([\d.]+)")
        interval = number(page, "#response-poll", r"± ([\d.]+)")
        truth = number(page, "#response-poll", r"truth: ([\d.]+)")
        assert abs(estimate - truth) < 2.5 * interval
        polls.add(estimate)
        page.locator("#response-again").click()
    assert len(polls) > 1
    page.locator("#response-yes").click()
    expect(page.locator("#response-own")).to_contain_text(re.compile("“(yes|no)” is sent"))


def test_broken_devices_ruin_only_the_training_without_clipping(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    to_slider(page, "#federation-round", "End")
    expect(page.locator("#federation-epsilon")).to_contain_text("ε 1.96 at δ 1e-5 after 20 rounds")
    with_dp, without = r"([\d.]+) % with DP", r"([\d.]+) % without"
    assert number(page, "#federation-accuracy", without) > 85
    page.locator("#federation-liars").check()
    assert number(page, "#federation-accuracy", without) < 30
    assert number(page, "#federation-accuracy", with_dp) > 85
    to_slider(page, "#federation-noise", "Home")
    expect(page.locator("#federation-epsilon")).to_contain_text("ε is infinite")


def test_leaving_a_purpose_changes_its_figure_and_stops_its_account(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    exact = r"secret: ([\d,]+)"
    before = number(page, "#dashboard-screen-exact", exact)
    page.locator("#dashboard-publish").click()
    assert number(page, "#dashboard-total", r"ε ([\d.]+)") == pytest.approx(1.5)
    page.locator("#dashboard-screen-takes-part").uncheck()
    assert before - number(page, "#dashboard-screen-exact", exact) == 180
    page.locator("#dashboard-publish").click()
    assert number(page, "#dashboard-total", r"ε ([\d.]+)") == pytest.approx(2.5)
    rows = page.locator("#dashboard-ledger tbody tr")
    expect(rows).to_have_count(6)
    page.locator("#dashboard-leave").click()
    page.locator("#dashboard-publish").click()
    assert number(page, "#dashboard-total", r"ε ([\d.]+)") == pytest.approx(2.5)
    expect(page.locator("#dashboard-said")).to_contain_text("2.50")


def test_everything_is_computed_in_the_page(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    page.wait_for_load_state("networkidle")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    for button in (
        "#response-again",
        "#response-no",
        "#federation-again",
        "#dashboard-publish",
        "#dashboard-reset",
    ):
        page.locator(button).click()
    assert requests == []


@pytest.mark.parametrize("width", [390, 320])
def test_they_fit_a_phone(open_page: OpenPage, width: int) -> None:
    page = open_hub(open_page, viewport={"width": width, "height": 844})
    page.locator("#dashboard-publish").click()
    for card in ("#response", "#federation", "#your-data"):
        assert page.evaluate("(card) => document.querySelector(card).scrollWidth <= innerWidth", card)
        # Texts keep their size: a drawing is redrawn for its width, not shrunk.
        scales = page.locator(f"{card} svg").evaluate_all(
            "(all) => all.map((one) => one.clientWidth / one.viewBox.baseVal.width)"
        )
        assert min(scales) > 0.8
