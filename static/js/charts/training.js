/** The training chart: test accuracy on the left axis, training loss on the right one, sharing their gridlines. */

import * as format from "../format.js";
import { axis, BaseChart, commonOptions, epochAxis, fitLength } from "./base.js";
import { edgeMark } from "./marks.js";
import { pinLook } from "./palette.js";
import { beside, clearHeight, spanBetween, textSpan } from "./placement.js";
import { GUESSING, ownLines, OWN_LINES, pinnedLines, tooltips } from "./training_lines.js";

export const MOST_LOSS = 3; // nats; a loss above is flagged at the edge with its number
const LABEL_OFFSET = 14; // pixels between a line's end and its number
const LABEL_WIDTH = 64; // pixels that a number at a line's end takes
const CHARACTER = 7; // pixels, about
const PIN_WIDTH = 14;
const GUESS_WIDTH = 96;
const MOST_MARKS = 20; // more points than this would run into each other

export class TrainingChart extends BaseChart {
  config(palette) {
    return {
      type: "line",
      data: { datasets: ownLines(palette, (end) => this.isMarked(end)) },
      options: {
        ...commonOptions(palette),
        plugins: tooltips(palette, () => this.model),
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
    const { data } = this.chart;
    const [accuracy, loss, baselineAccuracy, baselineLoss, guessing, expected] = data.datasets;
    accuracy.data = series.accuracy;
    loss.data = series.loss;
    baselineAccuracy.data = series.baselineAccuracy;
    baselineLoss.data = series.baselineLoss;
    guessing.data = [{ x: 0, y: series.guessing }, { x: series.length, y: series.guessing }];
    expected.data = forecast?.accuracy ?? [];
    data.datasets = [...data.datasets.slice(0, OWN_LINES), ...pinnedLines(this.palette, series.pins)];
    fitLength(this.chart.options.scales.x, series.length, series.by === "epoch" ? "Epoch" : "Iteration");
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
    const taken = this.labelPins(chart, series.pins);
    this.labelEnds(chart, series, { lines, texts: taken });
    this.labelGuessing(chart, series, lines);
    const expected = forecast?.accuracy.at(-1);
    if (expected && !series.accuracy.length) {
      const { x, accuracy } = chart.scales;
      const at = { x: x.getPixelForValue(expected.x), y: accuracy.getPixelForValue(expected.y) - LABEL_OFFSET };
      this.label(chart, `simulated ${expected.y.toFixed(1)} %`, { ...at, colour: this.palette.muted });
    }
  }

  labelGuessing(chart, series, lines) {
    const { x, accuracy } = chart.scales;
    const guess = accuracy.getPixelForValue(series.guessing);
    const own = lines.slice(0, -1).map((line) => spanBetween(line, x.left, x.left + GUESS_WIDTH));
    const y = clearHeight([guess + 10, guess - 10, guess - 18], { lines: own }, chart.chartArea);
    this.label(chart, `guessing ${format.value(series.guessing)} %`, { x: x.left + 6, y, align: "left", colour: this.palette.muted });
  }

  /** Return all drawn lines in pixels, the one of guessing last. */
  linesOf({ data, scales }) {
    const inPixels = ({ data: points, yAxisID }) =>
      points.map(({ x, y }) => ({ x: scales.x.getPixelForValue(x), y: scales[yAxisID].getPixelForValue(y) }));
    const guessing = data.datasets.find(({ label }) => label === GUESSING);
    return [...data.datasets.filter((dataset) => dataset !== guessing), guessing].map(inPixels);
  }

  /** Write each pinned run's number beside the end of its accuracy; return the spans that these take at the right edge. */
  labelPins(chart, pins) {
    const { x, accuracy } = chart.scales;
    return pins.filter((pin) => pin.accuracy.length).map((pin, index) => {
      const end = pin.accuracy.at(-1);
      const y = accuracy.getPixelForValue(end.y);
      const place = { x: x.getPixelForValue(end.x) - 8 - index * PIN_WIDTH, y: y - 9, colour: pinLook(this.palette, pin.number).colour };
      this.label(chart, String(pin.number), place);
      return textSpan(place.y);
    });
  }

  /** Write the last finished epoch's values, the same that the tiles show, beside their points. */
  labelEnds(chart, { accuracy, loss, baselineAccuracy }, { lines, texts }) {
    const lastAccuracy = accuracy.findLast(({ end }) => end);
    const lastLoss = loss.findLast(({ end }) => end);
    if (!lastAccuracy) return;
    const x = chart.scales.x.getPixelForValue(lastAccuracy.x);
    const accuracyAt = chart.scales.accuracy.getPixelForValue(lastAccuracy.y);
    const lossAt = chart.scales.loss.getPixelForValue(Math.min(lastLoss.y, MOST_LOSS));
    const taken = [...texts];
    const write = (text, colour, heights) => {
      const crossed = lines.map((line) => spanBetween(line, x - CHARACTER * text.length, x));
      const y = clearHeight(heights, { lines: crossed, texts: taken }, chart.chartArea);
      taken.push(textSpan(y));
      this.label(chart, text, { x, y, colour });
    };
    const side = accuracyAt <= lossAt ? -1 : 1;
    write(`${lastAccuracy.y.toFixed(1)} %`, this.palette.accuracy, beside(accuracyAt, side));
    write(lossText(lastLoss.y), this.palette.loss, beside(lossAt, lastLoss.y > MOST_LOSS ? 1 : -side)); // clear of the edge's marks
    const baseline = baselineAccuracy.findLast(({ end }) => end);
    if (baseline && baseline.x >= lastAccuracy.x) {
      write(`without privacy ${baseline.y.toFixed(1)} %`, this.palette.muted, beside(chart.scales.accuracy.getPixelForValue(baseline.y), -1));
    }
    this.flagLosses(chart, loss, x);
  }

  /** Mark every epoch whose loss lies beyond the axis, and write the highest where the line's end does not already do so. */
  flagLosses(chart, loss, end) {
    const { x, loss: y } = chart.scales;
    const beyond = loss.filter((point) => point.y > MOST_LOSS);
    for (const point of beyond) edgeMark(chart, { x: x.getPixelForValue(point.x), y: y.top, colour: this.palette.loss });
    const worst = beyond.reduce((first, second) => (second.y > first.y ? second : first), { y: -Infinity });
    const at = x.getPixelForValue(worst.x);
    if (!beyond.length || end - at < 2 * LABEL_WIDTH) return;
    this.label(chart, lossText(worst.y), { x: at, y: y.top + LABEL_OFFSET, align: "center", colour: this.palette.loss });
  }
}

/** Return a loss as it is written into the plot; beyond the axis with an arrow. */
function lossText(nats) {
  return `${nats > MOST_LOSS ? "▲ " : ""}loss ${format.loss(nats)}`;
}
