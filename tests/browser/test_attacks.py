"""The page of attacks: what is shipped, an audit from the page, stopped, reloaded, lost, and the limits."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import AXE
from tests.browser.test_accessibility import graves

OpenPage = Callable[..., Page]

SHIPPED = json.loads(Path("static/data/measured_audit.json").read_text("utf-8"))
PHONE = {"width": 390, "height": 844}
AUDIT_MILLISECONDS = 120_000  # generous: the first one also starts TensorFlow
LEAST = re.compile(r"At least ε \d|at least 0 proved")


@pytest.fixture
def require_tensorflow() -> None:
    pytest.importorskip("tensorflow", reason="an audit needs TensorFlow; cure: pip install tensorflow")


def axe(page: Page) -> None:
    if AXE.exists():
        page.add_init_script(path=AXE)


def has_no_grave_fault(page: Page) -> bool:
    return not AXE.exists() or graves(page) == []


def post(page: Page, path: str, body: dict[str, Any]) -> Any:
    answer = page.request.post(path, data=body, headers={"Prefer": "respond-async"})
    assert answer.ok, answer.text()
    return answer.json()


@pytest.fixture
def slow(open_page: OpenPage, address: str) -> str:
    """The id of a training that takes some ten seconds, and so does its audit."""
    page = open_page("/attacks")
    settings = {"mode": "real", "task": "digits", "batch_size": 16, "epochs": 60}
    run = post(page, f"{address}/api/train", settings)["id"]
    post(page, f"{address}/api/runs/{run}/cancel", {})  # an audit trains anew in any case
    return run


def test_the_first_paint_shows_two_measured_audits(open_page: OpenPage) -> None:
    page = open_page("/attacks")
    lower, upper = (
        SHIPPED["audits"]["private"]["audit"][f"epsilon_{side}_bound"] for side in ("lower", "upper")
    )
    expect(page.locator("#bounds-title")).to_contain_text(f"At least ε {int(lower * 100) / 100:.2f}")
    expect(page.locator("#bounds-title")).to_contain_text(f"at most {upper:.2f}")
    expect(page.locator("#bounds-badge")).to_contain_text("MEASURED")
    expect(page.locator("#audit-source")).to_contain_text(SHIPPED["provenance"]["date"])
    expect(page.locator("#audit-failed")).to_contain_text("this attack failed, not that the model is private")
    bars = page.evaluate("Chart.getChart('bounds-canvas').data.datasets.map(({ data }, row) => data[row])")
    assert bars[0] == pytest.approx([lower, upper])
    assert len(bars) == 3
    assert page.evaluate("Chart.getChart('roc-canvas').data.datasets.length") == 6


def test_charts_are_walked_read_and_taken_home(open_page: OpenPage) -> None:
    page = open_page("/attacks")
    expect(page.locator("#audit-facts tbody tr")).to_have_count(3)
    page.locator("#bounds-canvas").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#walk-announcer")).to_contain_text("at least ε")
    assert "by proof" in (page.locator("#bounds-canvas").get_attribute("aria-label") or "")
    page.locator("#roc-table summary").click()
    expect(page.locator("#roc-table tbody tr")).to_have_count(8)
    for button, name in {
        "bounds-csv": "dpsgd-audit-bounds-mnist-measured.csv",
        "roc-csv": "dpsgd-audit-roc-mnist-measured.csv",
        "audit-json": "dpsgd-audit-mnist-measured.json",
        "bounds-png": "dpsgd-bounds-measured.png",
    }.items():
        with page.expect_download() as download:
            page.locator(f"#{button}").click()
        assert download.value.suggested_filename == name
        assert Path(download.value.path()).stat().st_size > 500


@pytest.mark.usefixtures("require_tensorflow")
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_training_is_audited_from_the_page(
    open_page: OpenPage, size: str, screenshots: Path | None
) -> None:
    options = {"viewport": PHONE, "has_touch": True, "color_scheme": "dark"} if size == "phone" else {}
    page = open_page("/attacks", prepare=axe, **options)
    expect(page.locator("#audit-cost")).to_contain_text("Two trainings")
    page.locator("#audit-choice-digits").check()
    page.locator("#canaries-mislabelled" if size == "phone" else "#canaries-auto").check()
    page.locator("#audit-start").click()
    expect(page).to_have_url(re.compile(r"audit=\w+"))
    expect(page.locator("#audit-phases li[aria-current]")).to_have_count(1)
    page.reload()
    expect(page.locator("#audit-activity")).to_contain_text("Done.", timeout=AUDIT_MILLISECONDS)
    expect(page.locator("#bounds-title")).to_contain_text(LEAST)
    expect(page.locator("#bounds-badge")).to_contain_text("MEASURED · Digits")
    expect(page.locator("#audit-source")).to_be_hidden()
    expect(page.locator("#audit-facts tbody tr")).to_have_count(2)
    expect(page.locator("#roc-key")).to_contain_text("no attack on this mechanism exceeds")
    kind = "mislabelled" if size == "phone" else "Dirac"
    expect(page.locator("#audit-facts")).to_contain_text(kind)
    assert has_no_grave_fault(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    page.locator("#audit-limits").click()
    expect(page.locator("#mechanism option:checked")).to_contain_text("Digits, 1,437")
    if screenshots:
        page.screenshot(path=screenshots / f"audit-{size}.png", full_page=True)


@pytest.mark.usefixtures("require_tensorflow")
def test_a_run_in_the_address_is_audited_stopped_and_kept_in_a_lost_connection(
    open_page: OpenPage, slow: str
) -> None:
    page = open_page(f"/attacks?run={slow}", tolerated="ERR_INTERNET_DISCONNECTED|Failed to load resource")
    expect(page.locator("#audit-choice-run")).to_be_checked()
    page.locator("#audit-start").click()
    expect(page.locator("#audit-activity")).to_contain_text("Training: step", timeout=AUDIT_MILLISECONDS)
    page.context.set_offline(True)
    page.locator("#audit-stop").click()
    expect(page.locator("#audit-problem")).to_contain_text("does not answer")
    expect(page.locator("#bounds-title")).to_contain_text("At least")
    page.context.set_offline(False)
    page.locator("#audit-stop").click()
    expect(page.locator("#audit-activity")).to_contain_text("Stopped after")
    expect(page.locator("#audit-start")).to_have_attribute("aria-disabled", "false")
    expect(page.locator("#audit-source")).to_be_visible()  # what is shipped is shown again


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("audit=ffffffffffffffffffffffff", "cannot be shown"),
        ("run=ffffffffffffffffffffffff", "cannot be shown"),
        ("run=<script>", "its id is not one"),
    ],
)
def test_an_address_that_names_nothing_says_so(open_page: OpenPage, query: str, said: str) -> None:
    page = open_page(f"/attacks?{query}", tolerated="404")
    expect(page.locator("#audit-problem")).to_contain_text(said)
    expect(page.locator("#bounds-title")).to_contain_text("At least")


def test_without_the_shipped_audits_nothing_is_offered_of_them(open_page: OpenPage) -> None:
    page = open_page("/attacks", tolerated="404", prepare=without_shipped_audits)
    expect(page.locator("#audit-cost")).not_to_be_empty()
    for name in ("audit-result", "audit-words", "audit-json", "audit-limits"):
        expect(page.locator(f"#{name}")).to_be_hidden()


def without_shipped_audits(page: Page) -> None:
    page.route("**/measured_audit.json", lambda route: route.fulfill(status=404))


@pytest.mark.usefixtures("require_tensorflow")
def test_a_training_in_the_address_is_no_audit_and_its_epsilon_may_lie_beyond_the_range(
    open_page: OpenPage, address: str
) -> None:
    page = open_page("/attacks")
    settings = {"mode": "real", "task": "digits", "batch_size": 16, "epochs": 60, "noise_multiplier": 0.4}
    settings |= {"delta": 2e-5}
    run = post(page, f"{address}/api/train", settings)["id"]
    page.goto(f"{address}/attacks?audit={run}")
    expect(page.locator("#audit-problem")).to_contain_text("names a training, not an audit")
    page.goto(f"{address}/attacks?run={run}")
    expect(page.locator("#mechanism option:checked")).to_contain_text("Digits, 1,437")
    post(page, f"{address}/api/runs/{run}/cancel", {})
    epsilon = float(page.locator("#epsilon").input_value())
    assert epsilon > 20
    expect(page.locator("#limits-title")).to_contain_text(f"At ε {epsilon:g}, no attack on this training")
    expect(page.locator("#delta")).to_have_value("0.00002")


def test_the_limits_of_a_training_are_below_those_of_its_epsilon(open_page: OpenPage) -> None:
    page = open_page("/attacks")
    limits = SHIPPED["audits"]["private"]["limits"]["interpretation"]
    expect(page.locator("#measure-rows tr")).to_have_count(6)
    title = page.locator("#limits-title")
    expect(title).to_contain_text(f"{math.ceil(1000 * limits['tpr_at_1pct_fpr']) / 10} %")
    for row in page.locator("#measure-rows tr").all()[:5]:
        alone, own = (float(cell.inner_text().split()[0]) for cell in row.locator("td").all()[:2])
        assert own <= alone
    page.locator("#prior").press("End")
    expect(page.locator("#prior-text")).to_have_text(re.compile("99"))
    page.locator("#mechanism").select_option("")
    expect(title).to_contain_text("no attack catches")
    expect(page.locator("#own-head")).to_be_hidden()
