/** The privacy chart: planned ε dotted, spent ε solid, the band down to the tighter bound, the target as a line. */

import * as format from "../format.js";
import { axis, BaseChart, commonOptions, epochAxis, fitLength, POINT_ROOM } from "./base.js";
import { faded, pinLook } from "./palette.js";
import { beside, clearHeight, spanBetween, textSpan } from "./placement.js";

const HEADROOM = 1.15;
const LABEL_ROOM = 34; // pixels between two lines that a label fits between
const LABEL_WIDTH = 92; // pixels that a label takes at a line's end
const LEAST_BAND = 10; // pixels; a thinner band is no place to name its edge
const PLANNED = 0;
const SPENT = 1;
const BAND = 3;
const OWN_LINES = 4;

export class BudgetChart extends BaseChart {
  config(palette) {
    const { plugins, ...options } = commonOptions(palette);
    const callbacks = {
      title: ([item]) => (item ? `After ${format.value(item.parsed.x)} epoch${item.parsed.x === 1 ? "" : "s"}` : ""),
      label: ({ dataset, parsed }) => `${dataset.label} ε ${format.epsilon(parsed.y)}`,
      footer: () => this.model.provenance,
    };
    const told = ({ datasetIndex }) => [PLANNED, SPENT, BAND].includes(datasetIndex);
    return {
      type: "line",
      data: { datasets: datasets(palette) },
      options: {
        ...options,
        plugins: { ...plugins, tooltip: { ...plugins.tooltip, callbacks, filter: told } },
        scales: {
          x: epochAxis(palette),
          y: axis({
            title: "Privacy loss ε", colour: palette.epsilon, palette, min: 0, max: 4,
            ticks: { maxTicksLimit: 7, callback: (tick) => format.value(tick) },
          }),
        },
      },
    };
  }

  apply({ epochs, planned, spent, band, budget, pins }) {
    const { data, options } = this.chart;
    const [plannedLine, spentLine, budgetLine, bandLine] = data.datasets;
    plannedLine.data = planned;
    spentLine.data = spent;
    budgetLine.data = [{ x: 0, y: budget }, { x: epochs, y: budget }];
    bandLine.data = band;
    data.datasets = [...data.datasets.slice(0, OWN_LINES), ...pinnedLines(this.palette, pins)];
    fitLength(options.scales.x, epochs);
    options.scales.y.max = ceilingOf([planned, spent, ...pins.map(({ points }) => points)].flat(), budget);
  }

  drawMarks(chart) {
    const { planned, spent, unlimited } = this.model;
    if (unlimited) {
      const { left, right, top, bottom } = chart.chartArea;
      this.label(chart, unlimited, { x: (left + right) / 2, y: (top + bottom) / 2, align: "center", colour: this.palette.epsilon });
    }
    const lines = linesOf(chart);
    const taken = [this.labelTarget(chart)];
    const ahead = planned.length > 0 && (!spent.length || this.isApart(chart, planned.at(-1), spent.at(-1)));
    if (spent.length) taken.push(this.labelEnd(chart, { end: spent.at(-1), word: "spent", lines, taken }));
    if (ahead) taken.push(this.labelEnd(chart, { end: planned.at(-1), word: "planned", lines, taken }));
    this.labelBand(chart, lines);
    this.labelPins(chart);
  }

  /** Write the target above its line: at the left, or at the right where the curve is far above it. */
  labelTarget(chart) {
    const { planned, spent, budget } = this.model;
    const { x, y } = chart.scales;
    const line = y.getPixelForValue(budget);
    const end = Math.max(0, ...[...planned, ...spent].map((point) => point.y));
    const above = line - y.getPixelForValue(end) > 2 * LABEL_ROOM;
    const place = above ? { x: x.right - 6, align: "right" } : { x: x.left + 6, align: "left" };
    this.label(chart, `target ε ${format.value(budget)}`, { ...place, y: line - 9, colour: this.palette.muted });
    return above ? textSpan(line - 9) : [];
  }

