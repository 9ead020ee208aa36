/** The per-class chart: test accuracy of every class, beside the baseline where there is one. */

import { axis, BaseChart, commonOptions } from "./base.js";

const FEW = 4; // so many names have room side by side, however long
const LONGEST_LABEL = 12;
const SHORT_LABEL = 3; // longer names are slanted, so that neighbours stay apart

export class ClassesChart extends BaseChart {
  config(palette) {
    const { plugins, ...options } = commonOptions(palette);
    const callbacks = {
      label: ({ dataset, parsed }) => `${dataset.label}: ${parsed.y.toFixed(1)} %`,
      afterBody: ([{ dataIndex }]) => this.gapText(dataIndex),
      footer: () => this.model.provenance,
    };
    const bar = { data: [], borderRadius: 2, categoryPercentage: 0.8, barPercentage: 0.95 };
    return {
      type: "bar",
      data: {
        labels: [],
        datasets: [
          { ...bar, label: "private", backgroundColor: palette.accuracy },
          { ...bar, label: "without privacy", backgroundColor: palette.card, borderColor: palette.neutral, borderWidth: 1.5 },
        ],
      },
      options: {
        ...options,
        interaction: { mode: "index", intersect: false },
        plugins: { ...plugins, tooltip: { ...plugins.tooltip, callbacks } },
        scales: {
          x: axis({
            title: "Class", colour: palette.muted, palette, type: "category", grid: false,
            ticks: { autoSkip: false, callback: (_, index) => shortened(this.model?.labels ?? [], index) },
          }),
          y: axis({
            title: "Test accuracy (%)", colour: palette.muted, palette, min: 0, max: 100,
            ticks: { stepSize: 20 },
          }),
        },
      },
    };
  }

  apply({ labels, own, baseline, gaps }) {
    const { data } = this.chart;
    data.labels = labels;
    const slanted = labels.length > FEW && labels.some((label) => label.length > SHORT_LABEL) ? 40 : 0;
    Object.assign(this.chart.options.scales.x.ticks, { minRotation: slanted, maxRotation: slanted, padding: slanted ? 2 : 6 });
    data.datasets[0].data = own;
    data.datasets[1].data = baseline;
    data.datasets[1].hidden = baseline.length === 0;
    this.chart.options.scales.x.title.text = gaps.length ? "Class, the widest gap first" : "Class";
  }

  gapText(index) {
    const gap = this.model.gaps[index];
    return gap === undefined ? [] : [`gap: ${gap.toFixed(1)} points`];
  }

  /** Write the worst class's number over its bar; beside a second bar there is no room, and the caption names it. */
  drawMarks(chart) {
    const { own, gaps } = this.model;
    if (!own.length || gaps.length) return;
    const worst = own.indexOf(Math.min(...own));
    const bar = chart.getDatasetMeta(0).data[worst];
    this.label(chart, `${own[worst].toFixed(0)} %`, { x: bar.x, y: bar.y - 9, align: "center", colour: this.palette.ink });
  }
}

function shortened(labels, index) {
  const label = labels[index] ?? "";
  if (labels.length <= FEW) return label;
  return label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label;
}
