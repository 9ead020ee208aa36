"""No serious fault that axe-core can find, in any of the main states, both themes and sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import AXE

OpenPage = Callable[..., Page]

SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
GRAVE = ("serious", "critical")


def opening(page: Page) -> None:
    expect(page.locator("#badge")).to_have_text("MEASURED")


def simulated(page: Page) -> None:
    expect(page.locator("#badge")).to_have_text("SIMULATED")
    page.locator(".advanced summary").click()
    page.locator("#training-table summary").click()


def lesson(page: Page) -> None:
    simulated(page)
    page.locator("#optimal").click()
    expect(page.locator("#applied-result")).to_contain_text("points")


def refused(page: Page) -> None:
    simulated(page)
    page.locator("#lock-target_epsilon").check(force=True)
    page.locator("input#privacy_budget").fill("0.01")
    page.locator("input#batch_size").fill("1")
    expect(page.locator("#privacy_budget-fault")).to_be_visible()
    expect(page.locator("#batch_size-fault")).to_be_visible()


def hopeless(page: Page) -> None:
    expect(page.locator("#trouble")).to_be_visible()


def help_open(page: Page) -> None:
    opening(page)
    page.locator("#help").click()
    expect(page.locator("#help-dialog")).to_be_visible()


def board_in_view(page: Page) -> None:
    opening(page)
    page.locator("#draw").scroll_into_view_if_needed()
    expect(page.locator("#draw-board")).to_be_visible()


def swept(page: Page) -> None:
    simulated(page)
    page.locator("#sweep-noise_multiplier").click()
    page.locator("#sweep-simulate").click()
    expect(page.locator("#sweep-table tbody tr")).to_have_count(6)
    page.locator("#sweep-seeds").fill("9")
    expect(page.locator("#sweep-seeds-fault")).to_be_visible()
    page.locator("#trade-off-table summary").click()


def text_page(page: Page) -> None:
    expect(page.locator("h1")).to_be_visible()


def everything_open(page: Page) -> None:
    """Show the Learning Hub at its deepest, its cards open and its first questions answered."""
    expect(page.locator("#code-text")).to_contain_text("EPOCHS")
    page.get_by_role("radio", name="Detailed").check(force=True)
    page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    page.locator(".predict input").first.check()
    page.locator(".quiz input").first.check()
    page.locator("#flash-face").click()
    expect(page.locator(".see tbody tr").first).to_be_visible()


STATES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "opening": ("/", opening),
    "simulated": ("/?mode=simulation", simulated),
    "lesson": ("/?mode=simulation", lesson),
    "refused": ("/?mode=simulation", refused),
    "hopeless": ("/?noise_multiplier=0.2", hopeless),
    "help": ("/", help_open),
    "swept": ("/?mode=simulation", swept),
    "drawing": ("/", board_in_view),
    "learning": ("/learning", text_page),
    "learning, all of it": ("/learning", everything_open),
    "attacks": ("/attacks", text_page),
}


pytestmark = pytest.mark.usefixtures("axe_needed")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious(open_page: OpenPage, state: str, scheme: str, size: str) -> None:
    path, reach = STATES[state]
    page = open_page(
        path, prepare=lambda page: page.add_init_script(path=AXE), viewport=SIZES[size], color_scheme=scheme
    )
    reach(page)
    page.wait_for_load_state("networkidle")
    assert graves(page) == []


def graves(page: Page) -> list[Any]:
    """Return [rule, impact, selectors] of every serious or critical violation."""
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        (violation["id"], violation["impact"], [node["target"] for node in violation["nodes"]])
        for violation in found["violations"]
        if violation["impact"] in GRAVE
    ]
