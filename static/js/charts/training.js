/** The training chart: test accuracy on the left axis, training loss on the right one, sharing their gridlines. */

import * as format from "../format.js";
import { axis, BaseChart, commonOptions, epochAxis, fitEpochs, POINT_ROOM } from "./base.js";
import { apart } from "./marks.js";

export const MOST_LOSS = 3; // nats; a loss above is flagged at the edge with its number
const LABEL_ROOM = 6; // pixels that a label needs above and below its middle
const LABEL_OFFSET = 14; // pixels between a line's end and its number

export class TrainingChart extends BaseChart {
  config(palette) {
    return {
      type: "line",
      data: { datasets: datasets(palette) },
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

  drawMarks(chart) {
    const { series, forecast } = this.model;
    this.labelEnds(chart, series);
    this.flagHighLosses(chart, series.loss);
    const { x, accuracy } = chart.scales;
    const guess = { x: x.left + 6, y: accuracy.getPixelForValue(series.guessing) + 9, align: "left" };
    this.label(chart, `guessing ${format.value(series.guessing)} %`, { ...guess, colour: this.palette.muted });
    const expected = forecast?.accuracy.at(-1);
    if (expected && !series.accuracy.length) {
      const at = { x: x.getPixelForValue(expected.x), y: accuracy.getPixelForValue(expected.y) - LABEL_OFFSET };
      this.label(chart, `simulated ${expected.y.toFixed(1)} %`, { ...at, colour: this.palette.muted });
    }
  }

  /** Write the last finished epoch's values, the same that the tiles show, beside their points. */
  labelEnds(chart, { accuracy, loss }) {
    const lastAccuracy = accuracy.findLast(({ end }) => end);
    const lastLoss = loss.findLast(({ end }) => end);
    if (!lastAccuracy) return;
    const x = chart.scales.x.getPixelForValue(lastAccuracy.x);
    const accuracyAt = chart.scales.accuracy.getPixelForValue(lastAccuracy.y);
    const lossAt = chart.scales.loss.getPixelForValue(Math.min(lastLoss.y, MOST_LOSS));
    const away = accuracyAt <= lossAt ? LABEL_OFFSET : -LABEL_OFFSET;
    const [first, second] = apart(roomy(chart, accuracyAt, -away), roomy(chart, lossAt, away));
    this.label(chart, `${lastAccuracy.y.toFixed(1)} %`, { x, y: first, colour: this.palette.accuracy });
    this.label(chart, `loss ${format.loss(lastLoss.y)}`, { x, y: second, colour: this.palette.loss });
  }

  flagHighLosses(chart, loss) {
    const high = loss.filter(({ y }) => y > MOST_LOSS);
    if (!high.length) return;
    const worst = high.reduce((first, second) => (second.y > first.y ? second : first));
    const place = { x: chart.scales.x.getPixelForValue(worst.x), y: chart.chartArea.top, align: "center" };
    this.label(chart, `▲ loss ${format.loss(worst.y)}`, { ...place, colour: this.palette.loss });
  }
}

/** Return the height of a label at `offset` from a point, on the other side where the plot ends. */
function roomy({ chartArea: { top, bottom } }, point, offset) {
  const wanted = point + offset;
  return wanted < top + LABEL_ROOM || wanted > bottom - LABEL_ROOM ? point - offset : wanted;
}

function datasets(palette) {
  const line = { data: [], parsing: false, clip: POINT_ROOM };
  const endsOnly = (size) => ({ raw }) => (raw?.end ? size : 0);
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
    { ...quiet, label: "Guessing", yAxisID: "accuracy", borderColor: palette.neutral, borderWidth: 1, borderDash: [1, 3] },
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
