/** The privacy chart: planned ε dotted, spent ε solid, the budget as a line. */

import * as format from "../format.js";
import { axis, BaseChart, commonOptions, epochAxis, fitEpochs, POINT_ROOM } from "./base.js";

const HEADROOM = 1.15;
const LABEL_ROOM = 34; // pixels between two lines that a label fits between

export class BudgetChart extends BaseChart {
  config(palette) {
    const { plugins, ...options } = commonOptions(palette);
    const callbacks = {
      title: ([item]) => `After ${format.value(item.parsed.x)} epochs`,
      label: ({ dataset, parsed }) => `${dataset.label} ε ${format.epsilon(parsed.y)}`,
    };
    return {
      type: "line",
      data: { datasets: datasets(palette) },
      options: {
        ...options,
        plugins: { ...plugins, tooltip: { ...plugins.tooltip, callbacks, filter: ({ datasetIndex }) => datasetIndex < 2 } },
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

  apply({ epochs, planned, spent, budget }) {
    const { datasets: [plannedLine, spentLine, budgetLine] } = this.chart.data;
    plannedLine.data = planned;
    spentLine.data = spent;
    budgetLine.data = [{ x: 0, y: budget }, { x: epochs, y: budget }];
    const { x, y } = this.chart.options.scales;
    fitEpochs(x, epochs);
    y.max = ceilingOf([...planned, ...spent], budget);
  }

  drawMarks(chart) {
    const { planned, spent, unlimited } = this.model;
    this.labelBudget(chart);
    if (unlimited) {
      const { left, right, top, bottom } = chart.chartArea;
      this.label(chart, unlimited, { x: (left + right) / 2, y: (top + bottom) / 2, align: "center", colour: this.palette.epsilon });
    }
    const ahead = planned.length > 0 && (!spent.length || this.isApart(chart, planned.at(-1), spent.at(-1)));
    if (spent.length) this.labelEnd(chart, spent.at(-1), "spent");
    if (ahead) this.labelEnd(chart, planned.at(-1), "planned");
  }

  /** Write the budget above its line: at the left, or at the right where the curve is far above it. */
  labelBudget(chart) {
    const { planned, spent, budget } = this.model;
    const { x, y } = chart.scales;
    const line = y.getPixelForValue(budget);
    const end = Math.max(0, ...[...planned, ...spent].map((point) => point.y));
    const above = line - y.getPixelForValue(end) > 2 * LABEL_ROOM;
    const place = above ? { x: x.right - 6, align: "right" } : { x: x.left + 6, align: "left" };
    this.label(chart, `budget ε ${format.value(budget)}`, { ...place, y: line - 9, colour: this.palette.muted });
  }

  labelEnd(chart, end, word) {
    const { x, y } = chart.scales;
    const [at, budget] = [end.y, this.model.budget].map((epsilon) => y.getPixelForValue(epsilon));
    const below = at >= budget && at - budget < LABEL_ROOM;
    const place = { x: x.getPixelForValue(end.x), y: at + (below ? 26 : -14), colour: this.palette.epsilon };
    this.label(chart, `${word} ε ${format.epsilon(end.y)}`, place);
  }

  /** Return whether two ends are far enough from each other to carry a label each. */
  isApart({ scales: { x, y } }, first, second) {
    const across = Math.abs(x.getPixelForValue(first.x) - x.getPixelForValue(second.x));
    return across > 100 || Math.abs(y.getPixelForValue(first.y) - y.getPixelForValue(second.y)) > LABEL_ROOM;
  }
}

function datasets(palette) {
  const line = { data: [], parsing: false, clip: POINT_ROOM, borderColor: palette.epsilon };
  return [
    { ...line, label: "planned", borderWidth: 2, borderDash: [2, 4], pointRadius: 0 },
    { ...line, label: "spent", borderWidth: 3, pointRadius: 2, backgroundColor: palette.epsilon },
    { ...line, label: "budget", borderColor: palette.neutral, borderWidth: 1.5, borderDash: [8, 4], pointRadius: 0 },
  ];
}

function ceilingOf(points, budget) {
  const most = HEADROOM * Math.max(budget, ...points.map(({ y }) => y));
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 5, 10].map((factor) => factor * power).find((ceiling) => ceiling >= most);
}