  labelEnd(chart, { end, word, lines, taken }) {
    const { x, y } = chart.scales;
    const [right, at] = [x.getPixelForValue(end.x), y.getPixelForValue(end.y)];
    const spans = lines.map((line) => spanBetween(line, right - LABEL_WIDTH, right));
    const height = clearHeight(beside(at, -1), { lines: spans, texts: taken }, chart.chartArea);
    this.label(chart, `${word} ε ${format.epsilon(end.y)}`, { x: right, y: height, colour: this.palette.epsilon });
    return textSpan(height);
  }

  /** Write what the band's lower edge is, under its middle; between pinned runs there is no room, and the key names it. */
  labelBand(chart, lines) {
    const { band, planned, pins } = this.model;
    if (pins.length > 1) return;
    const { x, y } = chart.scales;
    const middle = band[Math.floor(band.length / 2)];
    const above = planned.find((point) => point.x === middle?.x);
    if (!middle || y.getPixelForValue(middle.y) - y.getPixelForValue(above.y) < LEAST_BAND) return;
    const [centre, at] = [x.getPixelForValue(middle.x), y.getPixelForValue(middle.y)];
    const spans = lines.map((line) => spanBetween(line, centre - LABEL_WIDTH, centre + LABEL_WIDTH));
    const height = clearHeight([18, 24, 30, 38, 48].map((distance) => at + distance), { lines: spans }, chart.chartArea);
    this.label(chart, "tightest known bound (PLD)", { x: centre, y: height, align: "center", colour: this.palette.muted });
  }

  labelPins(chart) {
    const { x, y } = chart.scales;
    this.model.pins.filter(({ points }) => points.length).forEach(({ number, points }, index) => {
      const end = points.at(-1);
      const place = { x: x.getPixelForValue(end.x) - 8 - 14 * index, y: y.getPixelForValue(end.y) + 10 };
      this.label(chart, String(number), { ...place, colour: pinLook(this.palette, number).colour });
    });
  }

  /** Return whether two ends are far enough from each other to carry a label each. */
  isApart({ scales: { x, y } }, first, second) {
    const across = Math.abs(x.getPixelForValue(first.x) - x.getPixelForValue(second.x));
    return across > 100 || Math.abs(y.getPixelForValue(first.y) - y.getPixelForValue(second.y)) > LABEL_ROOM;
  }
}

/** Return all drawn lines in pixels. */
function linesOf({ data, scales: { x, y } }) {
  return data.datasets.map(({ data: points }) => points.map((point) => ({ x: x.getPixelForValue(point.x), y: y.getPixelForValue(point.y) })));
}

function datasets(palette) {
  const line = { data: [], parsing: false, clip: POINT_ROOM, borderColor: palette.epsilon, fill: false };
  return [
    { ...line, label: "planned", borderWidth: 2, borderDash: [2, 4], pointRadius: 0 },
    { ...line, label: "spent", borderWidth: 3, pointRadius: wholeEpochs, backgroundColor: palette.epsilon },
    { ...line, label: "target", borderColor: palette.neutral, borderWidth: 1.5, borderDash: [8, 4], pointRadius: 0 },
    {
      ...line, label: "tightest known bound (PLD)", borderWidth: 1, pointRadius: 0,
      backgroundColor: faded(palette.epsilon, 0.13), fill: { target: PLANNED },
    },
  ];
}

/** Points mark the ends of epochs; those within the first one only shape the line. */
function wholeEpochs({ raw }) {
  return raw?.x > 0 && Number.isInteger(raw.x) ? 2 : 0;
}

function pinnedLines(palette, pins) {
  return pins.map(({ number, name, evidence, points }) => {
    const { colour, point } = pinLook(palette, number);
    const atEnd = ({ dataIndex, dataset }) => (dataIndex === dataset.data.length - 1 ? 4 : 0);
    return {
      label: `${number} ${name} (${evidence})`, data: points, parsing: false, clip: POINT_ROOM, borderColor: colour, borderWidth: 1.5, fill: false,
      pointStyle: point, pointRadius: atEnd, pointHoverRadius: 0,
    };
  });
}

function ceilingOf(points, budget) {
  const most = HEADROOM * Math.max(budget, ...points.map(({ y }) => y));
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 5, 10].map((factor) => factor * power).find((ceiling) => ceiling >= most);
}
