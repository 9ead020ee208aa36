"""A real server, a real Chromium, and pages that notice every error."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.serving import free_port, serving

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESKTOP = {"width": 1440, "height": 900}

expect.set_options(timeout=20_000)  # milliseconds; the machine may be busy with other tests


@pytest.fixture(scope="session")
def axe_needed() -> None:
    """Skip what needs axe-core where that is not there; where CI=true its absence is a failure."""
    if not AXE.exists():
        reason = "axe-core is not there; cure: .ci/axe-core, which fetches it with npm"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium by the variable CHROMIUM, else from the path; its absence is a failure where CI=true.

    Ended with each module: Playwright's event loop belongs to this thread, and would stand in the way of
    every later test that runs a loop of its own.
    """
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        reason = "there is no Chromium; cure: install chromium, or name one in the variable CHROMIUM"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of its own: offline, with no data but the embedded digits."""
    port = free_port()
    with serving([sys.executable, "run.py"], port=port, home=tmp_path_factory.mktemp("keras")):
        yield f"http://127.0.0.1:{port}"


class Watched:
    """What a page must never do: errors on the console, foreign requests, breaches of the security policy."""

    def __init__(self, page: Page, address: str, *, tolerated: str | None) -> None:
        self.troubles: list[str] = []
        self.tolerated = tolerated
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("request", lambda request: self._request(request.url, address))

    def _console(self, message: Any) -> None:
        expected = self.tolerated and re.search(self.tolerated, message.text)
        if message.type in ("error", "warning") and not expected:
            self.troubles.append(f"console: {message.text}")

    def _request(self, url: str, address: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            self.troubles.append(f"foreign request: {url}")


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a path in a fresh context; every trouble on the way fails the test.

    Without a path it opens the simulation of the default settings; "/" opens with the shipped, measured runs.
    ``prepare`` is called with the page before it goes there; ``tolerated`` is a pattern of what the browser
    itself will say on the console, as it does of every refused request.
    """
    opened: list[tuple[Any, Watched]] = []

    def open_(
        path: str = "/?mode=simulation",
        prepare: Callable[[Page], None] | None = None,
        tolerated: str | None = None,
        **context: Any,
    ) -> Page:
        fresh = browser.new_context(**{"viewport": DESKTOP, **context})
        page = fresh.new_page()
        opened.append((fresh, Watched(page, address, tolerated=tolerated)))
        if prepare:
            prepare(page)
        page.goto(address + path)
        return page

    yield open_
    troubles = [trouble for _, watched in opened for trouble in watched.troubles]
    for context, _ in opened:
        context.close()
    assert troubles == []


@pytest.fixture(scope="session")
def screenshots() -> Path | None:
    """The folder that pictures of the page go to, from the variable SCREENSHOTS; None keeps none."""
    folder = os.environ.get("SCREENSHOTS")
    return Path(folder) if folder else None
