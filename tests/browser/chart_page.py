"""What the tests of the charts share: reading Chart.js, and answers that are made up for a test."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

OpenPage = Callable[..., Page]

CHARTS = ("training", "privacy", "clipping", "classes")
PHONE = {"width": 390, "height": 844}


def open_simulation(open_page: OpenPage, query: str = "", **context: Any) -> Page:
    """Open the playground on the simulation of its default settings, nothing pinned.

    The meter's mark is another than the default, so that no measured run is shown that is shipped for the
    defaults.
    """
    page = open_page(f"/?privacy_budget=4{query}", **context)
    wait_for_result(page)
    while page.locator("[id^=pin-remove]").count():
        page.locator("[id^=pin-remove]").first.click()
    settle(page)
    return page


def wait_for_result(page: Page) -> None:
    expect(page.locator("#badge")).to_have_text("SIMULATED")
    expect(page.locator("#tile-accuracy")).to_contain_text("%")


def chart(page: Page, name: str, expression: str) -> Any:
    """Return ``expression`` over the Chart.js object ``chart`` of a figure."""
    return page.evaluate(
        f"(() => {{ const chart = Chart.getChart('{name}-canvas'); return {expression} }})()"
    )


def wait_until(page: Page, expression: str, *, seconds: float = 20) -> None:
    """Wait until ``expression`` is true; Playwright's own wait evaluates text, which the page forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never true: {expression}"
        page.wait_for_timeout(50)


def settle(page: Page) -> None:
    """Wait until what was asked for has been drawn: two frames after the last answer."""
    page.wait_for_load_state("networkidle")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def alter_simulations(page: Page, change: Callable[[dict[str, Any]], None]) -> None:
    """Let ``change`` rewrite every simulated run document before the page sees it."""

    def answer(route: Route) -> None:
        response = route.fetch()
        document = copy.deepcopy(response.json())
        if "epochs" in document:
            change(document)
        route.fulfill(response=response, body=json.dumps(document))

    page.route("**/api/train", answer)


def record_texts(page: Page) -> None:
    """Keep every text that is written onto a canvas from now on in ``window.written``."""
    page.evaluate(
        """() => {
          window.written = [];
          const write = CanvasRenderingContext2D.prototype.fillText;
          CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
            window.written.push({ text, colour: this.fillStyle, canvas: this.canvas.id });
            return write.call(this, text, ...rest);
          };
        }"""
    )
