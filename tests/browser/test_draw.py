"""Draw a digit: by mouse, finger and keyboard, answered by both models of a real training."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]
Point = tuple[float, float]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TRAINING_SECONDS = 240  # generous: the first training also starts TensorFlow
SEVEN: list[Point] = [(0.3, 0.2), (0.7, 0.22), (0.45, 0.85)]
BOTH = re.compile(r"^Private model: \d \(.*%\)\. Without privacy: \d \(.*%\)\.$")
TRAINING = {
    "mode": "real",
    "dataset": "digits",
    "epochs": 20,
    "noise_multiplier": 0.6,
    "seed": 1,
    "baseline": True,
}


@pytest.fixture(scope="module")
def trained(address: str) -> str:
    """The id of a finished training on the 8x8 digits, with a baseline."""
    pytest.importorskip("tensorflow", reason="real training needs TensorFlow; cure: pip install tensorflow")
    body, kind = json.dumps(TRAINING).encode(), {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/api/train", body, kind)
    with urllib.request.urlopen(request, timeout=TRAINING_SECONDS) as response:
        document = json.load(response)
    assert document["state"] == "done"
    return str(document["id"])


def at_the_board(page: Page) -> Page:
    page.locator("#draw").scroll_into_view_if_needed()
    page.locator("#draw-board").scroll_into_view_if_needed()
    expect(page.locator("#draw-board")).to_be_in_viewport(ratio=1)
    return page


def placed(page: Page, points: list[Point]) -> list[Point]:
    """Return points 0..1 of the board in pixels of the window, with some between each two."""
    box = page.locator("#draw-board").bounding_box()
    assert box is not None
    corners = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    between = [0.25, 0.5, 0.75, 1.0]
    path = [corners[0]]
    for (x, y), (to_x, to_y) in pairwise(corners):
        path += [(x + share * (to_x - x), y + share * (to_y - y)) for share in between]
    return path


def by_mouse(page: Page, points: list[Point]) -> None:
    path = placed(page, points)
    page.mouse.move(*path[0])
    page.mouse.down()
    for point in path[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def by_finger(page: Page, points: list[Point]) -> None:
    session = page.context.new_cdp_session(page)

    def touch(kind: str, point: Point | None) -> None:
        touched = [{"x": point[0], "y": point[1]}] if point else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

    path = placed(page, points)
    touch("touchStart", path[0])
    for point in path[1:]:
        touch("touchMove", point)
    touch("touchEnd", None)


def answer_of(page: Page) -> str:
    """Return what screen readers are told, which is also what is to be seen."""
    expect(page.locator("#draw-said")).to_have_text(BOTH)
    said = page.locator("#draw-said").inner_text()
    expect(page.locator(".draw-sentence")).to_have_text(said)
    return said


def test_a_digit_drawn_by_mouse_is_read_by_both_models(open_page: OpenPage, trained: str) -> None:
    page = at_the_board(open_page(f"/?run={trained}"))
    expect(page.locator(".draw-answers thead")).to_contain_text("of the test set")
    by_mouse(page, SEVEN)
    assert "Without privacy: 7" in answer_of(page)
    first = page.locator(".draw-answers td[data-first]")
    expect(first).to_have_count(2)
    rows = page.locator(".draw-answers tbody tr")
    expect(rows).to_have_count(10)
    shares = rows.locator("td:nth-child(3) .draw-bar").evaluate_all(
        "bars => bars.map((bar) => Number(bar.style.getPropertyValue('--share')))"
    )
    assert sum(shares) == pytest.approx(1, abs=1e-4)
    picture = page.locator(".draw-picture")
    expect(picture).to_have_attribute("aria-label", re.compile(r"8 by 8 pixels: \d+ of its pixels hold ink"))
    page.locator("#draw-clear").click()
    expect(picture).to_have_attribute("aria-label", re.compile("nothing drawn yet"))
    expect(first).to_have_count(0)
    expect(page.locator("#draw-said")).to_have_text("")


def test_a_finger_draws_and_does_not_scroll_the_page(open_page: OpenPage, trained: str) -> None:
    page = at_the_board(open_page(f"/?run={trained}", **PHONE))
    before = page.evaluate("scrollY")
    by_finger(page, SEVEN)
    assert "Without privacy: 7" in answer_of(page)
    assert page.evaluate("scrollY") == before
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_keyboard_draws(open_page: OpenPage, trained: str) -> None:
    page = at_the_board(open_page(f"/?run={trained}"))
    page.locator("#draw-board").focus()
    page.keyboard.down(" ")
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    page.keyboard.up(" ")
    expect(page.locator(".draw-desk [role=status]")).to_have_text(
        "Pen up, 50 % from the left, 73 % from the top."
    )
    answer_of(page)
    page.keyboard.press("Tab")
    expect(page.locator("#draw-clear")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Delete")
    expect(page.locator(".draw-picture")).to_have_attribute("aria-label", re.compile("nothing drawn yet"))


def test_a_lost_server_keeps_the_drawing_and_is_asked_again(open_page: OpenPage, trained: str) -> None:
    page = at_the_board(open_page(f"/?run={trained}", tolerated="ERR_FAILED"))
    page.route("**/predict", lambda route: route.abort())
    by_mouse(page, SEVEN)
    expect(page.locator("#draw-situation")).to_contain_text("Your drawing is kept")
    page.unroute("**/predict")
    answer_of(page)
    expect(page.locator("#draw-situation")).to_have_text("")


def test_without_a_model_the_card_says_why_and_offers_a_training_that_answers(open_page: OpenPage) -> None:
    page = at_the_board(open_page("/"))
    expect(page.locator("#draw-situation")).to_contain_text("its weights are not on this server")
    page = at_the_board(open_page("/?task=digits&epochs=3"))
    expect(page.locator("#draw-situation")).to_contain_text("A simulation has no model")
    by_mouse(page, SEVEN)
    expect(page.locator(".draw-picture")).to_have_attribute("aria-label", re.compile("hold ink"))
    pytest.importorskip("tensorflow", reason="real training needs TensorFlow; cure: pip install tensorflow")
    page.locator("#draw-train").click()
    expect(page.locator("#draw-board")).to_be_focused()
    expect(page.locator("#draw-said")).to_have_text(BOTH, timeout=TRAINING_SECONDS * 1000)
    expect(page.locator("#draw-train")).to_be_hidden()


def test_data_that_are_no_images_leave_nothing_to_draw(open_page: OpenPage) -> None:
    page = open_page("/?task=xor")
    page.locator("#draw").scroll_into_view_if_needed()
    expect(page.locator("#draw-situation")).to_contain_text("are no images")
    expect(page.locator("#draw-board")).to_be_hidden()
