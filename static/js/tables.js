/** The charts as tables: {caption, columns, rows} of text, from the same document as the drawing. */

import * as format from "./format.js";
import { classSeries, clippingSeries } from "./series.js";

/** Return the tables of the four charts. */
export function tablesOf(document, planned = document) {
  return {
    training: trainingTable(document),
    privacy: privacyTable(planned),
    clipping: clippingTable(document),
    classes: classesTable(document),
  };
}

function trainingTable(document) {
  return {
    caption: `Training by epoch (${document.evidence})`,
    columns: ["Epoch", "Test accuracy", "Training loss", "Test loss", "ε so far", "Clipped"],
    rows: document.epochs.map((point) => [
      String(point.epoch), format.percent(point.accuracy), format.loss(point.loss), format.loss(point.test_loss),
      format.epsilon(point.epsilon), format.percent(point.clipped_fraction, 0),
    ]),
  };
}

function privacyTable({ parameters, privacy }) {
  return {
    caption: `Privacy loss at δ ${format.value(parameters.delta)} (Rényi accountant)`,
    columns: ["Epoch", "Steps", "ε after it"],
    rows: (privacy.per_epoch ?? []).map(({ epoch, iteration, epsilon }) => [
      String(epoch), format.count(iteration), format.epsilon(epsilon),
    ]),
  };
}

function clippingTable(document) {
  const { before, after } = clippingSeries(document);
  const afterAt = new Map(after.map(({ x, y }) => [x, y]));
  const norms = [...new Set([...before, ...after].filter(({ y }) => y > 0).map(({ x }) => x))];
  const beforeAt = new Map(before.map(({ x, y }) => [x, y]));
  const share = (shares, x) => `${(shares.get(x) ?? 0).toFixed(1)} %`;
  return {
    caption: `Per-example gradient norms (${document.evidence})`,
    columns: ["Norm about", "Before clipping", "After clipping"],
    rows: norms
      .sort((first, second) => first - second)
      .map((x) => [String(Number(x.toPrecision(3))), share(beforeAt, x), share(afterAt, x)]),
  };
}

function classesTable(document) {
  const { labels, own, baseline } = classSeries(document);
  const withBaseline = baseline.length > 0;
  return {
    caption: `Test accuracy by class (${document.evidence})`,
    columns: ["Class", "Accuracy", ...(withBaseline ? ["Without privacy"] : [])],
    rows: own.map((accuracy, index) => [
      labels[index], `${accuracy.toFixed(1)} %`, ...(withBaseline ? [`${baseline[index].toFixed(1)} %`] : []),
    ]),
  };
}
