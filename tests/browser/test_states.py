"""The page's states and what it says in them: what is missing, refused, hopeless or stale."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.chart_page import OpenPage, wait_for_result

REASON = "TensorFlow is not installed on this server."
CURE = "Put mnist.npz into the folder named by DPSGD_DATA_DIR."


def changed_catalog(change: Callable[[dict[str, Any]], None]) -> Callable[[Page], None]:
    """Return a preparation by which the page gets the server's parameters, changed."""

    def answer(route: Route) -> None:
        catalog = route.fetch().json()
        change(catalog)
        route.fulfill(json=catalog)

    return lambda page: page.route("**/api/parameters", answer)


def without_tensorflow(catalog: dict[str, Any]) -> None:
    catalog["real"] = {"available": False, "reason": REASON}


def with_dataset(*, available: bool) -> Callable[[dict[str, Any]], None]:
    def change(catalog: dict[str, Any]) -> None:
        mnist = next(dataset for dataset in catalog["datasets"] if dataset["name"] == "mnist")
        mnist.update(available=available, cure=None if available else CURE)
        catalog["real"] = {"available": True, "reason": None}

    return change


def with_timing(catalog: dict[str, Any]) -> None:
    with_dataset(available=True)(catalog)
    cost = {"tutorial_cnn": {"mnist": {"example": 0.8, "step": 50.0, "test": 0.1}}}
    catalog["timing"] = {
        "examples_per_second": 36_000.0,
        "source": "runs",
        "overhead_seconds": 1.0,
        "model_cost": cost,
    }


def test_without_tensorflow_real_training_is_off_and_says_why(open_page: OpenPage) -> None:
    page = open_page(prepare=changed_catalog(without_tensorflow))
    wait_for_result(page)
    expect(page.locator("#mode-real")).to_be_disabled()
    expect(page.locator("#mode-reason")).to_contain_text(REASON)
    expect(page.locator("#run")).to_have_attribute("aria-disabled", "false")


