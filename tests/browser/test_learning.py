"""The Learning Hub in a real browser: stepper, depth, cards, flash cards, quiz, dialogue, code, links."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.learning import CARDS, DIALOGUE, FLASH_CARDS, QUIZ
from tests.browser.chart_page import wait_until

OpenPage = Callable[..., Page]

PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 700}
STAGES = ["Sample", "One", "Clip", "Sum", "Add", "Divide", "Step", "ε"]


def open_hub(open_page: OpenPage, path: str = "/learning", **context: object) -> Page:
    page = open_page(path, **context)
    expect(page.locator("#stage-name")).not_to_be_empty()
    return page


def epsilon_in(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"ε (?:= )?([\d.]+)", text)]


def test_the_stepper_goes_through_one_update_in_its_true_order(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    names = []
    for _ in STAGES:
        names.append(page.locator("#stage-name").inner_text().split()[0])
        page.locator("#stage-next").click()
    assert names == STAGES
    expect(page.locator("#stage-name")).to_have_text("Sample")
    expect(page.locator("#stage-count")).to_contain_text("update 2")


def test_the_steppers_table_shows_what_joined(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    page.locator("#step-details summary").click()
    rows = page.locator("#step-table tbody tr")
    assert rows.count() == page.locator("#step-images figure").count() > 0
    page.get_by_role("button", name="Clip each to length C").click()
    expect(page.locator("#stage-text")).to_contain_text(f"of {rows.count()} are longer than C = 0.3")


def test_epsilon_grows_with_every_update_and_the_model_learns(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    page.locator("#step-repeat").click()
    first = epsilon_in(page.locator("#step-outcome").inner_text())[0]
    page.locator("#step-many").click()
    text = page.locator("#step-outcome").inner_text()
    assert first < epsilon_in(text)[0] < 51 * first
    accuracy = re.search(r"([\d.]+)\s%", text)
    assert accuracy
    assert float(accuracy[1]) > 90


def test_without_noise_the_stepper_promises_nothing(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    page.locator("#step-noise").press("Home")
    page.get_by_role("button", name="Add noise to the sum, once").click()
    expect(page.locator("#stage-text")).to_contain_text("no privacy")
    page.get_by_role("button", name="ε ticks").click()
    expect(page.locator("#stage-text")).to_contain_text("infinite")


def test_a_smaller_epsilon_lowers_what_may_be_believed(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    text = page.locator("#bells-text")
    expect(text).to_contain_text("2.72 times")
    expect(text).to_contain_text("at most 23.2\u00a0%")
    page.locator("#bells-epsilon").press("Home")
    expect(text).to_contain_text("at most 10.1\u00a0%")


def test_depth_shows_more_or_less_and_is_kept_on_the_device(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    detail = page.locator('[data-level="detailed"]').first
    expect(detail).to_be_hidden()
    page.get_by_role("radio", name="Detailed").check(force=True)
    expect(detail).to_be_visible()
    page.reload()
    expect(page.locator('[data-level="detailed"]').first).to_be_visible()
    page.get_by_role("radio", name="Basic").check(force=True)
    expect(page.locator('[data-level="standard"]').first).to_be_hidden()


def test_a_card_asks_first_then_computes_both_results_then_explains(open_page: OpenPage) -> None:
    page = open_hub(open_page, "/learning#card-noise_multiplier")
    card = page.locator("#card-noise_multiplier")
    expect(card.locator(".explain")).to_be_hidden()
    card.get_by_label("It falls to exactly half").check()
    expect(card.locator(".verdict")).to_have_text("It turns out otherwise: it falls to less than half.")
    expect(card.locator(".see tbody tr").first).to_contain_text("1.28")
    expect(card.locator(".see tbody tr").last).to_contain_text("0.47")
    expect(card.locator(".see tbody tr").last).to_contain_text(re.compile(r"9\d\.\d\s%"))
    expect(card.locator(".explain")).to_be_visible()
    card.get_by_role("link", name="Try it").click()
    expect(page.locator("input#noise_multiplier")).to_have_value("2.2")


def test_flash_cards_are_turned_by_space_and_remembered_here_only(open_page: OpenPage) -> None:
    sent: list[str] = []

    def listen(page: Page) -> None:
        page.on("request", lambda asked: sent.append(asked.method))

    page = open_hub(open_page, prepare=listen)
    face = page.locator("#flash-face")
    front = page.locator("#flash-text").inner_text()
    face.focus()
    page.keyboard.press("Space")
    expect(page.locator("#flash-side")).to_have_text("Answer")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#flash-count")).to_have_text(f"1 of {len(FLASH_CARDS)} known")
    page.reload()
    expect(page.locator("#flash-count")).to_have_text(f"1 of {len(FLASH_CARDS)} known")
    assert page.locator("#flash-text").inner_text() != front
    page.locator("#flash-clear").click()
    expect(page.locator("#flash-count")).to_have_text(f"0 of {len(FLASH_CARDS)} known")
    assert page.evaluate("localStorage.getItem('flash-cards')") is None
    assert set(sent) == {"GET"}


def test_all_flash_cards_can_be_learned(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    for _ in FLASH_CARDS:
        page.locator("#flash-knew").click()
    expect(page.locator("#flash-text")).to_contain_text("All known")
    expect(page.locator("#flash-knew")).to_be_disabled()


def test_the_quiz_explains_each_answer_and_counts(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    questions = page.locator(".quiz .question")
    for index, question in enumerate(QUIZ):
        chosen = question.answer if index else (question.answer + 1) % len(question.options)
        questions.nth(index).locator("input").nth(chosen).check()
        expect(questions.nth(index).locator(".verdict")).to_have_text("Right." if index else "Not quite.")
    expect(page.locator("#quiz-score")).to_have_text("5 of 6 right.")
    page.locator("#quiz-again").click()
    expect(page.locator("#quiz-score")).to_be_empty()
    expect(questions.first.locator("input").first).to_be_enabled()


VOICE = """
window.spoken = [];
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
Object.defineProperty(window, "speechSynthesis", { value: {
  speak(utterance) { window.spoken.push(utterance.text); setTimeout(() => utterance.onend()); },
  cancel() {},
} });
"""
NO_VOICE = "Object.defineProperty(window, 'speechSynthesis', { value: undefined });"


def test_the_dialogue_is_read_aloud_line_by_line(open_page: OpenPage) -> None:
    page = open_hub(open_page, prepare=lambda page: page.add_init_script(VOICE))
    page.locator("#dialogue-play").click()
    wait_until(page, f"window.spoken.length === {len(DIALOGUE)}")
    assert all("ε" not in text for text in page.evaluate("window.spoken"))
    expect(page.locator("#dialogue-play")).to_have_text("Read aloud")
    expect(page.locator("#dialogue-stop")).to_be_disabled()


def test_without_a_voice_the_dialogue_is_to_be_read(open_page: OpenPage) -> None:
    page = open_hub(open_page, prepare=lambda page: page.add_init_script(NO_VOICE))
    expect(page.locator("#dialogue-tools")).to_be_hidden()
    expect(page.locator("#dialogue-silent")).to_be_visible()
    expect(page.locator("#dialogue-lines li").first).to_be_visible()


def test_the_code_panel_writes_a_script_with_the_settings(open_page: OpenPage) -> None:
    page = open_hub(open_page, "/learning?noise_multiplier=1.1#code")
    text = page.locator("#code-text")
    expect(text).to_contain_text("NOISE_MULTIPLIER = 1.1")
    expect(page.locator("#code-epsilon")).to_contain_text("ε = 1.28")
    page.get_by_role("radio", name="Opacus").check(force=True)
    expect(text).to_contain_text("import torch")
    page.locator("#code-epochs").fill("3")
    expect(text).to_contain_text("EPOCHS = 3")
    with page.expect_download() as download:
        page.locator("#code-download").click()
    assert download.value.suggested_filename == "dpsgd_opacus.py"
    assert "EPOCHS = 3" in download.value.path().read_text(encoding="utf-8")


def test_the_code_panel_says_what_is_wrong(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    page.locator("#code-epochs").fill("0")
    expect(page.locator("#code-problem")).to_contain_text("between 1 and 60")


def test_the_script_can_be_copied(open_page: OpenPage) -> None:
    page = open_hub(open_page, permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator("#code-text")).to_contain_text("EPOCHS")
    page.locator("#code-copy").click()
    expect(page.locator("#code-said")).to_have_text("Copied.")
    assert "EPOCHS" in page.evaluate("navigator.clipboard.readText()")


def test_the_playground_leads_to_the_script_of_its_settings(open_page: OpenPage) -> None:
    page = open_page("/?mode=simulation&epochs=7")
    expect(page.locator("#badge")).to_have_text("SIMULATED")
    page.locator("#export summary").click()
    page.locator("#export-code").click()
    expect(page.locator("#code-text")).to_contain_text("EPOCHS = 7")


def test_an_own_epsilon_is_placed_among_published_ones(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    expect(page.locator("#compare-epsilon-value")).to_have_text("2.73")
    expect(page.locator("#compare-text")).to_contain_text("4 of the 9 published figures below are smaller")
    page.locator("#compare-epsilon").press("Home")
    expect(page.locator("#compare-text")).to_contain_text("0 of the 9")


def test_every_control_and_chart_links_to_its_card(open_page: OpenPage) -> None:
    page = open_page("/?mode=simulation")
    expect(page.locator("#badge")).to_have_text("SIMULATED")
    links = set(
        page.locator("a.learn").evaluate_all("nodes => nodes.map((node) => node.getAttribute('href'))")
    )
    unlinked = {card.name for card in CARDS if f"/learning#card-{card.name}" not in links}
    assert unlinked == set()
    controls = page.locator(".control").evaluate_all(
        "nodes => nodes.filter((node) => !node.querySelector('a.learn')).map((node) => node.outerHTML)"
    )
    assert controls == []
    targets = {link.partition("#")[2] for link in links}
    hub = open_page("/learning")
    missing = hub.evaluate("names => names.filter((name) => !document.getElementById(name))", list(targets))
    assert missing == []


def test_labels_take_their_tooltips_from_the_glossary(open_page: OpenPage) -> None:
    page = open_page("/?mode=simulation")
    expect(page.locator("#badge")).to_have_text("SIMULATED")
    tooltip = page.locator('label[for="optimizer"]').get_attribute("title")
    hub = open_page("/learning")
    assert hub.locator("#glossary-optimizer .sentence, #glossary-optimizer dd").first.inner_text() == tooltip


def test_a_link_to_a_folded_card_opens_it(open_page: OpenPage) -> None:
    page = open_hub(open_page, "/learning#card-sampling")
    expect(page.locator("#card-sampling")).to_have_attribute("open", "")
    expect(page.locator("#card-sampling summary")).to_be_focused()
    expect(page.locator("#card-sampling summary")).to_be_in_viewport()


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["390", "320"])
@pytest.mark.parametrize("depth", ["Standard", "Detailed"])
def test_nothing_is_wider_than_a_phone(open_page: OpenPage, size: dict[str, int], depth: str) -> None:
    page = open_hub(open_page, viewport=size)
    page.get_by_role("radio", name=depth).check(force=True)
    for card in page.locator(".concept").all():
        card.evaluate("node => { node.open = true; }")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_the_hub_works_with_the_server_gone(open_page: OpenPage) -> None:
    lost = r"Failed to load resource|net::ERR"
    page = open_hub(open_page, tolerated=lost)
    page.context.set_offline(True)
    page.locator("#stage-next").click()
    expect(page.locator("#stage-name")).to_have_text("One gradient for each example")
    card = page.locator("#card-epochs")
    card.evaluate("node => { node.open = true; }")
    card.get_by_label("It about doubles").check()
    expect(card.locator(".see")).to_contain_text("2.60")
    page.locator("#code-epochs").fill("4")
    expect(page.locator("#code-problem")).to_contain_text("does not answer")
    expect(page.locator("#code-epsilon")).to_contain_text("ε =")


def test_without_a_script_everything_can_be_read(open_page: OpenPage) -> None:
    page = open_page("/learning", java_script_enabled=False)
    expect(page.locator("#card-epochs summary")).to_be_visible()
    page.locator("#card-epochs summary").click()
    expect(page.locator("#card-epochs .explain")).to_be_visible()
    expect(page.locator("#flash-list dd").first).to_be_visible()


def test_stepper_depth_and_quiz_are_operated_by_keys_alone(open_page: OpenPage) -> None:
    page = open_hub(open_page)
    page.locator("#stage-next").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#stage-name")).to_have_text("One gradient for each example")
    page.locator("#step-clip").press("ArrowRight")
    expect(page.locator("#step-clip-value")).to_have_text("0.35")
    page.get_by_role("radio", name="Standard").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#main")).to_have_attribute("data-depth", "detailed")
    page.locator(".quiz input").first.focus()
    page.keyboard.press("Space")
    expect(page.locator(".quiz .verdict").first).not_to_be_empty()
