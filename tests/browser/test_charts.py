"""The charts in a real browser: their configuration, keys, files, the line at C, and how they stream."""

from __future__ import annotations

import csv
import io
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chart_page import (
    CHARTS,
    PHONE,
    OpenPage,
    alter_simulations,
    chart,
    open_simulation,
    record_texts,
    settle,
    wait_until,
)

LOOK = """(() => {
  const ofScales = (read) => Object.fromEntries(Object.keys(chart.scales).map((name) => [name, read(name)]));
  const look = (d) => [
    d.label, d.borderColor, d.borderWidth, d.borderDash ?? [], d.pointStyle ?? null, d.yAxisID ?? null,
  ];
  const scale = ({ type, min, max, position, title, ticks, grid }) => ({
    type: type ?? null, min, max, position: position ?? null, title: title.text, titleColour: title.color,
    tickColour: ticks.color, step: ticks.stepSize ?? null, grid: grid.drawOnChartArea,
  });
  return {
    looks: chart.data.datasets.map(look),
    ticks: ofScales((name) => chart.scales[name].ticks.map((tick) => Number(tick.value.toFixed(3)))),
    scales: ofScales((name) => scale(chart.options.scales[name])),
  };
})()"""


def opened(open_page: OpenPage, query: str = "", **context: Any) -> Page:
    return open_simulation(open_page, query, **{"color_scheme": "light", **context})


def choose(page: Page, choice: str) -> None:
    page.locator(f"label:has(#{choice})").click()


def drag(page: Page, handle: Locator, *, by: float) -> None:
    """Press on the handle and move it, without letting go."""
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + 20
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=5)


def test_training_chart_is_configured_exactly_as_specified(open_page: OpenPage) -> None:
    look = chart(opened(open_page), "training", LOOK)
    accuracy, loss, baseline, baseline_loss, guessing, _ = look["looks"]
    assert accuracy == ["Test accuracy", "#047857", 3, [], "circle", "accuracy"]
    assert loss[1] == "#dc2626"
    assert loss[3:] == [[6, 4], "triangle", "loss"]
    assert (baseline[1], baseline_loss[1], guessing[1]) == ("#78716c", "#78716c", "#78716c")
    left, right = look["scales"]["accuracy"], look["scales"]["loss"]
    assert (left["position"], left["min"], left["max"], left["step"]) == ("left", 0, 100, 20)
    assert (right["position"], right["min"], right["max"], right["step"]) == ("right", 0, 3, 0.6)
    assert look["ticks"]["accuracy"] == [0, 20, 40, 60, 80, 100]
    assert look["ticks"]["loss"] == pytest.approx([0, 0.6, 1.2, 1.8, 2.4, 3.0])
    assert (left["titleColour"], left["tickColour"]) == ("#047857", "#047857")
    assert (right["titleColour"], right["tickColour"]) == ("#dc2626", "#dc2626")
    assert (left["grid"], right["grid"]) == (True, False)  # one grid, that of both


def test_the_guessing_line_stands_at_ten_per_cent(open_page: OpenPage) -> None:
    page = opened(open_page)
    assert chart(page, "training", "chart.data.datasets[4].data.map(({ y }) => y)") == [10, 10]


@pytest.mark.parametrize(
    ("name", "scale", "expected"),
    [
        ("privacy", "y", {"min": 0, "max": 5}),
        ("clipping", "x", {"type": "logarithmic", "min": 0.0001, "max": 1000}),
        ("clipping", "y", {"min": 0, "max": 25}),
        ("classes", "y", {"min": 0, "max": 100, "step": 20}),
    ],
)
def test_the_other_charts_have_fixed_scales(
    open_page: OpenPage, name: str, scale: str, expected: dict[str, Any]
) -> None:
    found = chart(opened(open_page), name, LOOK)["scales"][scale]
    assert {key: found[key] for key in expected} == pytest.approx(expected)


