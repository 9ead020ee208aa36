/** The gradient chart: per-example gradient norms before and after clipping, on a logarithmic axis. */

import * as format from "../format.js";
import { axis, BaseChart, commonOptions } from "./base.js";
import { verticalLine } from "./marks.js";
import { faded } from "./palette.js";

const SHORTEST = 1e-5; // where the axis ends at the latest
const RARE = 0.2; // per cent of examples; rarer norms do not widen the axis
const TICKS = new Set([0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000]);

export class ClippingChart extends BaseChart {
  config(palette) {
    const { plugins, ...options } = commonOptions(palette);
    const callbacks = {
      title: ([item]) => `Norm about ${format.value(Number(item.parsed.x.toPrecision(2)))}`,
      label: ({ dataset, parsed }) => `${dataset.label}: ${parsed.y.toFixed(1)} % of examples`,
    };
    return {
      type: "line",
      data: { datasets: datasets(palette) },
      options: {
        ...options,
        plugins: { ...plugins, tooltip: { ...plugins.tooltip, callbacks } },
        scales: {
          x: axis({
            title: "Gradient norm of one example (log scale)", colour: palette.muted, palette, type: "logarithmic",
            grid: false, ticks: { callback: (tick) => (TICKS.has(tick) ? String(tick) : null) },
          }),
          y: axis({
            title: "Examples (%)", colour: palette.muted, palette, min: 0, max: 10, ticks: { maxTicksLimit: 5, includeBounds: false },
          }),
        },
      },
    };
  }

  apply({ before, after, clippingNorm, top }) {
    const [beforeLine, afterLine] = this.chart.data.datasets;
    beforeLine.data = before;
    afterLine.data = after;
    const { x, y } = this.chart.options.scales;
    Object.assign(x, bounds([...before, ...after].filter((point) => point.y > RARE), clippingNorm));
    y.max = top;
  }

  drawMarks(chart) {
    const { before, after, clippingNorm, clipped, top, below, pile } = this.model;
    if (!clippingNorm) return;
    const x = chart.scales.x.getPixelForValue(clippingNorm);
    verticalLine(chart, { x, colour: this.palette.ink });
    if (below) {
      const words = `▲ ${below.y.toFixed(0)} % are ${Number(below.x.toPrecision(1))} or less`;
      const [, edge] = binEdges(before, below.x);
      const corner = { x: chart.scales.x.getPixelForValue(edge) + 7, y: chart.chartArea.top + 42, align: "left" };
      this.label(chart, words, { ...corner, colour: this.palette.gradient });
    }
    const leftHalf = x < (chart.chartArea.left + chart.chartArea.right) / 2;
    const [low, high] = binEdges(after, clippingNorm).map((norm) => chart.scales.x.getPixelForValue(norm));
    const place = leftHalf ? { x: high + 7, align: "left" } : { x: low - 7, align: "right" };
    this.label(chart, `C = ${format.value(clippingNorm)}`, { ...place, y: chart.chartArea.top + 8, colour: this.palette.ink });
    if (pile > top) {
      // The share that the heading states; the bin of C also holds those that were this long before.
      const text = `▲ ${clipped.toFixed(0)} % shortened to C`;
      this.label(chart, text, { ...place, y: chart.chartArea.top + 25, colour: this.palette.after });
    }
  }
}

function datasets(palette) {
  const bars = { data: [], parsing: false, stepped: "middle", pointRadius: 0, pointHitRadius: 6 };
  return [
    {
      ...bars, label: "before clipping", borderColor: palette.gradient, borderWidth: 1,
      backgroundColor: faded(palette.gradient, 0.4), fill: "origin",
    },
    { ...bars, label: "after clipping", borderColor: palette.after, borderWidth: 2, fill: false },
  ];
}

/** Return the edges of the bin nearest to `norm`: halfway, on the log axis, to its neighbours. */
function binEdges(bins, norm) {
  const distances = bins.map(({ x }) => Math.abs(Math.log(x / norm)));
  const nearest = distances.indexOf(Math.min(...distances));
  const halfway = (neighbour) => Math.sqrt(bins[nearest].x * (bins[neighbour] ?? bins[nearest]).x);
  return bins.length ? [halfway(nearest - 1), halfway(nearest + 1)] : [norm, norm];
}

function bounds(points, clippingNorm) {
  const norms = [...points.map(({ x }) => x), clippingNorm || 1];
  return { min: Math.max(Math.min(...norms) / 1.5, SHORTEST), max: Math.max(...norms) * 1.5 };
}
