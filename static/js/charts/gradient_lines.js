/** The other two views of the gradients over epochs: the clipped share, and signal against noise on a logarithmic axis. */

import * as format from "../format.js";
import { axis, BaseChart, commonOptions, epochAxis, fitLength, POINT_ROOM } from "./base.js";

const LINE = { data: [], parsing: false, clip: POINT_ROOM, borderWidth: 2, pointRadius: 3, fill: false };

/** What both views share: x in epochs, a tooltip that names the epoch and where the numbers come from. */
class EpochLines extends BaseChart {
  config(palette) {
    const { plugins, ...options } = commonOptions(palette);
    const callbacks = {
      title: ([item]) => `Epoch ${item.parsed.x}`,
      label: ({ dataset, parsed }) => `${dataset.label} ${this.valueText(parsed.y)}`,
      footer: () => this.model.provenance,
    };
    return {
      type: "line",
      data: { datasets: this.lines(palette) },
      options: {
        ...options,
        plugins: { ...plugins, tooltip: { ...plugins.tooltip, callbacks } },
        scales: { x: epochAxis(palette), y: this.height(palette) },
      },
    };
  }

  labelEnd(chart, points, { text, colour, above = true }) {
    if (!points.length) return;
    const { x, y } = chart.scales;
    const end = points.at(-1);
    this.label(chart, text, { x: x.getPixelForValue(end.x), y: y.getPixelForValue(end.y) + (above ? -13 : 13), colour });
  }
}

/** The share of examples whose gradient was clipped, by epoch. */
export class ClippedChart extends EpochLines {
  lines(palette) {
    return [{ ...LINE, label: "clipped", borderColor: palette.after, backgroundColor: palette.after }];
  }

  height(palette) {
    return axis({ title: "Clipped (%)", colour: palette.muted, palette, min: 0, max: 100, ticks: { stepSize: 20 } });
  }

  valueText(percent) {
    return `${percent.toFixed(1)} %`;
  }

  apply({ epochs, points }) {
    this.chart.data.datasets[0].data = points;
    fitLength(this.chart.options.scales.x, epochs);
  }

  drawMarks(chart) {
    const { points } = this.model;
    const last = points.at(-1)?.y;
    this.labelEnd(chart, points, { text: `${last?.toFixed(0)} % clipped`, colour: this.palette.after, above: last < 50 });
  }
}

/** The norm of the mean clipped gradient against that of the noise on it, by epoch. */
export class SignalChart extends EpochLines {
  lines(palette) {
    return [
      { ...LINE, label: "signal", borderColor: palette.gradient, backgroundColor: palette.gradient, borderWidth: 3 },
      { ...LINE, label: "noise", borderColor: palette.after, backgroundColor: palette.after, borderDash: [6, 4], pointStyle: "triangle", pointRadius: 4 },
    ];
  }

  height(palette) {
    return axis({
      title: "L2 norm (log scale)", colour: palette.muted, palette, type: "logarithmic", min: 0.01, max: 1,
      ticks: { callback: (tick) => (Number.isInteger(Math.log10(tick)) ? format.value(tick) : null) },
    });
  }

  valueText(norm) {
    return format.value(Number(norm.toPrecision(2)));
  }

  apply({ epochs, signal, noise, low, high }) {
    const { data, options } = this.chart;
    data.datasets[0].data = signal;
    data.datasets[1].data = noise;
    Object.assign(options.scales.y, { min: low, max: high });
    fitLength(options.scales.x, epochs);
  }

  drawMarks(chart) {
    const { signal, noise } = this.model;
    const noiseAbove = (noise.at(-1)?.y ?? 0) > (signal.at(-1)?.y ?? 0);
    const { gradient, after } = this.palette;
    this.labelEnd(chart, signal, { text: `signal ${this.valueText(signal.at(-1)?.y ?? 0)}`, colour: gradient, above: !noiseAbove });
    this.labelEnd(chart, noise, { text: `noise ${this.valueText(noise.at(-1)?.y ?? 0)}`, colour: after, above: noiseAbove });
  }
}
