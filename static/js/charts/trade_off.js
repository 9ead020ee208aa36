/** The trade-off chart: ε on a log scale against test accuracy, with error bars, fronts, and published results as diamonds. */

import { LEAST_EPSILON, MOST_EPSILON } from "../trade_off/model.js";
import * as format from "../format.js";
import { axis, BaseChart, commonOptions, POINT_ROOM } from "./base.js";
import { ERROR_SCALE, registerErrorScale } from "./error_scale.js";
import { hatched, labelWidth, whisker } from "./marks.js";
import { faded } from "./palette.js";
import { freePlace } from "./placement.js";

const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
const FEW_TICKS = new Set([0.1, 1, 10, 100]);
const NARROW = 420; // pixels of the plot below which labels thin out
const TALL = 320; // pixels of the canvas above which the whole title of the axis has room
const RADIUS = 3.5; // of a sweep's measured points: small, so that their error bars reach out of them
const HATCHED_RADIUS = 5; // lines need room to be told from a plain fill
const HEIGHT = 14; // pixels of a label
const RUN_RADIUS = 8;

export class TradeOffChart extends BaseChart {
  config(palette) {
    registerErrorScale(globalThis);
    const { plugins, ...options } = commonOptions(palette);
    const callbacks = {
      title: ([item]) => (item ? this.model.layers[item.datasetIndex].label : ""),
      label: ({ datasetIndex, dataIndex }) => broken(this.model.layers[datasetIndex].points[dataIndex].text),
      footer: ([item]) => (item && this.model.layers[item.datasetIndex].points[item.dataIndex].apply ? "Click or Enter takes these settings" : ""),
    };
    return {
      type: "scatter",
      data: { datasets: [] },
      options: {
        ...options,
        interaction: { mode: "nearest", axis: "xy", intersect: true },
        plugins: { ...plugins, tooltip: { ...plugins.tooltip, callbacks, filter: ({ datasetIndex }) => isPointed(this.model.layers[datasetIndex]) } },
        scales: {
          x: axis({
            title: "Privacy loss ε (log scale; smaller is more private)", colour: palette.epsilon, palette, type: "logarithmic", min: LEAST_EPSILON, max: MOST_EPSILON,
            afterBuildTicks: (scale) => { scale.ticks = ticksFor(scale).map((value) => ({ value })); },
            ticks: { callback: (tick) => format.value(tick), autoSkip: false },
          }),
          y: axis({
            title: "Test accuracy (%)", colour: palette.accuracy, palette, type: ERROR_SCALE, min: 0.5, max: 20,
            ticks: { callback: (tick) => String(tick), autoSkip: false },
          }),
        },
      },
    };
  }

  apply({ floor, ceiling, layers }) {
    const { data, width, height, options: { scales: { y } } } = this.chart;
    data.datasets = layers.map((layer) => ({ ...this.lookOf(layer), label: layer.label, data: layer.points.map(placed), parsing: false, clip: POINT_ROOM }));
    y.title.text = width > NARROW && height > TALL ? "Test accuracy (%), errors on a log scale" : "Test accuracy (%)";
    Object.assign(y, { min: 100 - ceiling, max: 100 - floor });
  }

  /** Return how a layer is drawn: filled is measured, hatched simulated, a hollow diamond published. */
  lookOf({ kind, slot, evidence, number, dash, joined = false }) {
    const { palette } = this;
    const colour = kind === "run" ? (number === null ? palette.ink : palette[`pin-${number}`]) : sweepColour(palette, slot);
    const point = {
      showLine: false, borderColor: colour, borderWidth: kind === "measured" ? 0 : 2, pointRadius: RADIUS, pointHoverRadius: 8, pointHitRadius: 9,
      pointStyle: ["circle", "triangle", "rect", "triangle"][slot] ?? "circle", rotation: slot === 3 ? 180 : 0,
    };
    const fill = (measured) => (measured ? colour : hatched(colour, palette.card));
    return {
      measured: { ...point, backgroundColor: colour },
      simulated: { ...point, pointRadius: HATCHED_RADIUS, backgroundColor: fill(false) },
      run: { ...point, pointRadius: RUN_RADIUS, pointHoverRadius: 10, backgroundColor: fill(evidence === "measured") },
      published: { ...point, borderColor: palette.muted, backgroundColor: palette.card, pointStyle: "rectRot", pointRadius: 6, borderWidth: 1.5, showLine: joined, borderDash: [1, 4] },
      front: { ...line(faded(colour, 0.55)), borderWidth: 3 },
      line: { ...line(palette.neutral), borderWidth: 1.5, borderDash: dash },
    }[kind];
  }

  /** Return the point of the model under a pointer's event that can be taken, or null. */
  takeable(event) {
    const [found] = this.chart.getElementsAtEventForMode(event, "nearest", { intersect: true }, false);
    return (found && this.model.layers[found.datasetIndex].points[found.index].apply) ?? null;
  }

  drawMarks(chart) {
    const { layers } = this.model;
    const taken = [];
    const each = (kinds, draw) => layers.forEach((layer, index) => kinds.includes(layer.kind) && draw(layer, chart.getDatasetMeta(index).data));
    each(["measured", "simulated"], (layer, marks) => this.drawSpread(chart, layer, marks, taken));
    each(["measured", "simulated", "run", "published"], (_, marks) => marks.forEach(({ x, y }) => taken.push(around(x, y, 7))));
    each(["front"], (_, marks) => taken.push(...alongside(marks)));
    each(["run"], (layer, [mark]) => this.nameRun(chart, layer, mark, taken));
    this.nameLines(chart, taken);
    each(["published"], ({ label }, marks) => this.write(chart, label, marks.at(-1), taken, { colour: this.palette.muted, always: chart.chartArea.width > NARROW }));
    const isTagged = ({ kind, slot }) => kind === "measured" || !layers.some((other) => other.kind === "measured" && other.slot === slot);
    each(["measured", "simulated"], (layer, marks) => isTagged(layer) && this.tagPoints(chart, layer, marks, taken));
  }

