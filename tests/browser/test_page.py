"""The playground in a real browser: first paint, sliders, buttons, charts, phone, address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chart_page import CHARTS, PHONE, OpenPage, chart, wait_for_result

NARROW = {"width": 320, "height": 700}


def epsilon(page: Page) -> float:
    return float(page.locator("#tile-epsilon").inner_text().removeprefix("ε "))


def set_value(page: Page, name: str, value: str) -> None:
    page.locator(f"input#{name}").fill(value)


def test_first_paint_draws_every_chart_and_labels_it_simulated(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    for name in CHARTS:
        assert chart(page, name, "chart.data.datasets.some((d) => d.data.length > 3)"), name
        expect(page.locator(f"#{name}-badge")).to_contain_text("SIMULATED")
        assert page.locator(f"#{name}-canvas").get_attribute("aria-label") not in (None, "", "loading")
    assert epsilon(page) == pytest.approx(2.73, abs=0.02)


def test_training_chart_keeps_its_colours_dashes_and_axes(open_page: OpenPage) -> None:
    page = open_page(color_scheme="light")
    wait_for_result(page)
    look = chart(
        page,
        "training",
        """(() => {
          const [accuracy, loss] = chart.data.datasets;
          const pick = (d) => [d.borderColor, d.borderWidth, d.borderDash, d.pointStyle, d.yAxisID];
          const ticks = (name) => chart.scales[name].ticks.map((tick) => Number(tick.value.toFixed(3)));
          const scales = chart.options.scales;
          const coloured = (name) => [scales[name].title.color, scales[name].ticks.color];
          return {
            accuracy: pick(accuracy), loss: pick(loss), left: ticks("accuracy"), right: ticks("loss"),
            colours: [coloured("accuracy"), coloured("loss")],
            sides: [chart.scales.accuracy.position, chart.scales.loss.position],
          };
        })()""",
    )
    assert look["accuracy"] == ["#047857", 3, [], "circle", "accuracy"]
    assert look["loss"] == ["#dc2626", 2, [6, 4], "triangle", "loss"]
    assert look["left"] == [0, 20, 40, 60, 80, 100]
    assert look["right"] == pytest.approx([0, 0.6, 1.2, 1.8, 2.4, 3.0])
    assert look["colours"] == [["#047857", "#047857"], ["#dc2626", "#dc2626"]]
    assert look["sides"] == ["left", "right"]


def test_tile_chart_and_table_tell_the_same_accuracy(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    page.locator("#training-table summary").click()
    row = page.locator("#training-table tbody tr").last
    drawn = chart(page, "training", "chart.data.datasets[0].data.at(-1).y")
    tile = page.locator("#tile-accuracy").inner_text()
    assert row.locator("td").first.inner_text() == tile
    assert f"{drawn:.1f}\u00a0%" == tile


def test_a_slider_moves_epsilon_and_the_curve(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    before, curve = epsilon(page), chart(page, "training", "chart.data.datasets[0].data.map(({ y }) => y)")
    page.locator("#epochs-range").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.locator("input#epochs")).to_have_value("20")
    expect(page.locator("#training-title")).to_contain_text("20 epochs")
    assert epsilon(page) > before
    longer = chart(page, "training", "chart.data.datasets[0].data.map(({ y }) => y)")
    assert longer[0] == pytest.approx(curve[0], abs=0.5)  # the seed's noise does not reshuffle
    assert len(longer) > len(curve)


def test_a_refused_number_is_explained_at_its_field_and_the_last_good_one_stays(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    before = epsilon(page)
    set_value(page, "noise_multiplier", "99")
    expect(page.locator("#noise_multiplier-fault")).to_contain_text("between 0 and 20")
    expect(page.locator("#noise_multiplier-fault")).to_contain_text("Still using 0.8")
    assert epsilon(page) == before
    page.locator("#run").click()
    expect(page.locator("input#noise_multiplier")).to_be_focused()
    set_value(page, "noise_multiplier", "1.1")
    expect(page.locator("#noise_multiplier-fault")).to_be_hidden()


def test_no_noise_is_shown_as_no_guarantee(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    set_value(page, "noise_multiplier", "0")
    expect(page.locator("#tile-epsilon")).to_have_text("ε ∞")
    expect(page.locator("#privacy-title")).to_have_text("No privacy guarantee")
    expect(page.locator("#meter")).to_have_attribute("data-over", "true")


def test_use_optimal_shows_its_changes_teaches_and_can_be_undone(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    before = page.locator("#tile-accuracy").inner_text()
    expect(page.locator("#optimal-changes")).to_contain_text("SGD → momentum")
    page.locator("#optimal").click()
    expect(page.locator("select#optimizer")).to_have_value("momentum")
    expect(page.locator("#applied-result")).to_contain_text("points")
    expect(page.locator("#applied-reason")).to_contain_text("the step size was the limit, not the noise")
    expect(page.locator("#optimal")).to_be_disabled()
    better = float(page.locator("#tile-accuracy").inner_text().split()[0])
    assert better > float(before.split()[0]) + 8
    assert epsilon(page) < 1.5
    page.locator("#undo").click()
    expect(page.locator("select#optimizer")).to_have_value("sgd")
    expect(page.locator("#tile-accuracy")).to_have_text(before)
    expect(page.locator("#applied")).to_be_hidden()


def test_presets_set_the_controls_and_show_which_is_on(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    balanced = page.get_by_role("button", name="Balanced")
    strong = page.get_by_role("button", name="Strong privacy")
    expect(balanced).to_have_attribute("aria-pressed", "true")
    strong.click()
    expect(strong).to_have_attribute("aria-pressed", "true")
    expect(balanced).to_have_attribute("aria-pressed", "false")
    expect(page.locator("input#noise_multiplier")).to_have_value("1.1")


def test_a_recommendation_can_be_applied_and_undone(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    page.locator("#recommendations button").first.click()
    expect(page.locator("#applied")).to_be_visible()
    page.locator("#undo").click()
    expect(page.get_by_role("button", name="Balanced")).to_have_attribute("aria-pressed", "true")


def test_the_address_restores_the_same_simulated_curve(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    set_value(page, "noise_multiplier", "2.5")
    expect(page).to_have_url(re.compile("noise_multiplier=2.5"))
    expect(page.locator("#tile-epsilon")).not_to_have_text("ε 2.73")
    page.wait_for_load_state("networkidle")
    expected = chart(page, "training", "chart.data.datasets[0].data")
    other = open_page(f"/?{urlsplit(page.url).query}")
    wait_for_result(other)
    assert chart(other, "training", "chart.data.datasets[0].data") == expected


def test_a_bad_address_is_put_right_with_a_notice(open_page: OpenPage) -> None:
    page = open_page("/?epochs=1000&optimizer=nonsense")
    wait_for_result(page)
    expect(page.locator("#problem")).to_contain_text("epochs, optimizer")
    expect(page.locator("input#epochs")).to_have_value("60")


def test_run_replays_the_simulation(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    whole = chart(page, "training", "chart.data.datasets[0].data.length")
    lengths = page.evaluate(
        """(whole) => new Promise((resolve) => {
          const lengths = [];
          const look = () => {
            lengths.push(Chart.getChart("training-canvas").data.datasets[0].data.length);
            if (lengths.some((length) => length < whole) && lengths.at(-1) === whole) resolve(lengths);
            else requestAnimationFrame(look);
          };
          document.getElementById("run").click();
          look();
        })""",
        whole,
    )
    growing = lengths[lengths.index(min(lengths)) :]
    assert growing == sorted(growing)
    assert min(lengths) < whole / 2


def test_a_loss_above_the_axis_is_kept_true_in_the_data(open_page: OpenPage) -> None:
    page = open_page("/?optimizer=momentum&learning_rate=1&clipping_norm=20&noise_multiplier=20")
    wait_for_result(page)
    assert chart(page, "training", "chart.options.scales.loss.max") == 3
    assert chart(page, "training", "Math.max(...chart.data.datasets[1].data.map(({ y }) => y))") > 3


@pytest.mark.parametrize("path", ["/", "/learning", "/attacks", "/nowhere"])
@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["phone", "narrow"])
def test_nothing_scrolls_sideways_on_a_phone(
    browser: Any, address: str, path: str, size: dict[str, int]
) -> None:
    page = browser.new_page(viewport=size)
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.close()


def test_a_phone_shows_chart_epsilon_accuracy_and_run_together(open_page: OpenPage) -> None:
    page = open_page(viewport=PHONE)
    wait_for_result(page)
    expect(page.locator("#live-line")).to_contain_text("SIMULATED · ε 2.73 of 3")
    bar = page.locator(".runbar").bounding_box()
    canvas = page.locator("#training-canvas").bounding_box()
    assert bar is not None
    assert canvas is not None
    assert bar["y"] + bar["height"] <= PHONE["height"]
    assert canvas["y"] + canvas["height"] <= bar["y"]


def test_targets_on_a_phone_are_large_enough_for_a_thumb(open_page: OpenPage) -> None:
    page = open_page(viewport=PHONE)
    wait_for_result(page)
    page.locator(".advanced summary").click()
    small = page.evaluate(
        """[...document.querySelectorAll("button, select, input, summary, nav a, .modes label, .check label")]
          .filter((node) => node.checkVisibility() && !node.closest(".visually-hidden"))
          .map((node) => (node.type === "checkbox" ? node.closest(".check") : node))
          .map((node) => [node.id || node.className || node.textContent, node.getBoundingClientRect().height])
          .filter(([, height]) => height < 43.5)"""
    )
    assert small == []


def test_every_slider_and_chart_is_visible_at_once_on_a_desktop(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    names = [f"#{name}-canvas" for name in CHARTS]
    names += [f"#{name}-range" for name in ("clipping_norm", "noise_multiplier", "batch_size", "epochs")]
    for selector in [*names, "#run", "#stop", "#meter"]:
        box = page.locator(selector).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900, selector


def test_the_theme_button_recolours_the_charts_and_is_remembered(open_page: OpenPage) -> None:
    page = open_page(color_scheme="light")
    wait_for_result(page)
    light = chart(page, "training", "chart.data.datasets[0].borderColor")
    page.locator("#theme").click()
    dark = chart(page, "training", "chart.data.datasets[0].borderColor")
    assert light != dark
    page.reload()
    wait_for_result(page)
    assert chart(page, "training", "chart.data.datasets[0].borderColor") == dark


def test_the_keyboard_reaches_the_controls(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#panel') !== null")


def test_attacks_follow_the_slider_by_the_formula(open_page: OpenPage) -> None:
    page = open_page("/attacks")
    set_value(page, "epsilon", "2")
    page.locator("select#delta").select_option("0")
    expect(page.locator("#limits-title")).to_contain_text("7.4\u00a0%")
    set_value(page, "epsilon", "5")
    expect(page.locator("#limits-title")).to_contain_text("99.4\u00a0%")  # 99.33, rounded up: a bound
    page.locator("#epsilon-range").press("Home")
    expect(page.locator("input#epsilon")).to_have_value("0.01")


def test_no_noise_is_written_into_its_box(open_page: OpenPage) -> None:
    page = open_page("/?noise_multiplier=0")
    wait_for_result(page)
    expect(page.locator("input#noise_multiplier")).to_have_value("0")


def test_shuffled_batches_are_not_given_the_epsilon_of_poisson_sampling(open_page: OpenPage) -> None:
    page = open_page("/?sampling=shuffle")
    wait_for_result(page)
    first = page.locator("#accountants tr").first
    expect(first).to_contain_text("Worst case")
    assert first.locator("td").first.inner_text() == page.locator("#tile-epsilon").inner_text()
    expect(page.locator("#accountants tr").nth(1)).to_contain_text("can prove less")
    for row in page.locator("#accountants tr").all()[2:]:
        expect(row).to_contain_text("not valid for shuffled batches")
    expect(page.locator("#sampling-caveat")).to_contain_text("does not hold for them")


def test_a_baseline_is_one_tick_away_and_stands_beside_the_private_result(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    caption = page.locator("#classes-figure .caption")
    expect(caption).to_contain_text("tick “Also without privacy” for the gap")
    page.get_by_label("Also without privacy", exact=True).check()
    expect(page.locator("#tile-accuracy-baseline")).to_have_text(re.compile(r"^9\d\.\d\s% without privacy$"))
    expect(page.locator("#training-title")).to_contain_text("without privacy")
    expect(caption).to_contain_text("gap")
    expect(page.locator("#baseline-statement")).to_contain_text("Nothing is guaranteed of it")
    expect(page.locator("#baseline-cost")).to_have_text("")


def test_the_guarantee_compares_accountants_and_says_what_no_attack_can_do(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    rows = page.locator("#accountants tr")
    expect(rows.nth(0)).to_contain_text("the headline: an upper bound")
    expect(rows.nth(1)).to_contain_text("ε 2.27")
    expect(rows.nth(2)).to_contain_text("never a guarantee")
    expect(page.locator("#accountants-difference")).to_contain_text("GDP is 14\xa0% below PLD")
    expect(page.locator("#sampling-caveat")).to_contain_text("these settings guarantee only ε 33.1")
    caught = page.locator("#attacks tr", has_text="Caught at 1 % false alarms").locator("td")
    expect(caught).to_have_text(["3.5 %", "15.3 %", "1 %"])


def test_a_task_without_a_simulation_says_so_and_cannot_be_replayed(open_page: OpenPage) -> None:
    page = open_page("/?task=xor")
    expect(page.locator("#badge")).to_have_text("NOT RUN")
    expect(page.locator("#notices")).to_contain_text("No simulation has been fitted")
    expect(page.locator("#run")).to_be_disabled()
    page.locator("#mode-real").check(force=True)
    expect(page.locator("#badge")).to_have_text("NOT RUN")


def test_the_lesson_leaves_every_chart_in_sight_and_goes_when_it_is_closed(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    page.locator("#optimal").click()
    expect(page.locator("#applied-result")).to_contain_text("points")
    for name in CHARTS:
        box = page.locator(f"#{name}-canvas").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900, name
    page.locator("#keep").click()
    expect(page.locator("#applied")).to_be_hidden()
    expect(page.locator("select#optimizer")).to_have_value("momentum")
    expect(page.locator("#optimal")).to_be_focused()


def test_a_phone_shows_what_use_optimal_did_without_scrolling(open_page: OpenPage) -> None:
    page = open_page(viewport=PHONE)
    wait_for_result(page)
    page.locator("#optimal").click()
    expect(page.locator("#applied-result")).to_contain_text("points")
    message, bar = page.locator("#applied").bounding_box(), page.locator(".runbar").bounding_box()
    assert message is not None
    assert bar is not None
    assert message["y"] >= 0
    assert message["y"] + message["height"] <= bar["y"]


def test_moving_a_slider_often_changes_the_address_seldom(open_page: OpenPage) -> None:
    """Safari refuses more than a hundred changes of the address in thirty seconds."""
    page = open_page()
    wait_for_result(page)
    page.evaluate(
        """() => {
          window.changes = 0;
          const replace = history.replaceState.bind(history);
          history.replaceState = (...words) => { window.changes += 1; replace(...words); };
        }"""
    )
    page.locator("#epochs-range").focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("epochs=45"))
    assert page.evaluate("window.changes") < 15


def test_two_hundred_moves_leave_the_page_as_large_as_it_was(open_page: OpenPage) -> None:
    page = open_page()
    wait_for_result(page)
    size = "[Object.keys(Chart.instances).length, document.querySelectorAll('*').length]"
    before = page.evaluate(size)
    page.locator("#noise_multiplier-range").focus()
    for key in ["ArrowRight", "ArrowLeft"] * 100:
        page.keyboard.press(key)
    expect(page.locator("input#noise_multiplier")).to_have_value("0.8")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#tile-epsilon")).to_have_text("ε 2.73")
    assert page.evaluate(size) == before


def test_pictures_of_the_page(open_page: OpenPage, screenshots: Path | None) -> None:
    """Both themes and sizes load without trouble; kept as pictures where SCREENSHOTS names a folder."""
    for scheme in ("light", "dark"):
        for width, size in {1440: {"width": 1440, "height": 900}, 390: PHONE}.items():
            page = open_page(viewport=size, color_scheme=scheme)
            wait_for_result(page)
            if screenshots:
                page.screenshot(path=screenshots / f"playground-{width}-{scheme}.png")