def test_a_planned_curve_is_dotted_a_spent_one_solid_and_the_target_a_line(open_page: OpenPage) -> None:
    planned, spent, target, band = chart(opened(open_page), "privacy", LOOK)["looks"]
    assert planned[3] == [2, 4]
    assert (spent[2], spent[3]) == (3, [])
    assert target[3] == [8, 4]
    assert planned[1] == spent[1] == band[1]


def test_the_band_reaches_from_the_renyi_bound_down_to_the_tightest_one(open_page: OpenPage) -> None:
    page = opened(open_page)
    wait_until(page, "Chart.getChart('privacy-canvas').data.datasets[3].data.length > 3")
    upper, lower = chart(page, "privacy", "[0, 3].map((index) => chart.data.datasets[index].data)")
    below = [(high["y"], low["y"]) for high, low in zip(upper, lower, strict=True) if high["x"] >= 1]
    assert all(0 < low < high for high, low in below)
    assert below[-1] == pytest.approx((2.727, 2.269), abs=0.002)
    assert chart(page, "privacy", "chart.data.datasets[3].fill.target") == 0


def test_a_loss_above_three_is_flagged_at_the_edge_with_its_number(open_page: OpenPage) -> None:
    page = opened(open_page)

    def diverge(document: dict[str, Any]) -> None:
        for point in document["epochs"][3:6]:
            point["loss"] = 7.25 if point["epoch"] == 5 else 3.5

    record_texts(page)
    alter_simulations(page, diverge)
    page.locator("input#epochs").fill("16")
    wait_until(page, "window.written.some(({ text }) => text === '▲ loss 7.25')")
    flag = page.evaluate("window.written.find(({ text }) => text === '▲ loss 7.25')")
    assert (flag["colour"], flag["canvas"]) == ("#dc2626", "training-canvas")
    assert chart(page, "training", "chart.scales.loss.max") == 3


def test_a_loss_that_stays_within_the_axis_is_not_flagged(open_page: OpenPage) -> None:
    page = opened(open_page)
    record_texts(page)
    page.locator("input#epochs").fill("16")
    wait_until(page, "window.written.some(({ text }) => text.startsWith('loss '))")
    assert not page.evaluate("window.written.some(({ text }) => text.startsWith('▲ loss'))")


def test_the_horizontal_axis_goes_over_epochs_or_iterations(open_page: OpenPage) -> None:
    page = opened(open_page)
    ends = "[chart.scales.x.max, chart.data.datasets[0].data.at(-1).x, chart.options.scales.x.title.text]"
    assert chart(page, "training", ends) == [15, 15, "Epoch"]
    choose(page, "training-axis-iteration")
    assert chart(page, "training", ends) == [3516, 3516, "Iteration"]
    ticks = chart(page, "training", "chart.scales.x.ticks.map(({ value }) => value)")
    assert ticks == [0, 500, 1000, 1500, 2000, 2500, 3000, 3500]


def test_no_line_has_more_than_four_hundred_points(open_page: OpenPage) -> None:
    page = opened(open_page)

    def refine(document: dict[str, Any]) -> None:
        steps = document["epochs"][-1]["iteration"]
        document["iterations"] = [{"iteration": step, "accuracy": 0.5, "loss": 1.0} for step in range(steps)]

    alter_simulations(page, refine)
    page.locator("input#epochs").fill("16")
    wait_until(page, "Chart.getChart('training-canvas').data.datasets[0].data.length > 200")
    assert chart(page, "training", "Math.max(...chart.data.datasets.map(({ data }) => data.length))") <= 400


def test_a_tooltip_tells_the_epoch_and_where_the_numbers_come_from(open_page: OpenPage) -> None:
    page = opened(open_page)
    page.locator("#training-canvas").focus()
    page.keyboard.press("End")
    title, lines, footer = chart(
        page,
        "training",
        "[chart.tooltip.title, chart.tooltip.body.flatMap(({ lines }) => lines), chart.tooltip.footer]",
    )
    assert title == ["Epoch 15"]
    assert [line.split()[0] for line in lines] == ["Test", "Training", "ε", "Clipped"]
    assert footer == ["SIMULATED · MNIST 60,000 · seed 1"]


