/** The ROC of an audit, log-log: measured steps, guessing, and what no attack exceeds. */

import { digitsUp } from "../attack_bounds.js";
import { LEFT_EDGE } from "../audit/models.js";
import { axis, BaseChart, commonOptions } from "./base.js";

const COLOURS = { private: "accuracy", baseline: "neutral", open: "loss" };
const DASHES = { private: [], baseline: [8, 3], open: [3, 3] };
const TICKS = new Set([0.001, 0.01, 0.1, 1]);
const percentTick = (tick) => (TICKS.has(tick) ? `${Number((tick * 100).toPrecision(1))} %` : null);
const percent = (rate) => `${(rate * 100).toPrecision(2)} %`;

export class RocChart extends BaseChart {
  config(palette) {
    const { plugins, ...options } = commonOptions(palette);
    const callbacks = {
      title: ([item]) => (item ? `False alarms ${percent(item.parsed.x)}` : ""),
      label: ({ dataset, parsed }) => `${dataset.label}: ${dataset.isLimit ? `${digitsUp(100 * parsed.y, 2)} %` : percent(parsed.y)} caught`,
    };
    const logAxis = (title) =>
      axis({ title, colour: palette.muted, palette, type: "logarithmic", min: LEFT_EDGE, max: 1, ticks: { callback: percentTick } });
    return {
      type: "line",
      data: { datasets: [] },
      options: {
        ...options,
        plugins: { ...plugins, tooltip: { ...plugins.tooltip, callbacks } },
        scales: { x: logAxis("False alarms (log scale)"), y: logAxis("Members caught (log scale)") },
      },
    };
  }

  apply({ series, pair, curve }) {
    const line = { parsing: false, pointRadius: 0, pointHitRadius: 8, borderWidth: 2.5, fill: false };
    const limit = { ...line, borderColor: this.palette.epsilon, backgroundColor: this.palette.epsilon };
    this.chart.data.datasets = [
      ...series.map(({ name, role, points }) => ({
        ...line, label: name, data: points, stepped: true, borderColor: this.palette[COLOURS[role]], backgroundColor: this.palette[COLOURS[role]], borderDash: DASHES[role],
      })),
      { ...limit, isLimit: true, label: "no attack on this mechanism exceeds", data: curve },
      { ...limit, isLimit: true, label: "no attack exceeds at this (ε, δ)", data: pair, borderDash: [2, 4] },
      {
        ...line, label: "guessing", data: [{ x: LEFT_EDGE, y: LEFT_EDGE }, { x: 1, y: 1 }], borderColor: this.palette.neutral,
        backgroundColor: this.palette.neutral, borderWidth: 1.5, borderDash: [6, 4],
      },
    ];
  }

  drawMarks(chart) {
    const { x, y } = chart.scales;
    this.label(chart, "guessing", { x: x.getPixelForValue(0.15), y: y.getPixelForValue(0.09), align: "left", colour: this.palette.muted });
  }
}
