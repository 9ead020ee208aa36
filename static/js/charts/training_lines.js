/** The lines of the training chart as Chart.js takes them, and what its tooltip says. */

import * as format from "../format.js";
import { commonOptions, POINT_ROOM } from "./base.js";
import { pinLook } from "./palette.js";

export const GUESSING = "Guessing";
export const OWN_LINES = 6; // those of the shown run; two for each pinned one follow

const LINE = { data: [], parsing: false, clip: POINT_ROOM };
const QUIET = { ...LINE, pointRadius: 0, pointHoverRadius: 0, borderWidth: 1.5 };

/** Return the datasets of the shown run, empty; `isMarked(end)` tells which epochs get a point. */
export function ownLines(palette, isMarked) {
  const endsOnly = (size) => ({ raw }) => (raw?.end && isMarked(raw.end) ? size : 0);
  return [
    {
      ...LINE, label: "Test accuracy", yAxisID: "accuracy", borderColor: palette.accuracy,
      backgroundColor: palette.accuracy, borderWidth: 3, borderDash: [], pointStyle: "circle",
      pointRadius: endsOnly(3.5), pointHoverRadius: 6,
    },
    {
      ...LINE, label: "Training loss", yAxisID: "loss", borderColor: palette.loss, backgroundColor: palette.loss,
      borderWidth: 2, borderDash: [6, 4], pointStyle: "triangle", pointRadius: endsOnly(4), pointHoverRadius: 6,
    },
    { ...QUIET, label: "Accuracy without privacy", yAxisID: "accuracy", borderColor: palette.neutral },
    { ...QUIET, label: "Loss without privacy", yAxisID: "loss", borderColor: palette.neutral, borderDash: [6, 4] },
    { ...QUIET, label: GUESSING, yAxisID: "accuracy", borderColor: palette.neutral, borderWidth: 1, borderDash: [1, 3] },
    { ...QUIET, label: "Simulated forecast", yAxisID: "accuracy", borderColor: palette.accuracy, borderDash: [1, 3] },
  ];
}

/** Return the two thin lines of each pinned run; its accuracy ends in a mark of its own. */
export function pinnedLines(palette, pins) {
  return pins.flatMap(({ number, name, evidence, accuracy, loss }) => {
    const { colour, point } = pinLook(palette, number);
    const atEnd = ({ dataIndex, dataset }) => (dataIndex === dataset.data.length - 1 ? 4 : 0);
    return [
      { ...QUIET, label: `${number} ${name} (${evidence}), accuracy`, yAxisID: "accuracy", borderColor: colour, pointStyle: point, pointRadius: atEnd, data: accuracy },
      { ...QUIET, label: `${number} ${name} (${evidence}), loss`, yAxisID: "loss", borderColor: colour, borderWidth: 1, borderDash: [6, 4], data: loss },
    ];
  });
}

/** Return the options of Chart.js's plugins; `model()` is what the chart shows when it is pointed at. */
export function tooltips(palette, model) {
  const { plugins } = commonOptions(palette);
  const callbacks = {
    title: ([item]) => (item ? titleOf(item.raw) : ""),
    label: ({ raw, parsed, dataIndex }) => linesOf(raw, parsed, dataIndex, model().series),
    footer: () => model().provenance,
  };
  return { ...plugins, tooltip: { ...plugins.tooltip, filter: ({ datasetIndex }) => datasetIndex === 0, callbacks } };
}

function titleOf({ end, iteration, x }) {
  return end ? `Epoch ${end.epoch}` : `Iteration ${format.count(iteration ?? x)}`;
}

function linesOf({ end }, parsed, index, { loss, baselineAccuracy }) {
  if (!end) return [`Test accuracy ${format.percent(parsed.y / 100)}`, `Training loss ${format.loss(loss[index]?.y)}`];
  const baseline = baselineAccuracy.find((point) => point.end?.epoch === end.epoch);
  return [
    `Test accuracy ${format.percent(end.accuracy)}`,
    `Training loss ${format.loss(end.loss)}`,
    `ε so far ${format.epsilon(end.epsilon)}`,
    `Clipped ${format.percent(end.clippedFraction, 0)}`,
    ...(end.seconds ? [`Took ${format.duration(end.seconds)}`] : []),
    ...(baseline ? [`Without privacy ${format.percent(baseline.end.accuracy)}`] : []),
  ];
}