def test_without_mnist_the_page_says_the_cure_and_offers_the_built_in_digits(open_page: OpenPage) -> None:
    page = open_page(prepare=changed_catalog(with_dataset(available=False)))
    wait_for_result(page)
    expect(page.locator("#mode-note")).to_be_hidden()
    page.locator("#mode-real").check(force=True)
    expect(page.locator("#mode-reason")).to_have_text(f"MNIST is not on this server. {CURE}")
    expect(page.locator("#run")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Use Digits instead").click()
    expect(page.locator("select#task")).to_have_value("digits")
    expect(page.locator("#mode-real-name")).to_have_text("Train on Digits")
    expect(page.locator("#run")).to_have_attribute("aria-disabled", "false")


def test_real_training_says_about_how_long_it_takes(open_page: OpenPage) -> None:
    page = open_page(prepare=changed_catalog(with_timing))
    wait_for_result(page)
    # 3,516 steps of 256 · 0.8 + 50 units, and 45 measurements of 10,000 · 0.1, at 36,000 units a second
    expect(page.locator("#mode-real-time")).to_have_text("≈\u00a027\u00a0s")
    page.locator("input#epochs").fill("30")
    expect(page.locator("#mode-real-time")).to_have_text("≈\u00a052\u00a0s")


def test_an_epsilon_beyond_all_protection_is_said_to_be_one(open_page: OpenPage) -> None:
    page = open_page("/?noise_multiplier=0.2")
    wait_for_result(page)
    expect(page.locator("#trouble-text")).to_contain_text("forbids an attacker practically nothing")
    page.locator("#trouble-apply").click()
    expect(page.locator("#trouble")).to_be_hidden()
    assert 7.5 < float(page.locator("#tile-epsilon").inner_text().removeprefix("ε ")) <= 8
    page.locator("#undo").click()
    expect(page.locator("input#noise_multiplier")).to_have_value("0.2")


def test_a_training_that_learns_nothing_says_why_and_offers_a_way_out(open_page: OpenPage) -> None:
    page = open_page("/?clipping_norm=20&noise_multiplier=10&optimizer=momentum&learning_rate=0.5&epochs=5")
    wait_for_result(page)
    expect(page.locator("#trouble-text")).to_have_text(
        re.compile(r"Not learning: the noise in a step is [\d,]+× the signal. Try C 1.0.")
    )
    page.locator("#trouble-apply").click()
    expect(page.locator("input#clipping_norm")).to_have_value("1")


@pytest.mark.parametrize(
    ("noise", "words"),
    [
        ("2", "Strong: at 1 % false alarms, an attacker finds at most"),
        ("0.8", "Good: at 1 % false alarms, an attacker finds at most 3.5 % of the members"),
        ("0.6", "Weak: at 1 % false alarms, an attacker finds at most 9.1 % of the members"),
        ("0.5", "Little formal protection: at 1 % false alarms"),
        ("0", "No protection: at 1 % false alarms, an attacker finds at most 100 % of the members"),
    ],
)
def test_every_epsilon_gets_its_word_and_the_bound_behind_it(
    open_page: OpenPage, noise: str, words: str
) -> None:
    page = open_page(f"/?noise_multiplier={noise}")
    wait_for_result(page)
    expect(page.locator("#band-text")).to_contain_text(words)


def test_over_the_target_the_meter_is_hatched_and_says_by_how_much(open_page: OpenPage) -> None:
    page = open_page("/?noise_multiplier=0.75")
    wait_for_result(page)
    expect(page.locator("#meter-text")).to_have_text(re.compile(r"ε 3\.\d+ planned, over budget by 0\.\d+"))
    filling = "getComputedStyle(document.querySelector('#meter span')).backgroundImage"
    assert "repeating-linear-gradient" in page.evaluate(filling)
    page.locator("input#noise_multiplier").fill("2")
    expect(page.locator("#meter")).to_have_attribute("data-over", "false")
    assert page.evaluate(filling) == "none"


SPENT_NEARLY = """target => {
    const spent = Number(document.getElementById("tile-epsilon").innerText.replace("ε ", ""));
    return 0.98 * target <= spent && spent <= target;
}"""


def test_the_target_can_be_chosen_and_sigma_follows(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    page.locator("#lock-target_epsilon").check(force=True)
    expect(page.locator("input#noise_multiplier")).to_have_attribute("readonly", "")
    expect(page.locator("#noise_multiplier-range")).to_be_disabled()
    for target in ("1", "8", "3"):
        page.locator("input#privacy_budget").fill(target)
        expect(page.locator("#meter")).to_have_attribute("data-over", "false")
        page.wait_for_function(SPENT_NEARLY, arg=float(target))
    expect(page).to_have_url(re.compile("target_epsilon=3"))
    page.reload()
    wait_for_result(page)
    expect(page.locator("#lock-target_epsilon")).to_be_checked()
    page.locator("#lock-noise_multiplier").check(force=True)
    expect(page.locator("input#noise_multiplier")).to_be_editable()


def test_a_bad_address_is_put_right_with_a_notice(open_page: OpenPage) -> None:
    page = open_page("/?epochs=1000&optimizer=nonsense&target_epsilon=-4")
    wait_for_result(page)
    expect(page.locator("#problem")).to_contain_text("epochs, optimizer, target_epsilon")
    expect(page.locator("input#epochs")).to_have_value("60")


def test_run_moves_the_focus_to_what_has_to_be_put_right(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    page.locator(".advanced summary").click()
    page.locator("input#delta").fill("2")
    page.locator(".advanced summary").click()
    page.locator("#run").click()
    expect(page.locator("input#delta")).to_be_focused()
    expect(page.locator("input#delta")).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize(("status", "seconds", "words"), [(429, 10, "10 seconds"), (503, 120, "2 minutes")])
def test_a_refusal_for_now_says_in_words_when_to_come_back(
    open_page: OpenPage, status: int, seconds: int, words: str
) -> None:
    problem = {"title": "Later", "status": status, "detail": "You have 2 runs already."}

    def refuse(route: Route) -> None:
        if json.loads(route.request.post_data or "{}").get("mode") != "real":
            route.continue_()
            return
        headers = {"Retry-After": str(seconds), "Content-Type": "application/problem+json"}
        route.fulfill(status=status, headers=headers, body=json.dumps(problem))

    page = open_page(
        "/?task=digits&mode=real",
        prepare=lambda page: page.route("**/api/train", refuse),
        tolerated=f"status of {status}",
    )
    wait_for_result(page)
    page.locator("#run").click()
    expect(page.locator("#problem")).to_have_text(f"You have 2 runs already. Try again in about {words}.")
    expect(page.locator("#run")).to_have_attribute("aria-disabled", "false")


def test_presets_of_another_task_bring_its_data_along_and_undo_takes_them_back(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    page.get_by_role("button", name="Small data").click()
    expect(page.locator("select#task")).to_have_value("mnist-1500")
    expect(page.locator("input#noise_multiplier")).to_have_value("2")
    page.locator("#undo").click()
    expect(page.locator("select#task")).to_have_value("mnist")
    page.get_by_role("button", name="Published recipe").click()
    expect(page.locator("input#learning_rate")).to_have_value("0.32")


def test_help_lists_the_shortcuts_and_they_can_be_switched_off(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    page.keyboard.press("?")
    expect(page.locator("#help-dialog")).to_be_visible()
    expect(page.locator("#help-shortcuts")).to_contain_text("Use Optimal Parameters")
    expect(page.locator("#help-parameters")).to_contain_text("The longest gradient one example may")
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    expect(page.locator("#applied")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("#applied")).to_be_hidden()
    page.locator("input#epochs").press("o")
    expect(page.locator("#applied")).to_be_hidden()
    page.locator("#help").click()
    page.locator("#letter-shortcuts").uncheck()
    page.locator("#help-close").click()
    page.keyboard.press("o")
    expect(page.locator("#applied")).to_be_hidden()


def test_a_browser_that_wants_less_motion_gets_no_replay(open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")
    wait_for_result(page)
    length = "Chart.getChart('training-canvas').data.datasets[0].data.length"
    whole = page.evaluate(length)
    page.locator("#run").click()
    page.wait_for_timeout(100)
    assert page.evaluate(length) == whole