def test_every_badge_names_the_evidence_and_the_training_one_the_data_and_the_seed(
    open_page: OpenPage,
) -> None:
    page = opened(open_page)
    expect(page.locator("#training-badge")).to_have_text("SIMULATED · MNIST 60,000 · seed 1")
    for name in CHARTS:
        expect(page.locator(f"#{name}-badge")).to_contain_text("SIMULATED")


@pytest.mark.parametrize("name", CHARTS)
def test_arrow_keys_walk_a_chart_and_each_point_is_announced(open_page: OpenPage, name: str) -> None:
    page = opened(open_page)
    canvas = page.locator(f"#{name}-canvas")
    assert canvas.get_attribute("role") == "img"
    assert len(canvas.get_attribute("aria-label") or "") > 40
    canvas.focus()
    places = []
    for key in ("ArrowRight", "ArrowRight", "End", "Home"):
        page.keyboard.press(key)
        said = page.locator("#walk-announcer").inner_text()
        assert len(said) > 20
        places.append(said.split(". ")[-1])
    total = places[0].removeprefix("1 of ")
    assert places == [
        f"1 of {total}",
        f"2 of {total}",
        f"{total.removesuffix('.')} of {total}",
        f"1 of {total}",
    ]
    assert chart(page, name, "chart.getActiveElements().length") > 0
    page.keyboard.press("Escape")
    assert chart(page, name, "chart.getActiveElements().length") == 0


def test_dragging_the_line_tries_another_c_and_letting_go_sets_it(open_page: OpenPage) -> None:
    page = opened(open_page)
    handle = page.locator("#norm-handle")
    expect(handle).to_have_attribute("aria-valuetext", "C 1, clips 68 %")
    clipped = chart(page, "clipping", "chart.data.datasets[1].data.map(({ y }) => y)")
    drag(page, handle, by=60)
    expect(handle).to_have_attribute("aria-valuetext", re.compile("would clip about"))
    tried = float(handle.get_attribute("aria-valuenow") or "nan")
    assert tried > 1
    expect(page.locator("input#clipping_norm")).to_have_value("1")
    assert chart(page, "clipping", "chart.data.datasets[1].data.map(({ y }) => y)") != clipped
    page.mouse.up()
    expect(page.locator("input#clipping_norm")).to_have_value(f"{tried:g}")
    expect(handle).to_have_attribute("aria-valuetext", re.compile(f"^C {tried:g}, clips"))


def test_escape_puts_the_line_back_while_it_is_dragged(open_page: OpenPage) -> None:
    page = opened(open_page)
    drag(page, page.locator("#norm-handle"), by=60)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator("#norm-handle")).to_have_attribute("aria-valuetext", "C 1, clips 68 %")
    expect(page.locator("input#clipping_norm")).to_have_value("1")


def test_keys_move_the_line_and_say_what_it_would_clip(open_page: OpenPage) -> None:
    page = opened(open_page)
    handle = page.locator("#norm-handle")
    handle.focus()
    page.keyboard.down("ArrowRight")
    expect(handle).to_have_attribute("aria-valuenow", "1.1")
    assert "would clip" in (handle.get_attribute("aria-valuetext") or "")
    page.keyboard.up("ArrowRight")
    expect(page.locator("input#clipping_norm")).to_have_value("1.1")
    page.keyboard.press("End")
    expect(page.locator("input#clipping_norm")).to_have_value("20")
    expect(handle).to_be_focused()


def test_a_finger_drags_the_line(open_page: OpenPage) -> None:
    page = opened(open_page, viewport=PHONE, has_touch=True)
    handle = page.locator("#norm-handle")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box is not None
    assert box["width"] >= 44
    drag(page, handle, by=40)
    page.mouse.up()
    expect(page.locator("input#clipping_norm")).not_to_have_value("1")


