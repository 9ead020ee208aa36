/** The gradient chart: per-example gradient norms before and after clipping, on a logarithmic axis with a line at C. */

import * as format from "../format.js";
import { binOf, edgesOf, LONGEST, SHORTEST } from "../histogram.js";
import { axis, BaseChart, commonOptions } from "./base.js";
import { verticalLine } from "./marks.js";
import { faded } from "./palette.js";

const TICKS = new Set([0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000]);
const LINE_HEIGHT = 17;

/** The top of the axis in per cent of examples, in every run and epoch; what is higher is flagged with its number. */
export const MOST_SHARE = 25;

export class ClippingChart extends BaseChart {
  config(palette) {
    const { plugins, ...options } = commonOptions(palette);
    const callbacks = {
      title: ([item]) => (item ? rangeText(item.raw.bin) : ""),
      label: ({ dataset, parsed }) => `${dataset.label}: ${parsed.y.toFixed(1)} % of examples`,
      footer: () => this.model.provenance,
    };
    return {
      type: "line",
      data: { datasets: datasets(palette) },
      options: {
        ...options,
        plugins: { ...plugins, tooltip: { ...plugins.tooltip, filter: firstOfEach, callbacks } },
        scales: {
          x: axis({
            title: "Gradient norm of one example (log scale)", colour: palette.muted, palette, type: "logarithmic",
            min: SHORTEST, max: LONGEST, grid: false, ticks: { callback: (tick) => (TICKS.has(tick) ? String(tick) : null) },
          }),
          y: axis({
            title: "Examples (%)", colour: palette.muted, palette, min: 0, max: MOST_SHARE, ticks: { stepSize: 5 },
          }),
        },
      },
    };
  }

  apply({ before, after }) {
    const [beforeLine, afterLine] = this.chart.data.datasets;
    beforeLine.data = before;
    afterLine.data = after;
  }

  drawMarks(chart) {
    const { clippingNorm, wouldBe } = this.model;
    this.flagHighest(chart);
    if (!clippingNorm) return;
    const own = chart.scales.x.getPixelForValue(clippingNorm);
    verticalLine(chart, { x: own, colour: this.palette.ink, dash: wouldBe ? [3, 3] : [] });
    if (wouldBe) verticalLine(chart, { x: chart.scales.x.getPixelForValue(wouldBe.norm), colour: this.palette.ink });
    this.labelLine(chart, this.lineTexts());
  }

  /** Return what stands beside the line at C: its value, and how much is shortened to it. */
  lineTexts() {
    const { clippingNorm, wouldBe, clipped, shares } = this.model;
    if (wouldBe) {
      const share = wouldBe.clipped === null ? [] : [`▲ would clip about ${wouldBe.clipped.toFixed(0)} %`];
      return [`C = ${format.value(wouldBe.norm)}`, ...share];
    }
    return [`C = ${format.value(clippingNorm)}`, ...(shares.length ? [`▲ ${clipped.toFixed(0)} % shortened to C`] : [])];
  }

  /** Write the texts beside the bar of C, on the side that has more room, clear of the line that it is being moved from. */
  labelLine(chart, [value, ...shares]) {
    const { x } = chart.scales;
    const norm = this.model.wouldBe?.norm ?? this.model.clippingNorm;
    const edges = [...edgesOf(binOf(norm)), this.model.clippingNorm].map((edge) => x.getPixelForValue(edge));
    const leftHalf = x.getPixelForValue(norm) < (x.left + x.right) / 2;
    const place = leftHalf ? { x: Math.max(...edges) + 9, align: "left" } : { x: Math.min(...edges) - 9, align: "right" };
    this.label(chart, value, { ...place, y: chart.chartArea.top + 8, colour: this.palette.ink });
    shares.forEach((text, index) => {
      const y = chart.chartArea.top + 8 + LINE_HEIGHT * (index + 1);
      this.label(chart, text, { ...place, y, colour: this.palette.after });
    });
  }

  /** Write the share of the highest bin before clipping, where that reaches beyond the axis. */
  flagHighest(chart) {
    const highest = this.model.before.reduce((first, second) => (second.y > first.y ? second : first), { y: 0 });
    if (highest.y <= MOST_SHARE) return;
    const { x } = chart.scales;
    const [low, high] = edgesOf(highest.bin).map((edge) => x.getPixelForValue(edge));
    const place = high > (x.left + x.right) / 2 ? { x: high + 9, align: "left" } : { x: low - 9, align: "right" };
    const text = `▲ ${highest.y.toFixed(0)} %${highest.bin === 0 ? " are shorter still" : ""}`;
    this.label(chart, text, { ...place, y: chart.chartArea.top + 8 + 2 * LINE_HEIGHT, colour: this.palette.gradient });
  }
}

function datasets(palette) {
  const outline = { data: [], parsing: false, pointRadius: 0, pointHitRadius: 6, pointHoverRadius: 0 };
  return [
    {
      ...outline, label: "before clipping", borderColor: palette.gradient, borderWidth: 1,
      backgroundColor: faded(palette.gradient, 0.4), fill: "origin",
    },
    { ...outline, label: "after clipping", borderColor: palette.after, borderWidth: 2, fill: false },
  ];
}

/** Return whether a tooltip's item is the first of its dataset: two bins meet at one place. */
function firstOfEach(item, index, items) {
  return items.findIndex(({ datasetIndex }) => datasetIndex === item.datasetIndex) === index;
}

function rangeText(bin) {
  const [low, high] = edgesOf(bin).map((edge) => Number(edge.toPrecision(2)));
  if (low <= SHORTEST) return `Norm up to ${format.value(high)}`;
  return high >= LONGEST ? `Norm above ${format.value(low)}` : `Norm ${format.value(low)} to ${format.value(high)}`;
}
