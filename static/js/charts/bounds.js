/** One axis of ε: what was measured at least ▶ and what is guaranteed at most ◀; without a guarantee the bar stays open. */

import { atLeast, atMost } from "../audit/words.js";
import { axis, BaseChart, commonOptions } from "./base.js";
import { faded } from "./palette.js";

const COLOURS = { private: "accuracy", baseline: "neutral", open: "loss" };
const SIZE = 9; // pixels of a triangle
const WIDE = 560; // pixels of an axis over which a row has room for its whole name
const ABOVE = 20; // pixels from a bar's middle to the text over it

export class BoundsChart extends BaseChart {
  config(palette) {
    const { plugins, ...options } = commonOptions(palette);
    const callbacks = {
      title: ([item]) => this.model.rows[item.dataIndex].name,
      label: ({ dataIndex }) => wordsOf(this.model.rows[dataIndex]),
      footer: ([item]) => this.model.rows[item.dataIndex].detail,
    };
    return {
      type: "bar",
      data: { labels: [], datasets: [] },
      options: {
        ...options,
        indexAxis: "y",
        interaction: { mode: "nearest", axis: "y", intersect: false },
        plugins: { ...plugins, tooltip: { ...plugins.tooltip, callbacks } },
        scales: {
          x: axis({ title: "Privacy loss ε of one example", colour: palette.epsilon, palette, type: "linear", min: 0, max: 4 }),
          y: axis({ title: "", colour: palette.muted, palette, type: "category", grid: false, display: false, offset: true }),
        },
      },
    };
  }

  apply({ rows, end }) {
    const { data, options } = this.chart;
    data.labels = rows.map(({ name }) => name);
    data.datasets = rows.map(({ name, role, ...bounds }, index) => ({
      label: name, data: rows.map((_, other) => (other === index ? spanOf(bounds, end) : null)), grouped: false, barThickness: 14, minBarLength: 2,
      backgroundColor: faded(this.palette[COLOURS[role]], 0.22), borderColor: this.palette[COLOURS[role]],
    }));
    options.scales.x.max = end;
  }

  drawMarks(chart) {
    const { x, y } = chart.scales;
    this.model.rows.forEach((row, index) => {
      const [colour, at] = [this.palette[COLOURS[row.role]], y.getPixelForValue(index)];
      const isInside = row.upper !== null && row.upper <= this.model.end;
      triangle(chart, { x: x.getPixelForValue(row.lower), y: at, colour, direction: 1 });
      if (isInside) triangle(chart, { x: x.getPixelForValue(row.upper), y: at, colour: this.palette.epsilon, direction: -1 });
      const name = x.width > WIDE ? `${row.name}: ${row.detail}` : row.name;
      this.label(chart, name, { x: x.left, y: at - ABOVE, align: "left", colour: this.palette.ink });
      const lower = x.getPixelForValue(row.lower) + 2;
      this.label(chart, `at least ${atLeast(row.lower)}`, { x: lower, y: at + ABOVE - 2, align: "left", colour });
      this.labelUpper(chart, row, { at, isInside });
    });
  }

  labelUpper(chart, { upper, lower }, { at, isInside }) {
    const { x } = chart.scales;
    const colour = upper === null ? this.palette.muted : this.palette.epsilon;
    const text = upper === null ? "no limit →" : `at most ${atMost(upper)}${isInside ? "" : " →"}`;
    const place = isInside && upper - lower < x.max / 2
      ? { x: x.getPixelForValue(Math.max(upper, lower)) + 2 * SIZE, y: at, align: "left" }
      : { x: isInside ? x.getPixelForValue(upper) - 2 * SIZE : x.right, y: at, align: "right" };
    this.label(chart, text, { ...place, colour });
  }
}

/** Return where ε may lie as far as the axis goes; bounds that cross are drawn as well. */
const spanOf = ({ lower, upper }, end) => [lower, upper === null ? end : Math.min(upper, end)].sort((first, second) => first - second);

const wordsOf = ({ lower, upper }) => `at least ${atLeast(lower)} measured; ${upper === null ? "nothing guaranteed" : `at most ${atMost(upper)} guaranteed`}`;

/** Draw a triangle with its flat side at `x`, pointing along `direction`: 1 to larger ε, −1 to smaller. */
function triangle({ ctx }, { x, y, colour, direction }) {
  ctx.save();
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.moveTo(x, y - SIZE);
  ctx.lineTo(x + direction * 1.6 * SIZE, y);
  ctx.lineTo(x, y + SIZE);
  ctx.fill();
  ctx.restore();
}
