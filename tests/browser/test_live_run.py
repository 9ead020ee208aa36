"""A real run as it happens: a reload, a second tab, a server that dies in the middle, the keyboard alone."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chart_page import OpenPage, chart
from tests.serving import ROOT, free_port

TRAINING = 240_000  # milliseconds; generous: the first training also starts TensorFlow
DIGITS = "/?task=digits&mode=real"
LONG = f"{DIGITS}&epochs=60&batch_size=16"  # some ten seconds: long enough to be met in the middle
START_SECONDS = 60


@pytest.fixture(scope="module", autouse=True)
def require_tensorflow() -> None:
    pytest.importorskip("tensorflow", reason="real training needs TensorFlow; cure: pip install tensorflow")


def start(page: Page) -> None:
    expect(page.locator("#badge")).to_have_text("SIMULATED")
    page.locator("#run").click()
    expect(page).to_have_url(re.compile(r"run=\w+"))
    expect(page.locator("#training-title")).to_contain_text("correct after", timeout=TRAINING)


def points(page: Page) -> int:
    return int(chart(page, "training", "chart.data.datasets[0].data.length"))


def test_a_reload_and_a_second_tab_see_the_same_run(open_page: OpenPage) -> None:
    page = open_page(LONG)
    start(page)
    before = points(page)
    page.reload()
    expect(page.locator("#badge")).to_have_text("MEASURED")
    expect(page.locator("#stop")).to_have_attribute("aria-disabled", "false")
    assert points(page) >= before
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#badge")).to_have_text("MEASURED")
    other.locator("#stop").click()
    for tab in (other, page):
        expect(tab.locator("#activity")).to_contain_text("Stopped after")
    assert other.locator("#tile-accuracy").inner_text() == page.locator("#tile-accuracy").inner_text()
    assert other.locator("#tile-epsilon").inner_text() == page.locator("#tile-epsilon").inner_text()


WATCH = """() => {
  window.seen = { titles: [], spent: [], said: [] };
  const look = () => {
    const text = (id) => document.getElementById(id).textContent;
    const spent = document.getElementById("meter").ariaValueNow;
    for (const [name, value] of Object.entries({ titles: document.title, spent, said: text("announcer") })) {
      if (window.seen[name].at(-1) !== value) window.seen[name].push(value);
    }
    requestAnimationFrame(look);
  };
  look();
}"""


def test_title_meter_and_live_region_follow_the_training(open_page: OpenPage) -> None:
    page = open_page(f"{DIGITS}&epochs=30")
    expect(page.locator("#badge")).to_have_text("SIMULATED")
    page.evaluate(WATCH)
    page.locator("#run").click()
    expect(page.locator("#activity")).to_contain_text("Finished", timeout=TRAINING)
    page.wait_for_timeout(500)
    seen = page.evaluate("window.seen")
    assert any(
        re.fullmatch(r"\d+ % · epoch \d+ of 30 · DP-SGD Playground", title) for title in seen["titles"]
    )
    assert seen["titles"][-1] == "DP-SGD Playground"
    spent = [float(value) for value in seen["spent"]][seen["spent"].index("0") :]
    assert len(spent) > 3
    assert spent == sorted(spent)
    assert re.match(r"Epoch 30 of 30: [\d.]+\u00a0% correct, ε [\d.]+ spent\.", seen["said"][-1])


def test_a_whole_run_a_pin_and_an_export_by_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page(f"{DIGITS}&epochs=2")
    expect(page.locator("#badge")).to_have_text("SIMULATED")
    tab_to(page, "run")
    page.keyboard.press("Enter")
    expect(page.locator("#activity")).to_contain_text("Finished", timeout=TRAINING)
    expect(page.locator("#run")).to_be_focused()
    tab_to(page, "training-pin")
    page.keyboard.press("Enter")
    expect(page.locator("#pins .pin")).to_have_count(1)
    page.keyboard.press("Control+Home")
    page.evaluate("document.activeElement.blur()")
    tab_to(page, "export")
    page.keyboard.press("Enter")
    tab_to(page, "export-json")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".json")
    assert '"measured"' in Path(download.value.path()).read_text("utf-8")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element with this id, or its summary, has the focus."""
    focused = "document.activeElement.id || document.activeElement.parentElement.id"
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate(focused) == name:
            return
    pytest.fail(f"Tab does not reach {name}")


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Callable[[], tuple[str, subprocess.Popen[bytes]]]]:
    """Return a function that starts a server, always on the same port and over the same store."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DPSGD_")}
    environment |= {"DPSGD_PORT": str(port), "DPSGD_OFFLINE": "1", "KERAS_HOME": str(tmp_path)}
    environment |= {"XDG_STATE_HOME": str(tmp_path / "state")}
    started: list[subprocess.Popen[bytes]] = []

    def start_server() -> tuple[str, subprocess.Popen[bytes]]:
        server = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environment)
        started.append(server)
        address = f"http://127.0.0.1:{port}"
        wait_until_healthy(server, address)
        return address, server

    yield start_server
    for server in started:
        server.terminate()
        server.wait(timeout=20)


def wait_until_healthy(server: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=4).close()
            return
        except (urllib.error.URLError, ConnectionError):
            assert server.poll() is None, "the server ended before it answered"
            assert time.monotonic() < deadline, "the server did not answer in time"
            time.sleep(0.1)


def test_a_server_that_dies_leaves_the_curve_and_its_return_is_noticed(
    browser: Browser, mortal: Callable[[], tuple[str, subprocess.Popen[bytes]]]
) -> None:
    address, server = mortal()
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(address + LONG)
    start(page)
    server.send_signal(signal.SIGKILL)
    server.wait()
    expect(page.locator("#lost")).to_have_text("The server does not answer; retrying. Your curve is kept.")
    drawn = points(page)
    assert drawn > 0
    page.locator("input#noise_multiplier").fill("3")  # ε goes on by itself
    expect(page.locator("#stale")).to_be_visible()
    assert points(page) == drawn
    page.locator("input#noise_multiplier").fill("2")
    mortal()
    expect(page.locator("#lost")).to_be_hidden(timeout=60_000)
    expect(page.locator("#activity")).to_contain_text(
        re.compile("Starting again|Training|Finished|no longer knows this run"), timeout=TRAINING
    )
    page.close()
