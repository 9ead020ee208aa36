/** The training chart: test accuracy on the left axis, training loss on the right one, sharing their gridlines. */

import * as format from "../format.js";
import { axis, BaseChart, commonOptions, epochAxis, fitEpochs, POINT_ROOM } from "./base.js";
import { beside, clearHeight, spanBetween, textSpan } from "./placement.js";

export const MOST_LOSS = 3; // nats; a loss above is flagged at the edge with its number
const LABEL_OFFSET = 14; // pixels between a line's end and its number
const LABEL_WIDTH = 64; // pixels that a number at a line's end takes
const GUESS_WIDTH = 96;
const GUESSING = "Guessing";
const MOST_MARKS = 20; // more points than this would run into each other

export class TrainingChart extends BaseChart {
  config(palette) {
    return {
      type: "line",
      data: { datasets: datasets(palette, (end) => this.isMarked(end)) },
      options: {
        ...commonOptions(palette),
        plugins: tooltips(palette),
        scales: {
          x: epochAxis(palette),
          accuracy: axis({
            title: "Test accuracy (%)", colour: palette.accuracy, palette, position: "left", min: 0, max: 100,
            ticks: { stepSize: 20 },
          }),
          loss: axis({
            title: "Training loss (nats)", colour: palette.loss, palette, position: "right", min: 0, max: MOST_LOSS,
            grid: false, ticks: { stepSize: 0.6, callback: (tick) => tick.toFixed(1) },
          }),
        },
      },
    };
  }

  apply({ series, forecast }) {
    const { datasets: [accuracy, loss, baselineAccuracy, baselineLoss, guessing, expected] } = this.chart.data;
    accuracy.data = series.accuracy;
    loss.data = series.loss;
    baselineAccuracy.data = series.baselineAccuracy;
    baselineLoss.data = series.baselineLoss;
    guessing.data = [{ x: 0, y: series.guessing }, { x: series.epochs, y: series.guessing }];
    expected.data = forecast?.accuracy ?? [];
    fitEpochs(this.chart.options.scales.x, series.epochs);
  }

  /** Return whether an epoch's point is drawn: all of them, or every few in a long run, and the last. */
  isMarked({ epoch }) {
    const { series } = this.model;
    const last = series.accuracy.findLast(({ end }) => end)?.end.epoch;
    return epoch === last || epoch % Math.ceil(last / MOST_MARKS) === 0;
  }

  drawMarks(chart) {
    const { series, forecast } = this.model;
    const lines = this.linesOf(chart);
    this.labelEnds(chart, series, lines);
    const { x, accuracy } = chart.scales;
    const guess = accuracy.getPixelForValue(series.guessing);
    const own = lines.slice(0, -1).map((line) => spanBetween(line, x.left, x.left + GUESS_WIDTH));
    const y = clearHeight([guess + 10, guess - 10, guess - 18], { lines: own }, chart.chartArea);
    this.label(chart, `guessing ${format.value(series.guessing)} %`, { x: x.left + 6, y, align: "left", colour: this.palette.muted });
    const expected = forecast?.accuracy.at(-1);
    if (expected && !series.accuracy.length) {
      const at = { x: x.getPixelForValue(expected.x), y: accuracy.getPixelForValue(expected.y) - LABEL_OFFSET };
      this.label(chart, `simulated ${expected.y.toFixed(1)} %`, { ...at, colour: this.palette.muted });
    }
  }

  /** Return all drawn lines in pixels, the one of guessing last. */
  linesOf({ data, scales }) {
    const inPixels = ({ data: points, yAxisID }) =>
      points.map(({ x, y }) => ({ x: scales.x.getPixelForValue(x), y: scales[yAxisID].getPixelForValue(y) }));
    const guessing = data.datasets.find(({ label }) => label === GUESSING);
    return [...data.datasets.filter((dataset) => dataset !== guessing), guessing].map(inPixels);
  }