def test_what_lies_above_c_is_piled_at_c(open_page: OpenPage) -> None:
    page = opened(open_page)
    before, after = chart(
        page,
        "clipping",
        "chart.data.datasets.map(({ data }) => data.filter((_, index) => index % 2 === 0).map(({ y }) => y))",
    )
    assert sum(before) == pytest.approx(100, abs=0.01)
    assert sum(after) == pytest.approx(100, abs=0.01)
    assert after[23] > 60  # the bin that ends at C = 1
    assert sum(after[24:]) == 0


def test_the_scrubber_goes_through_the_epochs(open_page: OpenPage) -> None:
    page = opened(open_page)
    output = page.locator(".scrubber output")
    expect(output).to_contain_text("epoch 15 of 15")
    last = chart(page, "clipping", "chart.data.datasets[0].data.map(({ y }) => y)")
    page.locator("#gradient-epoch").focus()
    page.keyboard.press("Home")
    expect(output).to_contain_text("epoch 1 of 15")
    expect(page.locator("#clipping-title")).to_contain_text("Epoch 1:")
    assert chart(page, "clipping", "chart.data.datasets[0].data.map(({ y }) => y)") != last


def test_the_gradient_chart_shows_the_clipped_share_and_signal_against_noise(open_page: OpenPage) -> None:
    page = opened(open_page)
    choose(page, "gradient-view-clipped")
    assert chart(
        page, "clipping", "[chart.scales.y.min, chart.scales.y.max, chart.data.datasets[0].data.length]"
    ) == [0, 100, 15]
    choose(page, "gradient-view-signal")
    assert chart(page, "clipping", "chart.options.scales.y.type") == "logarithmic"
    assert chart(page, "clipping", "chart.data.datasets.map(({ borderDash }) => borderDash ?? [])") == [
        [],
        [6, 4],
    ]
    expect(page.locator("#clipping-title")).to_contain_text("× the signal")
    expect(page.locator("#norm-handle")).to_be_hidden()
    choose(page, "gradient-view-norms")
    expect(page.locator("#norm-handle")).to_be_visible()


def test_classes_stand_by_their_gap_to_the_baseline_and_the_caption_names_the_ends(
    open_page: OpenPage,
) -> None:
    page = opened(open_page, "&baseline=true")
    own, other = chart(page, "classes", "chart.data.datasets.map(({ data }) => data)")
    gaps = [with_privacy - without for with_privacy, without in zip(other, own, strict=True)]
    assert gaps == sorted(gaps, reverse=True)
    labels = chart(page, "classes", "chart.data.labels")
    assert sorted(labels) == [str(digit) for digit in range(10)]
    worst, best = labels[own.index(min(own))], labels[own.index(max(own))]
    expect(page.locator("#classes-figure .caption")).to_contain_text(f"Worst {worst}: ")
    expect(page.locator("#classes-figure .caption")).to_contain_text(f"best {best}: ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", CHARTS)
def test_a_picture_is_large_and_stands_on_an_opaque_ground(
    open_page: OpenPage, tmp_path: Path, name: str, scheme: Any
) -> None:
    page = opened(open_page, color_scheme=scheme)
    record_texts(page)
    with page.expect_download() as download:
        page.locator(f"#{name}-png").click()
    picture = tmp_path / "chart.png"
    download.value.save_as(picture)
    assert download.value.suggested_filename == f"dpsgd-{name}-simulated-seed-1.png"
    assert struct.unpack(">II", picture.read_bytes()[16:24]) == (1920, 1200)
    written = page.evaluate("window.written.map(({ text }) => text)")
    assert page.locator(f"#{name}-title").inner_text() in written
    assert "SIMULATED · MNIST 60,000 · seed 1" in written
    assert any(text.startswith("C 1 · σ 0.8 · B 256 · learning rate 0.02 · 15 epochs") for text in written)
    corner = page.evaluate(
        """async (bytes) => {
          const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
          const { width, height } = bitmap;
          const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
          context.drawImage(bitmap, 0, 0);
          return [...context.getImageData(2, 2, 1, 1).data];
        }""",
        list(picture.read_bytes()),
    )
    assert corner == ([255, 255, 255, 255] if scheme == "light" else [24, 26, 31, 255])