  /** Write what the lines without privacy are at their left end, where no private point can be; close lines have one label. */
  nameLines(chart, taken) {
    const { x, y } = chart.scales;
    const lines = this.model.layers.filter(({ kind }) => kind === "line").map((layer) => ({ name: chart.chartArea.width > NARROW ? layer.name : layer.short, at: y.getPixelForValue(layer.points[0].y) }));
    const close = lines.length > 1 && Math.abs(lines[0].at - lines[1].at) < 2 * HEIGHT;
    const labels = close ? [{ name: [...new Set(lines.map(({ name }) => name))].join(", "), at: Math.min(...lines.map(({ at }) => at)) }] : lines;
    for (const { name, at } of labels) this.write(chart, `without privacy ${name}`, { x: x.left, y: at }, taken, { colour: this.palette.muted, sides: ["aboveRight"], always: true });
  }

  drawSpread(chart, { slot, points }, marks, taken) {
    const { y } = chart.scales;
    points.forEach(({ low, high }, index) => {
      if (low === undefined) return;
      const bar = { x: marks[index].x, top: y.getPixelForValue(high), bottom: y.getPixelForValue(low) };
      whisker(chart, { ...bar, foot: bar.bottom - bar.top > 2 * RADIUS ? 5 : 0, colour: sweepColour(this.palette, slot) });
      taken.push({ left: bar.x - 4, right: bar.x + 4, top: bar.top, bottom: bar.bottom });
    });
  }

  /** Write a pin's number into its point, and beside the shown run what it is. */
  nameRun(chart, { number, evidence }, mark, taken) {
    if (number === null) return this.write(chart, "shown", mark, taken, { colour: this.palette.ink, always: true });
    const inside = evidence === "measured" ? { colour: this.palette.card, halo: this.palette[`pin-${number}`] } : { colour: this.palette.ink, halo: this.palette.card };
    this.inscribe(chart, String(number), { ...mark.getProps(["x", "y"]), ...inside });
  }

  tagPoints(chart, { slot, points }, marks, taken) {
    points.forEach(({ tag, setting }, index) => {
      const isEnd = index === 0 || index === points.length - 1;
      const colour = sweepColour(this.palette, slot);
      this.write(chart, isEnd ? setting : tag, marks[index], taken, { colour, sides: ["below", "right", "left", "above"] });
    });
  }

  /** Write text beside a mark where there is room; where there is none only if it is `always` written. */
  write(chart, text, { x, y }, taken, { colour, sides = ["right", "aboveRight", "above", "aboveLeft", "left", "below"], always = false }) {
    const size = { width: labelWidth(chart, text), height: HEIGHT };
    const box = freePlace({ x, y }, size, { taken, area: chart.chartArea, sides, always });
    if (!box) return;
    taken.push(box);
    this.label(chart, text, { x: box.left, y: (box.top + box.bottom) / 2, align: "left", colour });
  }

  inscribe({ ctx }, text, { x, y, colour, halo }) {
    ctx.save();
    Object.assign(ctx, { font: "700 11px system-ui, sans-serif", textAlign: "center", textBaseline: "middle", lineWidth: 3, strokeStyle: halo, fillStyle: colour });
    ctx.strokeText(text, x, y + 0.5);
    ctx.fillText(text, x, y + 0.5);
    ctx.restore();
  }
}

/** Return the colour of a sweep: that of accuracy for the shipped one. */
const sweepColour = (palette, slot) => [palette.accuracy, palette.gradient, palette.after, palette.loss][slot];

const isPointed = ({ kind }) => kind !== "front" && kind !== "line";

const line = (borderColor) => ({ showLine: true, borderColor, backgroundColor: borderColor, pointRadius: 0, pointHitRadius: 0, pointHoverRadius: 0, fill: false });

/** Return a point inside the axis: an ε beyond its ends (∞: null) stands on the end, and its label tells the number. */
const placed = ({ x, y }) => ({ x: x === null ? MOST_EPSILON : Math.min(Math.max(x, LEAST_EPSILON), MOST_EPSILON), y });

const ticksFor = ({ width }) => (width > NARROW ? TICKS : TICKS.filter((tick) => FEW_TICKS.has(tick)));

const around = (x, y, reach) => ({ left: x - reach, right: x + reach, top: y - reach, bottom: y + reach });

/** Return boxes along a drawn line, for labels to keep clear of it. */
function alongside(marks) {
  return marks.slice(1).flatMap((end, index) => {
    const begin = marks[index];
    const steps = Math.ceil(Math.hypot(end.x - begin.x, end.y - begin.y) / 10);
    return Array.from({ length: steps }, (_, step) => around(begin.x + ((end.x - begin.x) * step) / steps, begin.y + ((end.y - begin.y) * step) / steps, 3));
  });
}

/** Return a sentence in lines that a tooltip has room for. */
function broken(text) {
  return text.split(/(?<=[:(]) ?|; /).reduce((lines, part) => (lines.length && (lines.at(-1) + part).length < 58 ? [...lines.slice(0, -1), `${lines.at(-1)} ${part}`] : [...lines, part]), []);
}
