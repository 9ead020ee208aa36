/** The charts as tables: {caption, columns, rows} of text, from the same document as the drawing. */

import * as format from "./format.js";
import { normSeries } from "./gradient_series.js";
import { edgesOf } from "./histogram.js";
import { classSeries } from "./series.js";
import { plannedPldOf } from "./tight_curve.js";

/** Return the tables of the four charts; `view` and `epoch` are those of the gradients, `tight` what is known of PLD. */
export function tablesOf(document, planned = document, { view = "norms", epoch = null, tight = null } = {}) {
  return {
    training: trainingTable(document),
    privacy: privacyTable(planned, plannedPldOf(tight, planned)),
    clipping: view === "norms" ? normsTable(document, epoch) : gradientsTable(document),
    classes: classesTable(document),
  };
}

function trainingTable(document) {
  const others = new Map((document.baseline?.epochs ?? []).map((point) => [point.epoch, point]));
  return {
    caption: `Training by epoch (${document.evidence})`,
    columns: ["Epoch", "Test accuracy", "Training loss", "Test loss", "ε so far", "Clipped", "Seconds", ...(others.size ? ["Without privacy"] : [])],
    rows: document.epochs.map((point) => [
      String(point.epoch), format.percent(point.accuracy), format.loss(point.loss), format.loss(point.test_loss),
      format.epsilon(point.epsilon), format.percent(point.clipped_fraction, 0), format.duration(point.seconds),
      ...(others.size ? [format.percent(others.get(point.epoch)?.accuracy)] : []),
    ]),
  };
}

function privacyTable({ parameters, privacy }, pld) {
  return {
    caption: `Privacy loss at δ ${format.value(parameters.delta)}: Rényi accountant, and the tightest known bound where it was computed`,
    columns: ["Epoch", "Steps", "ε after it (RDP)", "ε (PLD)"],
    rows: (privacy.per_epoch ?? []).map(({ epoch, iteration, epsilon }) => [
      String(epoch), format.count(iteration), format.epsilon(epsilon), pld.has(epoch) ? format.epsilon(pld.get(epoch)) : "–",
    ]),
  };
}

function normsTable(document, epoch) {
  const { before, after, epoch: shown } = normSeries(document, { epoch });
  const rows = before.flatMap(({ y, bin }, index) => {
    if (index % 2 || (y === 0 && after[index].y === 0)) return [];
    const [low, high] = edgesOf(bin).map((edge) => format.value(Number(edge.toPrecision(3))));
    return [[`${low} to ${high}`, `${y.toFixed(1)} %`, `${after[index].y.toFixed(1)} %`]];
  });
  return {
    caption: `Per-example gradient norms${shown === null ? "" : ` in epoch ${shown}`} (${document.evidence})`,
    columns: ["Norm", "Before clipping", "After clipping"], rows,
  };
}

function gradientsTable(document) {
  const norm = (number) => (number > 0 ? format.value(Number(number.toPrecision(3))) : "–");
  return {
    caption: `Gradients by epoch (${document.evidence})`,
    columns: ["Epoch", "Clipped", "Median norm", "Signal", "Noise"],
    rows: document.epochs.map((point) => [
      String(point.epoch), format.percent(point.clipped_fraction, 0), norm(point.gradient_norm_median), norm(point.signal_norm), norm(point.noise_norm),
    ]),
  };
}

function classesTable(document) {
  const { labels, own, baseline, gaps } = classSeries(document);
  return {
    caption: `Test accuracy by class (${document.evidence})`,
    columns: ["Class", "Accuracy", ...(gaps.length ? ["Without privacy", "Gap"] : [])],
    rows: own.map((accuracy, index) => [
      labels[index], `${accuracy.toFixed(1)} %`,
      ...(gaps.length ? [`${baseline[index].toFixed(1)} %`, `${gaps[index].toFixed(1)} points`] : []),
    ]),
  };
}
