/** The attack chart: the most true positives that any attacker can have at each false-positive rate, log-log. */

import { digitsUp } from "../attack_bounds.js";
import { roundedUp } from "../privacy/interpretation.js";
import { axis, BaseChart, commonOptions } from "./base.js";
import { faded } from "./palette.js";

const TICKS = new Set([0.0001, 0.001, 0.01, 0.1, 1]);
const percentTick = (tick) => (TICKS.has(tick) ? `${Number((tick * 100).toPrecision(1))} %` : null);

export class LimitChart extends BaseChart {
  config(palette) {
    const { plugins, ...options } = commonOptions(palette);
    const text = (rate) => `${digitsUp(100 * rate, 2)} %`;
    const callbacks = {
      title: ([item]) => `False alarms ${(100 * item.parsed.x).toPrecision(2)} %`,
      label: ({ dataset, parsed }) => `${dataset.label}: ${text(parsed.y)} caught`,
    };
    const logAxis = (title) =>
      axis({ title, colour: palette.muted, palette, type: "logarithmic", min: 0.0001, max: 1, ticks: { callback: percentTick } });
    return {
      type: "line",
      data: { datasets: datasets(palette) },
      options: {
        ...options,
        plugins: { ...plugins, tooltip: { ...plugins.tooltip, callbacks } },
        scales: { x: logAxis("False alarms (log scale)"), y: logAxis("Members caught, at most (log scale)") },
      },
    };
  }

  apply({ limit, own, example }) {
    const [limitLine, guessing, mark, ownLine] = this.chart.data.datasets;
    mark.data = [example];
    limitLine.data = limit;
    ownLine.data = own;
    limitLine.borderDash = own.length ? [2, 4] : [];
    limitLine.label = own.length ? "no attack exceeds at this (ε, δ)" : "no attack exceeds";
    guessing.data = [{ x: 0.0001, y: 0.0001 }, { x: 1, y: 1 }];
  }

  drawMarks(chart) {
    const { x, y } = chart.scales;
    const at = { x: x.getPixelForValue(0.03), y: y.getPixelForValue(0.014), align: "left", colour: this.palette.muted };
    this.label(chart, "guessing", at);
    const { example, own } = this.model;
    if (own.length) {
      const place = { x: x.getPixelForValue(0.02), align: "right", colour: this.palette.epsilon };
      this.label(chart, "(ε, δ) alone", { ...place, y: y.getPixelForValue(valueOf(this.model.limit, 0.02)) - 12 });
    }
    const place = { x: x.getPixelForValue(example.x) - 9, y: y.getPixelForValue(example.y) - 10, align: "right" };
    this.label(chart, `${roundedUp(example.y)} at 1 %`, { ...place, colour: this.palette.epsilon });
  }
}

const valueOf = (points, at) => points.find(({ x }) => x >= at).y;

function datasets(palette) {
  const line = { data: [], parsing: false, pointRadius: 0, pointHitRadius: 8 };
  return [
    {
      ...line, label: "no attack exceeds", borderColor: palette.epsilon, borderWidth: 3,
      backgroundColor: faded(palette.epsilon, 0.14), fill: "start",
    },
    { ...line, label: "guessing", borderColor: palette.neutral, borderWidth: 1.5, borderDash: [6, 4], fill: false },
    { ...line, label: "no attack exceeds", borderColor: palette.card, backgroundColor: palette.epsilon, borderWidth: 2, pointRadius: 6 },
    { ...line, label: "no attack on this training exceeds", borderColor: palette.epsilon, backgroundColor: palette.epsilon, borderWidth: 3 },
  ];
}
