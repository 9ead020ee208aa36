"""Real training from the page: to the end, stopped, reloaded, refused."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]

TRAINING_SECONDS = 240  # generous: the first training also starts TensorFlow
DIGITS = "/?task=digits&mode=real"


def start_training(page: Page, *, epochs: int) -> None:
    page.locator("input#epochs").fill(str(epochs))
    page.locator("#run").click()
    expect(page).to_have_url(re.compile(r"run=\w+"))


@pytest.fixture
def require_tensorflow() -> None:
    pytest.importorskip("tensorflow", reason="real training needs TensorFlow; cure: pip install tensorflow")


@pytest.mark.usefixtures("require_tensorflow")
class TestRealTraining:
    def test_trains_on_digits_to_the_end_and_says_measured(self, open_page: OpenPage) -> None:
        page = open_page(DIGITS)
        start_training(page, epochs=4)
        expect(page.locator("#badge")).to_have_text("MEASURED", timeout=TRAINING_SECONDS * 1000)
        expect(page.locator("#activity")).to_contain_text("Finished", timeout=TRAINING_SECONDS * 1000)
        expect(page.locator("#training-title")).to_contain_text("4 epochs")
        expect(page.locator("#meter-text")).to_contain_text("spent")
        spent = page.evaluate("Chart.getChart('privacy-canvas').data.datasets[1].data.map(({ y }) => y)")
        assert spent == sorted(spent)
        assert len(spent) >= 5
        page.locator("input#noise_multiplier").fill("3")
        expect(page.locator("#stale")).to_be_visible()
        expect(page.locator("#training-badge")).to_contain_text("MEASURED")
        page.locator("input#noise_multiplier").fill("2")
        expect(page.locator("#stale")).to_be_hidden()
        page.reload()
        expect(page.locator("#badge")).to_have_text("MEASURED")
        expect(page.locator("input#epochs")).to_have_value("4")
        page.locator("#audit-run").click()
        expect(page.locator("#audit-choice-run")).to_be_checked()
        expect(page.locator("#mechanism option:checked")).to_contain_text(
            "Digits, 1,437 examples, σ 2, 4 epochs"
        )

    def test_stop_keeps_what_was_measured(self, open_page: OpenPage) -> None:
        page = open_page(f"{DIGITS}&batch_size=16")  # some ten seconds: long enough to be stopped
        start_training(page, epochs=60)
        expect(page.locator("#training-title")).to_contain_text(
            "correct after", timeout=TRAINING_SECONDS * 1000
        )
        page.locator("#stop").click()
        expect(page.locator("#activity")).to_contain_text("Stopped after", timeout=20_000)
        expect(page.locator("#run")).to_be_enabled()
        assert page.evaluate("Chart.getChart('training-canvas').data.datasets[0].data.length") > 0
        expect(page.locator("#privacy-title")).to_contain_text("spent")

    def test_the_keyboard_keeps_its_place_while_a_training_runs(self, open_page: OpenPage) -> None:
        page = open_page(f"{DIGITS}&epochs=2")
        expect(page.locator("#badge")).to_have_text("SIMULATED")
        page.locator("#run").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#activity")).to_contain_text("Finished", timeout=TRAINING_SECONDS * 1000)
        expect(page.locator("#run")).to_be_focused()