@pytest.mark.parametrize("name", CHARTS)
def test_the_numbers_of_a_chart_can_be_saved_with_their_provenance(open_page: OpenPage, name: str) -> None:
    page = opened(open_page)
    with page.expect_download() as download:
        page.locator(f"#{name}-csv").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8"))))
    assert len(rows) >= 10
    for row in rows:
        assert (row["evidence"], row["parameter_noise_multiplier"], row["parameter_seed"]) == (
            "simulated",
            "0.8",
            "1",
        )
    if name == "training":
        drawn = chart(page, "training", "chart.data.datasets[0].data.at(-1).end.accuracy")
        assert float(rows[-1]["accuracy"]) == drawn


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_can_be_read_as_a_table(open_page: OpenPage, name: str) -> None:
    page = opened(open_page)
    page.locator(f"#{name}-table summary").click()
    expect(page.locator(f"#{name}-table caption")).not_to_be_empty()
    assert page.locator(f"#{name}-table tbody tr").count() >= 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_and_text_have_enough_contrast(open_page: OpenPage, scheme: Any) -> None:
    """WCAG 2.2: text 4.5 to 1, marks 3 to 1; here all of these colours are also used for text."""
    page = opened(open_page, color_scheme=scheme)
    ratios = page.evaluate(
        """() => {
          const style = getComputedStyle(document.documentElement);
          const luminance = (name) => {
            const hex = style.getPropertyValue(`--chart-${name}`).trim();
            const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
              .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const card = luminance("card");
          const names = ["accuracy", "loss", "epsilon", "neutral", "ink", "muted", "gradient", "after"];
          names.push("pin-1", "pin-2", "pin-3", "pin-4");
          return names.map((name) => {
            const [low, high] = [luminance(name), card].sort((a, b) => a - b);
            return [name, (high + 0.05) / (low + 0.05)];
          });
        }"""
    )
    assert [pair for pair in ratios if pair[1] < 4.5] == []


def test_only_the_charts_folder_names_the_chart_library() -> None:
    root = Path(__file__).parents[2] / "static" / "js"
    naming = [
        path.name
        for path in root.rglob("*.js")
        if "globalThis.Chart" in path.read_text() or "new Chart(" in path.read_text()
    ]
    assert naming == ["base.js"]


def test_the_charts_draw_at_most_once_a_frame(open_page: OpenPage) -> None:
    page = opened(open_page)
    most = page.evaluate(
        """() => new Promise((resolve) => {
          const counts = [];
          let drawn = {};
          const update = Chart.prototype.update;
          Chart.prototype.update = function (mode) {
            drawn[this.canvas.id] = (drawn[this.canvas.id] ?? 0) + 1;
            if (mode !== "none") drawn.animated = 99;
            return update.call(this, mode);
          };
          const range = document.getElementById("noise_multiplier-range");
          let frames = 0;
          const look = () => {
            counts.push(...Object.values(drawn));
            drawn = {};
            for (let move = 0; move < 5; move += 1) {
              range.value = String((frames * 5 + move) % 60);
              range.dispatchEvent(new Event("input", { bubbles: true }));
            }
            frames += 1;
            if (frames < 60) requestAnimationFrame(look);
            else resolve(Math.max(...counts));
          };
          requestAnimationFrame(look);
        })"""
    )
    assert most == 1


def test_pictures_of_the_charts(open_page: OpenPage, screenshots: Path | None) -> None:
    """The figures load in greyscale too; kept as pictures where SCREENSHOTS names a folder."""
    page = opened(open_page, "&baseline=true")
    page.locator("#training-pin").click()
    page.locator("#optimal").click()
    settle(page)
    page.evaluate("document.documentElement.style.filter = 'grayscale(1)'")
    if screenshots:
        page.screenshot(path=screenshots / "charts-greyscale.png")
