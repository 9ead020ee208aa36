/** What all charts share: creation, updates without animation, a new palette, marks over the data, and a picture of it. */

import { createFrameGate } from "../frame_gate.js";
import { FONT } from "./font.js";
import { labelAt } from "./marks.js";

/** How far points may reach over the plot's edge, in pixels: the last one stands on it and stays whole. */
export const POINT_ROOM = { left: 8, right: 8, top: 4, bottom: 8 };

export class BaseChart {
  /** `canvas` must stand in a box with a fixed height; `palette` comes from readPalette(); `adapt` may change the options. */
  constructor(canvas, palette, { adapt = (options) => options, drawn = () => {} } = {}) {
    Object.assign(this, { canvas, adapt, drawn, model: null, shown: null });
    this.gate = createFrameGate((callback) => requestAnimationFrame(callback));
    this.create(palette);
  }

  create(palette) {
    this.palette = palette;
    const marks = { id: "marks", afterDatasetsDraw: (chart) => this.model && this.drawOver(chart) };
    const { options, ...config } = this.config(palette);
    this.chart = new globalThis.Chart(this.canvas, { ...config, options: this.adapt(options), plugins: [marks] });
  }

  drawOver(chart) {
    this.drawMarks(chart);
    this.drawn(chart, this.model);
  }

  /** Show `model`, at most once a frame; what is shown already is not drawn again. */
  update(model) {
    this.gate(() => this.draw(model));
  }

  draw(model) {
    const shown = JSON.stringify(model);
    if (shown === this.shown || !this.chart) return;
    Object.assign(this, { model, shown });
    this.apply(model);
    this.chart.update("none");
  }

  /** Draw again in the colours of another theme. */
  recolour(palette) {
    const { model } = this;
    this.destroy();
    this.create(palette);
    if (model) this.draw(model);
  }

  /** Give the canvas back, for another chart to draw on. */
  destroy() {
    this.chart?.destroy();
    Object.assign(this, { chart: null, model: null, shown: null });
  }

  /** Point at data: [{datasetIndex, index}], [] for nothing. */
  point(elements) {
    this.chart.setActiveElements(elements);
    this.chart.tooltip?.setActiveElements(elements, { x: 0, y: 0 });
    this.chart.update("none");
  }

  /** Return the Chart.js configuration; fixed scales and no data yet. */
  config() {
    throw new Error("a chart describes its own config");
  }

  /** Put `model` into the chart's datasets and scales. */
  apply() {
    throw new Error("a chart applies its own model");
  }

  /** Draw direct labels and flags over the data; nothing by default. */
  drawMarks() {}

  /** Write `text` beside a data position, kept inside the plot. */
  label(chart, text, place) {
    labelAt(chart, text, { ...place, halo: this.palette.card });
  }
}

/** Return the options that every chart has: fills its box, no animation, no legend (marks are labelled directly). */
export function commonOptions(palette) {
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    font: FONT,
    layout: { padding: { top: 6, right: 6 } },
    interaction: { mode: "nearest", axis: "x", intersect: false },
    plugins: {
      legend: { display: false },
      tooltip: {
        backgroundColor: palette.ink, titleColor: palette.card, bodyColor: palette.card, footerColor: palette.card,
        padding: 10, cornerRadius: 6, displayColors: false, animation: false,
        titleFont: { ...FONT, weight: "700" }, bodyFont: FONT, footerFont: { ...FONT, size: 10, weight: "700" },
      },
    },
  };
}

/** Return an axis: its title and ticks in one colour. */
export function axis({ title, colour, palette, grid = true, ...rest }) {
  const { ticks = {}, ...options } = rest;
  return {
    title: { display: true, text: title, color: colour, font: { ...FONT, weight: "600" }, padding: 2 },
    ticks: { color: colour, font: FONT, maxRotation: 0, padding: 6, ...ticks },
    grid: { color: palette.grid, drawOnChartArea: grid, drawTicks: false },
    border: { color: palette.grid },
    ...options,
  };
}

/** Return the x axis in epochs; its end is set with the data. */
export function epochAxis(palette) {
  return axis({
    title: "Epoch", colour: palette.muted, palette, type: "linear", min: 0, max: 15, grid: false,
    ticks: { stepSize: 3 }, afterBuildTicks: (scale) => { scale.ticks = wholeTicks(scale); },
  });
}

/** Return ticks at whole steps; Chart.js divides the axis evenly where its length is nearly a multiple of the step. */
function wholeTicks({ max, options }) {
  const { stepSize } = options.ticks;
  return Array.from({ length: Math.floor(max / stepSize) + 1 }, (_, index) => ({ value: index * stepSize }));
}

/** Let an axis of whole numbers end at `length`, with at most eight steps, even ones where the number allows it. */
export function fitLength(scale, length, title = "Epoch") {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(length / 8)));
  const steps = [1, 2, 3, 4, 5, 10].map((step) => step * power).filter((step) => length / step <= 8);
  const even = steps.find((step) => length % step === 0);
  scale.title.text = title;
  scale.max = length;
  scale.ticks.stepSize = even ?? steps[0];
}