  /** Write the last finished epoch's values, the same that the tiles show, beside their points. */
  labelEnds(chart, { accuracy, loss, baselineAccuracy }, lines) {
    const lastAccuracy = accuracy.findLast(({ end }) => end);
    const lastLoss = loss.findLast(({ end }) => end);
    if (!lastAccuracy) return;
    const x = chart.scales.x.getPixelForValue(lastAccuracy.x);
    const accuracyAt = chart.scales.accuracy.getPixelForValue(lastAccuracy.y);
    const lossAt = chart.scales.loss.getPixelForValue(Math.min(lastLoss.y, MOST_LOSS));
    const taken = { lines: lines.map((line) => spanBetween(line, x - LABEL_WIDTH, x)), texts: [] };
    const write = (text, colour, heights) => {
      const y = clearHeight(heights, taken, chart.chartArea);
      taken.texts.push(textSpan(y));
      this.label(chart, text, { x, y, colour });
    };
    const side = accuracyAt <= lossAt ? -1 : 1;
    write(`${lastAccuracy.y.toFixed(1)} %`, this.palette.accuracy, beside(accuracyAt, side));
    write(lossText(lastLoss.y), this.palette.loss, beside(lossAt, -side));
    const baseline = baselineAccuracy.at(-1);
    if (baseline && baseline.x >= lastAccuracy.x) {
      write(`${baseline.y.toFixed(1)} %`, this.palette.muted, beside(chart.scales.accuracy.getPixelForValue(baseline.y), -1));
    }
    this.flagHighestLoss(chart, loss, x);
  }

  /** Flag a loss beyond the axis, where the number at the line's end does not already do so. */
  flagHighestLoss(chart, loss, end) {
    const worst = loss.reduce((first, second) => (second.y > first.y ? second : first));
    const x = chart.scales.x.getPixelForValue(worst.x);
    if (worst.y <= MOST_LOSS || end - x < 2 * LABEL_WIDTH) return;
    this.label(chart, lossText(worst.y), { x, y: chart.chartArea.top, align: "center", colour: this.palette.loss });
  }
}

/** Return a loss as it is written into the plot; beyond the axis with an arrow. */
function lossText(nats) {
  return `${nats > MOST_LOSS ? "▲ " : ""}loss ${format.loss(nats)}`;
}

function datasets(palette, isMarked) {
  const line = { data: [], parsing: false, clip: POINT_ROOM };
  const endsOnly = (size) => ({ raw }) => (raw?.end && isMarked(raw.end) ? size : 0);
  const quiet = { ...line, pointRadius: 0, pointHoverRadius: 0, borderWidth: 1.5 };
  return [
    {
      ...line, label: "Test accuracy", yAxisID: "accuracy", borderColor: palette.accuracy,
      backgroundColor: palette.accuracy, borderWidth: 3, borderDash: [], pointStyle: "circle",
      pointRadius: endsOnly(3.5), pointHoverRadius: 6,
    },
    {
      ...line, label: "Training loss", yAxisID: "loss", borderColor: palette.loss, backgroundColor: palette.loss,
      borderWidth: 2, borderDash: [6, 4], pointStyle: "triangle", pointRadius: endsOnly(4), pointHoverRadius: 6,
    },
    { ...quiet, label: "Accuracy without privacy", yAxisID: "accuracy", borderColor: palette.neutral },
    { ...quiet, label: "Loss without privacy", yAxisID: "loss", borderColor: palette.neutral, borderDash: [6, 4] },
    { ...quiet, label: GUESSING, yAxisID: "accuracy", borderColor: palette.neutral, borderWidth: 1, borderDash: [1, 3] },
    { ...quiet, label: "Simulated forecast", yAxisID: "accuracy", borderColor: palette.accuracy, borderDash: [1, 3] },
  ];
}

function tooltips(palette) {
  const { plugins } = commonOptions(palette);
  const shown = ({ datasetIndex, raw }) => datasetIndex === 0 && Boolean(raw.end);
  const callbacks = {
    title: ([item]) => (item ? `Epoch ${item.raw.end.epoch}` : ""),
    label: ({ raw: { end } }) => [
      `Test accuracy ${format.percent(end.accuracy)}`,
      `Training loss ${format.loss(end.loss)}`,
      `ε so far ${format.epsilon(end.epsilon)}`,
      `Clipped ${format.percent(end.clipped_fraction, 0)}`,
      ...(end.seconds ? [`Took ${format.duration(end.seconds)}`] : []),
    ],
  };
  return { ...plugins, tooltip: { ...plugins.tooltip, filter: shown, callbacks } };
}
