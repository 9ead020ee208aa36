"""The attack demonstrations: what is shown is what was computed in the page, when it is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import AXE
from tests.browser.test_accessibility import SIZES, graves

OpenPage = Callable[..., Page]

DEMOS = ("gradient", "inversion", "attribute")
PICTURES = "**/static/data/digits_by_class.json"


def text(page: Page, selector: str) -> str:
    return page.locator(selector).inner_text().replace("\u00a0", " ").replace("−", "-")


def numbers(page: Page, selector: str, pattern: str) -> list[float]:
    """Return the numbers that ``pattern`` captures in an element's text."""
    found = re.search(pattern, text(page, selector))
    assert found, text(page, selector)
    return [float(part) for part in found.groups()]


def press(page: Page, selector: str, *keys: str) -> None:
    page.locator(selector).focus()
    for key in keys:
        page.keyboard.press(key)


def scroll_to(page: Page, *names: str) -> None:
    """Go to demonstrations one after the other, and wait until they have been computed."""
    for name in names:
        page.locator(f"#{name}").scroll_into_view_if_needed()
        expect(page.locator(f"#{name}-result")).not_to_have_text("…")


def test_a_gradient_gives_its_picture_until_there_is_noise(open_page: OpenPage) -> None:
    page = open_page("/attacks")
    scroll_to(page, "gradient")
    expect(page.locator("#gradient-result")).to_contain_text("read exactly (r 1.000)")
    expect(page.locator("#gradient-epsilon")).to_contain_text("infinite")
    page.locator("#gradient-clips").uncheck()
    expect(page.locator("#gradient-result")).to_contain_text("read exactly (r 1.000)")
    page.locator("#gradient-clips").check()
    press(page, "#gradient-batch", "End")
    expect(page.locator("#gradient-pictures figure")).to_have_count(8)
    exact, average, others = numbers(
        page, "#gradient-result", r"(\d) of 8 pictures .* r is ([\d.]+)\. .* get r ([\d.]+)"
    )
    assert 0 < exact < 8
    assert others + 0.1 < average < 1
    press(page, "#gradient-noise", "End")
    expect(page.locator("#gradient-result")).to_contain_text("0 of 8 pictures are read exactly")
    average, others = numbers(page, "#gradient-result", r"r is ([\d.]+)\. .* get r ([\d.]+)")
    assert abs(average - others) < 0.1
    expect(page.locator("#gradient-epsilon")).to_contain_text("ε of this one step: 1.99")
    before = text(page, "#gradient-result")
    page.locator("#gradient-again").click()
    expect(page.locator("#gradient-result")).not_to_have_text(before)


def test_inversion_shows_a_class_of_many_and_gives_away_a_class_of_one(open_page: OpenPage) -> None:
    page = open_page("/attacks")
    scroll_to(page, "inversion")
    by = r"trained on by r ([-\d.]+), and 20 .* by r ([-\d.]+): .* After DP-SGD it is ([-\d.]+) and"
    many_members, many_strangers, _ = numbers(page, "#inversion-result", by)
    assert abs(many_members - many_strangers) < 0.04
    expect(page.locator("#inversion-setting")).to_contain_text("ε 3.68")
    page.locator("#inversion-one").click()
    expect(page.locator("#inversion-result")).to_contain_text("the one picture")
    one_member, one_stranger, private = numbers(page, "#inversion-result", by)
    assert one_member - one_stranger > 0.2
    assert private < 0.2
    page.locator("#inversion-class").select_option("7")
    expect(page.locator("#inversion-table caption")).to_contain_text("class 7")
    expect(page.locator("#inversion figure")).to_have_count(6)


def test_attribute_inference_compares_with_the_guess_without_a_model(open_page: OpenPage) -> None:
    page = open_page("/attacks")
    scroll_to(page, "attribute")
    press(page, "#attribute-records", "Home")
    expect(page.locator("#attribute-setting")).to_contain_text("80 tables of 30 members")
    expect(page.locator("#attribute-imputation")).to_contain_text("gives away more than that")
    (gain,) = numbers(page, "#attribute-result", r"Ordinary training: .*?\(\+([\d.]+) points")
    assert gain > 15
    press(page, "#attribute-records", "End")
    expect(page.locator("#attribute-setting")).to_contain_text("3 tables of 1,000 members")
    expect(page.locator("#attribute-imputation")).to_contain_text("adds nothing")
    expect(page.locator("#attribute-result")).to_contain_text("Ordinary training: no difference")
    expect(page.locator("#attribute-bound")).to_contain_text("ε 2.58 at δ 1e-5")
    page.locator("#attribute details summary").click()
    expect(page.locator("#attribute-table tbody tr")).to_have_count(5)


def test_they_are_fetched_when_they_come_near_and_then_need_no_server(open_page: OpenPage) -> None:
    requests: list[str] = []
    page = open_page(
        "/attacks", prepare=lambda page: page.on("request", lambda one: requests.append(one.url))
    )
    page.wait_for_load_state("networkidle")
    assert not [url for url in requests if "digits_by_class" in url or "reconstruction" in url]
    scroll_to(page, *DEMOS)
    assert sum("digits_by_class" in url for url in requests) == 1
    page.wait_for_load_state("networkidle")
    requests.clear()
    page.context.set_offline(True)
    for name in DEMOS:
        expect(page.locator(f"#{name}-setting")).to_contain_text("Seed 1")
        page.locator(f"#{name}-again").click()
        expect(page.locator(f"#{name}-setting")).to_contain_text("Seed 2")
    assert requests == []


def test_pictures_that_cannot_be_had_are_said_to_be_missing_and_can_be_asked_for_again(
    open_page: OpenPage,
) -> None:
    refused: list[Route] = []

    def refuse_first(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route)
        route.abort()

    page = open_page(
        "/attacks", prepare=lambda page: page.route(PICTURES, refuse_first), tolerated="ERR_FAILED"
    )
    page.locator("#gradient").scroll_into_view_if_needed()
    expect(page.locator("#gradient-problem")).to_be_visible()
    page.locator("#gradient-problem button").click()
    scroll_to(page, "gradient")
    expect(page.locator("#gradient-problem")).to_be_hidden()


@pytest.mark.usefixtures("axe_needed")
@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_axe_finds_nothing_serious_and_all_fits(open_page: OpenPage, size: str, scheme: str) -> None:
    context: dict[str, Any] = {"viewport": SIZES[size], "color_scheme": scheme}
    page = open_page("/attacks", prepare=lambda page: page.add_init_script(path=AXE), **context)
    scroll_to(page, *DEMOS)
    page.evaluate("document.querySelectorAll('.demo details').forEach((node) => { node.open = true; })")
    assert [grave for grave in graves(page) if re.search("|".join(DEMOS), str(grave))] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
