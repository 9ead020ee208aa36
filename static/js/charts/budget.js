/** The privacy chart: planned ε dotted, spent ε solid, the budget as a line. */

import * as format from "../format.js";
import { axis, BaseChart, commonOptions, epochAxis, fitEpochs, POINT_ROOM } from "./base.js";

const HEADROOM = 1.15;

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
    const { planned, spent, budget } = this.model;
    const { x, y } = chart.scales;
    const { epsilon, muted } = this.palette;
    const line = { x: x.left + 6, y: y.getPixelForValue(budget) - 9, align: "left", colour: muted };
    this.label(chart, `budget ε ${format.value(budget)}`, line);
    const [end, word] = spent.length ? [spent.at(-1), "spent"] : [planned.at(-1), "planned"];
    if (!end) return;
    const below = end.y < budget && y.getPixelForValue(end.y) - y.getPixelForValue(budget) < 34;
    const place = { x: x.getPixelForValue(end.x), y: y.getPixelForValue(end.y) + (below ? 26 : -14), colour: epsilon };
    this.label(chart, `${word} ε ${format.epsilon(end.y)}`, place);
  }
}

function datasets(palette) {
  const line = { data: [], parsing: false, clip: POINT_ROOM, borderColor: palette.epsilon };
  return [
    { ...line, label: "planned", borderWidth: 2, borderDash: [2, 4], pointRadius: 0 },
    { ...line, label: "spent", borderWidth: 3, pointRadius: 2.5, backgroundColor: palette.epsilon },
    { ...line, label: "budget", borderColor: palette.neutral, borderWidth: 1.5, borderDash: [8, 4], pointRadius: 0 },
  ];
}

function ceilingOf(points, budget) {
  const most = HEADROOM * Math.max(budget, ...points.map(({ y }) => y));
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 5, 10].map((factor) => factor * power).find((ceiling) => ceiling >= most);
}
