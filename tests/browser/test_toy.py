"""The XOR toy: it shows what it shall show, is moved by keys, and keeps up with a point that never rests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.chart_page import wait_until
from tests.browser.test_streaming import TRACED, longest_own_task

OpenPage = Callable[..., Page]

# In every frame a key moves the point: all that a person could do, sixty times a second.
SHAKE = """(seconds) => new Promise((done) => {
  const handle = document.getElementById("toy-private-handle");
  const changed = document.getElementById("toy-plain-changed");
  let [results, last] = [0, changed.textContent];
  let frames = 0;
  const start = performance.now();
  const shake = (now) => {
    frames += 1;
    if (changed.textContent !== last) results += 1;
    last = changed.textContent;
    const key = Math.floor(frames / 10) % 2 ? "ArrowLeft" : "ArrowRight";
    handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    if (now - start < 1000 * seconds) requestAnimationFrame(shake);
    else done({ rate: (1000 * (frames - 1)) / (now - start), results });
  };
  requestAnimationFrame(shake);
})"""


def open_toy(open_page: OpenPage, **context: Any) -> Page:
    page = open_page("/learning", **context)
    page.locator("#toy").scroll_into_view_if_needed()
    expect(page.locator("#toy-plain-changed")).to_contain_text("%")
    return page


def changed(page: Page, kind: str) -> float:
    """Return the share of the map, in per cent, that the page says the point changes."""
    found = re.search(r"([\d.]+)\s%", page.locator(f"#toy-{kind}-changed").inner_text())
    assert found
    return float(found[1])


def slide(slider: Locator, to: int) -> None:
    slider.evaluate(
        "(input, to) => { input.value = to; input.dispatchEvent(new Event('input', { bubbles: true })); }", to
    )


def test_the_shipped_maps_differ_without_privacy_and_overlap_with_it(open_page: OpenPage) -> None:
    page = open_toy(open_page)
    assert changed(page, "plain") > 10
    assert changed(page, "private") < 1
    expect(page.locator("#toy-epsilon")).to_contain_text("ε 2.17 at δ 1e-5 after 600 steps")


def test_the_drawn_maps_show_it_too(open_page: OpenPage) -> None:
    """Where the point stands its class is drawn without privacy, and the others' class with it."""
    page = open_toy(open_page)
    reds = [
        page.evaluate(
            """(kind) => {
              const canvas = document.getElementById(`toy-${kind}-canvas`);
              const at = [0.625, 0.375].map((part) => Math.round(part * canvas.width)); // (0.4, 0.4)
              const [red, , blue] = canvas.getContext("2d").getImageData(...at, 1, 1).data;
              return red - blue;
            }""",
            kind,
        )
        for kind in ("plain", "private")
    ]
    assert reds[0] > 0 > reds[1]


def test_the_point_is_moved_and_turned_by_keys(open_page: OpenPage) -> None:
    page = open_toy(open_page)
    handle = page.locator("#toy-plain-handle")
    before = changed(page, "plain")
    handle.focus()
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
    expect(handle).to_have_attribute("aria-label", "Your point: 0.20 across, 0.40 up, class square")
    expect(page.locator("#toy-private-handle")).to_have_attribute("aria-label", re.compile("0.20 across"))
    wait_until(page, f"!document.getElementById('toy-plain-changed').textContent.includes('{before}')")
    page.keyboard.press("Space")
    expect(handle).to_have_attribute("aria-label", re.compile("class disc"))
    expect(page.locator("#toy-class")).to_have_text("Make your point a square")


def test_the_point_is_dragged_and_stays_inside(open_page: OpenPage) -> None:
    page = open_toy(open_page)
    handle = page.locator("#toy-private-handle")
    handle.hover()
    page.mouse.down()
    page.mouse.move(1400, 20, steps=4)
    page.mouse.up()
    expect(handle).to_have_attribute("aria-label", re.compile(r"1\.50 across, 1\.50 up"))


def test_epsilon_follows_the_noise_and_nothing_else_without_a_request(open_page: OpenPage) -> None:
    page = open_toy(open_page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    epsilon = page.locator("#toy-epsilon")
    shown = epsilon.inner_text()
    for name, to in (("clippingNorm", 50), ("learningRate", 3)):
        slide(page.locator(f"#toy-{name}"), to)
    expect(page.locator("#toy-private-accuracy")).to_contain_text("strangers")
    expect(epsilon).to_have_text(shown)
    slide(page.locator("#toy-noiseMultiplier"), 0)
    expect(epsilon).to_contain_text("ε is infinite")
    expect(page.locator("#toy-lesson")).to_contain_text("nothing hides")
    page.locator("#toy-reset").click()
    expect(epsilon).to_have_text(shown)
    assert requests == []


def test_the_training_can_be_watched_and_stepped_through(open_page: OpenPage) -> None:
    page = open_toy(open_page)
    page.locator("#toy-step").focus()
    page.keyboard.press("Home")
    expect(page.locator("#toy-epsilon")).to_contain_text("nothing has been learned")
    expect(page.locator("#toy-plain-changed")).to_contain_text("0.00")
    page.locator("#toy-play").click()
    expect(page.locator("#toy-play")).to_have_text("Pause")
    expect(page.locator("#toy-play")).to_have_text("Watch it train")
    expect(page.locator("#toy-step-value")).to_have_text("600 of 600")
    expect(page.locator("#toy-epsilon")).to_contain_text("ε 2.17")


@pytest.mark.parametrize("width", [390, 320])
def test_it_fits_a_phone(open_page: OpenPage, width: int) -> None:
    page = open_toy(open_page, viewport={"width": width, "height": 844})
    assert page.evaluate("document.getElementById('toy').scrollWidth <= innerWidth")
    sizes = page.locator("#toy button, #toy label.lab-check, #toy summary").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 44


def test_it_keeps_up_with_a_point_that_moves_in_every_frame(
    open_page: OpenPage, browser: Browser, record_property: Callable[[str, object], None]
) -> None:
    """Asked for are 50 frames a second; the margin is for a busy machine."""
    page = open_toy(open_page)
    browser.start_tracing(page=page, categories=TRACED)
    shaken = page.evaluate(SHAKE, 3)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    rate, longest = frames_a_second(events), longest_own_task(events)
    record_property("frames_a_second", rate)
    record_property("longest_own_task_milliseconds", longest)
    print(
        f"{rate:.1f} frames a second, the longest task of ours {longest:.1f} ms, {shaken['results']} results"
    )
    assert rate > 25
    assert longest < 200
    assert shaken["results"] > 3, "whole trainings come in while the point moves"


def frames_a_second(events: list[dict[str, Any]]) -> float:
    """Return the rate at which the page handed drawn frames to the compositor, from the trace."""
    times = sorted(event["ts"] for event in events if event["name"] == "Commit")
    return 1e6 * (len(times) - 1) / (times[-1] - times[0])
