"""Bring your own data: a file is read, declared, sent, trained on privately, and gone afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import AXE
from tests.browser.test_accessibility import graves
from tests.own_table import SAMPLE

OpenPage = Callable[..., Page]

TRAINING = 240_000  # milliseconds; generous: the first training also starts TensorFlow
SIZES: dict[str, Any] = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
REFUSED = r"status of 422"


@pytest.fixture(autouse=True)
def require_tensorflow() -> None:
    pytest.importorskip("tensorflow", reason="real training needs TensorFlow; cure: pip install tensorflow")


def column(page: Page, name: str) -> Any:
    return page.locator(".own-column", has=page.locator("legend", has_text=re.compile(f"^{name}$")))


def choose(page: Page, text: str, *, encoding: str = "utf-8") -> None:
    file = {"name": "mine.csv", "mimeType": "text/csv", "buffer": text.encode(encoding)}
    expect(page.locator("#own-file")).to_be_enabled()
    page.locator("#own-file").set_input_files(file)


def declare(page: Page) -> None:
    for name, (lowest, highest) in {
        "hours": ("0", "70"),
        "sleep": ("5", "9"),
        "commute": ("1", "150"),
    }.items():
        column(page, name).get_by_label("Lowest").fill(lowest)
        column(page, name).get_by_label("Highest").fill(highest)
    column(page, "tutorial").get_by_label("Possible values").fill("none\nonline\non site")
    column(page, "passed").get_by_label("Possible values").fill("no\nyes")


def is_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@pytest.mark.parametrize("size", SIZES)
def test_a_file_of_one_s_own_is_trained_on_privately(
    open_page: OpenPage, address: str, size: str, screenshots: Path | None
) -> None:
    page = open_page("/learning#own-data", **SIZES[size])
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method != "GET" else None)
    choose(page, SAMPLE)
    expect(page.locator("#own-columns-title")).to_be_focused()
    expect(column(page, "student").get_by_label("Use")).to_have_value("skip")
    expect(column(page, "passed").get_by_label("Use")).to_have_value("label")
    expect(column(page, "hours").get_by_label("Lowest")).to_have_value("")

    page.locator("#own-train").click()
    expect(page.locator("#own-faults")).to_be_focused()
    expect(page.locator("#own-faults li")).to_have_count(5)
    assert sent == [], "nothing is sent before all is declared"

    declare(page)
    page.locator("#own-epsilon").fill("2")
    page.locator("#own-train").click()
    expect(page.locator("#own-activity")).to_have_text("Finished", timeout=TRAINING)
    expect(page.locator("#own-verdict")).to_contain_text("points better")
    expect(page.locator("#own-tiles")).to_contain_text("ε 2.00")
    expect(page.locator("#own-tiles")).to_contain_text("Without privacy")
    expect(page.locator("#own-taken")).to_contain_text("960 to train on, 240 set aside")
    expect(page.locator("#own-taken")).to_contain_text("“sleep” in")
    expect(page.locator("#own-statement")).to_contain_text("several rows")
    assert not is_wide(page)
    body = json.loads(sent[0].post_data or "")
    assert (body["label"], body["from_data"]) == ("passed", [])
    assert "student" not in body["columns"]
    assert page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})").count("tutorial") == 0
    if screenshots:
        page.locator("#own").screenshot(path=screenshots / f"own-data-{size}.png")

    page.locator("#own-train").click()
    expect(page.locator("#own-together")).to_contain_text("2 trainings on this file", timeout=TRAINING)
    tables = [request.response() for request in sent if request.url.endswith("/api/tables")]
    for answer in tables:
        assert answer is not None
        gone = page.request.delete(f"{address}/api/tables/{answer.json()['table']}")
        assert gone.status == 404, "the table went with its run"


def test_the_run_can_be_seen_in_the_playground(open_page: OpenPage) -> None:
    page = open_page("/learning#own-data")
    page.locator("#own-sample").click()
    page.locator("#own-train").click()
    expect(page.locator("#own-activity")).to_have_text("Finished", timeout=TRAINING)
    page.locator("#own-open").click()
    expect(page.locator("#badge")).to_have_text("MEASURED")
    expect(page.locator("#context")).to_contain_text("Your own table, 960 examples")
    expect(page.locator("#mode-reason")).to_contain_text("bring it again in the Learning Hub")
    expect(page.locator("#classes-title")).to_contain_text("Hardest")
    page.wait_for_load_state("networkidle")


def test_the_sample_brings_what_is_public_of_it(open_page: OpenPage) -> None:
    page = open_page("/learning#own-data")
    page.locator("#own-sample").click()
    expect(column(page, "hours").get_by_label("Highest")).to_have_value("70")
    page.locator("#own-train").click()
    expect(page.locator("#own-activity")).to_have_text("Finished", timeout=TRAINING)
    expect(page.locator("#own-notices")).not_to_contain_text("taken from the data")


def test_bounds_from_the_file_are_filled_in_on_request_only_and_called_a_leak(open_page: OpenPage) -> None:
    page = open_page("/learning#own-data")
    choose(page, SAMPLE)
    column(page, "hours").get_by_label("Lowest").fill("0")
    column(page, "hours").get_by_label("Highest").fill("70")
    page.get_by_text("I do not know the ranges").click()
    page.locator("#own-fill").click()
    expect(column(page, "hours").get_by_label("Highest")).to_have_value("70")
    expect(column(page, "hours")).not_to_contain_text("leak")
    expect(column(page, "sleep")).to_contain_text("From the file: a leak that ε does not cover.")
    column(page, "sleep").get_by_label("Lowest").fill("3")
    expect(column(page, "sleep")).not_to_contain_text("leak")
    page.locator("#own-train").click()
    expect(page.locator("#own-activity")).to_have_text("Finished", timeout=TRAINING)
    notices = page.locator("#own-notices")
    expect(notices).to_contain_text("taken from the data (“passed”, “commute”, “tutorial”)")


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        ("", "utf-8", "needs a header line"),
        ("a,b\n1,2\n3\n", "utf-8", "Row 3: it has 1 cells"),
        ('a,b\n"1,2\n', "utf-8", "quote is not closed"),
        ("größe,b\n1,2\n", "latin-1", "not UTF-8"),
        ("a,b\n" + "1,2\n" * 1_100_000, "utf-8", "too large"),
    ],
    ids=["empty", "ragged", "open quote", "not UTF-8", "too large"],
)
def test_a_file_that_is_no_table_is_refused_in_the_page(
    open_page: OpenPage, text: str, encoding: str, said: str
) -> None:
    page = open_page("/learning#own-data")
    choose(page, text, encoding=encoding)
    expect(page.locator("#own-problem")).to_contain_text(said)
    expect(page.locator("#own-form")).to_be_hidden()


def test_what_the_server_refuses_is_told_row_by_row(open_page: OpenPage) -> None:
    page = open_page("/learning#own-data", tolerated=REFUSED)
    choose(page, SAMPLE + "1201,,8,5,none,no\n1202,9,8,5,none,maybe\n")
    declare(page)
    page.locator("#own-train").click()
    expect(page.locator("#own-faults")).to_be_focused()
    expect(page.locator("#own-faults li")).to_have_text(
        [
            'Row 1202: column "hours": it has no value.',
            'Row 1203: column "passed": it is none of the classes declared.',
        ]
    )
    expect(page.locator("#own-train")).to_have_attribute("aria-disabled", "false")


def test_a_training_can_be_stopped(open_page: OpenPage) -> None:
    page = open_page("/learning#own-data")
    page.locator("#own-sample").click()
    page.locator("#own-epochs").fill("60")
    page.locator("#own-model").select_option("mlp")
    page.route("**/api/train", lambda route: _slower(route))
    page.locator("#own-train").click()
    expect(page.locator("#own-activity")).to_contain_text("epoch", timeout=TRAINING)
    page.locator("#own-stop").click()
    expect(page.locator("#own-activity")).to_have_text("Stopped")
    expect(page.locator("#own-stop")).to_have_attribute("aria-disabled", "true")


def _slower(route: Route) -> None:
    body = json.loads(route.request.post_data or "")
    route.continue_(post_data=json.dumps({**body, "batch_size": 16}))


def test_all_can_be_done_by_keyboard(open_page: OpenPage) -> None:
    page = open_page("/learning#own-data")
    expect(page.locator("#own-sample")).to_be_enabled()
    page.locator("#own-sample").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#own-columns-title")).to_be_focused()
    page.locator("#own-epochs").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#own-activity")).to_have_text("Finished", timeout=TRAINING)


def test_the_page_says_where_tables_are_not_taken(open_page: OpenPage) -> None:
    def refuse(page: Page) -> None:
        def answer(route: Route) -> None:
            catalog = route.fetch().json()
            catalog["tables"]["max_bytes"] = 0
            route.fulfill(json=catalog)

        page.route("**/api/parameters", answer)

    page = open_page("/learning#own-data", prepare=refuse)
    expect(page.locator("#own-problem")).to_have_text("This server takes no tables.")
    expect(page.locator("#own-sample")).to_be_disabled()


@pytest.mark.usefixtures("axe_needed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390, 320])
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(
    open_page: OpenPage, scheme: str, width: int
) -> None:
    page = open_page(
        "/learning#own-data",
        prepare=lambda page: page.add_init_script(path=AXE),
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
    )
    page.locator("#own-sample").click()
    column(page, "sleep").get_by_label("Lowest").fill("99")
    page.locator("#own-train").click()
    expect(page.locator("#own-faults")).to_be_visible()
    assert graves(page) == []
    column(page, "sleep").get_by_label("Lowest").fill("3")
    page.locator("#own-train").click()
    expect(page.locator("#own-verdict")).to_contain_text("points better", timeout=TRAINING)
    page.locator("#own-epochs-table summary").click()
    assert graves(page) == []
    assert not is_wide(page)
