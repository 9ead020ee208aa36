/** What differs between results, in words and as a table. Pure. */

import * as format from "./format.js";
import { keyOf } from "./pins.js";
import { binomialHalfWidth } from "./statistics.js";

const SETTINGS = [
  ["task", "Task"], ["dataset", "Data"], ["train_size", "Training examples"], ["model", "Model"], ["optimizer", "Optimizer"],
  ["clipping_norm", "Clipping norm C"], ["noise_multiplier", "Noise multiplier σ"], ["batch_size", "Batch size B"],
  ["learning_rate", "Learning rate"], ["epochs", "Epochs"], ["delta", "δ"], ["sampling", "Sampling"], ["engine", "Engine"],
  ["seed", "Seed"],
];

/** Return the ε of a result: spent by a measured run, planned by a simulation; null where it is infinite. */
export const epsilonOf = ({ evidence, epsilon_spent: spent, privacy }) => (evidence === "measured" ? spent : privacy.epsilon);

/** Return a result's own share of clipped gradients at its end, or null. */
export const clippedOf = ({ epochs }) => epochs.at(-1)?.clipped_fraction ?? null;

/**
 * Return how the tiles of `document` differ from a pinned run, as text: {name, number, accuracy, loss, epsilon, clipped},
 * each null where one of the two is not known; null where nothing is pinned, the shown result is the pinned one itself, or
 * the two are of other data: points on one test set are not points on another.
 */
export function tileDifferences(pin, document) {
  if (!pin || !document || keyOf(document) === pin.key || dataOf(document) !== dataOf(pin.run)) return null;
  const [mine, other] = [document.final_metrics, pin.run.final_metrics];
  return {
    name: pin.name, number: pin.number,
    accuracy: difference(mine?.accuracy, other.accuracy, format.points),
    loss: difference(mine?.loss, other.loss, signedLoss),
    epsilon: difference(epsilonOf(document), epsilonOf(pin.run), signedEpsilon),
    clipped: difference(clippedOf(document), clippedOf(pin.run), format.points),
  };
}

/** Return what tells the data of one result from those of another; tables of one's own are all called so. */
const dataOf = ({ parameters: { dataset, table = null } }) => JSON.stringify([dataset, table]);

/**
 * Return the table of differences of the shown result from the pinned ones: {caption, columns, rows} of text. Settings
 * that are the same in all of them are left out; results carry the difference to the shown one in brackets.
 */
export function differencesTable(document, pins) {
  const runs = [document, ...pins.map(({ run }) => run)];
  return {
    caption: "Settings that differ, and results; in brackets the difference to the shown run",
    columns: ["Setting or result", "Shown", ...pins.map(({ number, name }) => `${number} ${name}`)],
    rows: [["Evidence", ...runs.map(evidenceOf)], ...settingRows(runs), ...resultRows(runs)],
  };
}

const evidenceOf = ({ evidence }) => (evidence === "planned" ? "NOT RUN" : evidence.toUpperCase());

function settingRows(runs) {
  return SETTINGS
    .filter(([name]) => new Set(runs.map(({ parameters }) => parameters[name] ?? null)).size > 1)
    .map(([name, label]) => [label, ...runs.map(({ parameters }) => settingText(name, parameters[name]))]);
}

function settingText(name, value) {
  if (name === "seed") return value === null || value === undefined ? "secret" : String(value);
  return typeof value === "number" ? format.value(value) : (value ?? "–");
}

function resultRows(runs) {
  const results = [
    ["Test accuracy", ({ final_metrics: metrics }) => metrics?.accuracy, format.percent, (change, run) => accuracyText(change, run, runs[0])],
    ["Without privacy", ({ baseline }) => baseline?.final_metrics?.accuracy, format.percent, null],
    ["Privacy costs", costOf, (cost) => (cost === null ? "–" : `${(100 * cost).toFixed(1)} points`), null],
    ["Training loss", ({ final_metrics: metrics }) => metrics?.loss, format.loss, signedLoss],
    ["ε (RDP)", epsilonOf, format.epsilon, signedEpsilon],
    ["Clipped gradients", clippedOf, (share) => format.percent(share, 0), format.points],
    ["Training time", ({ final_metrics: metrics }) => metrics?.training_seconds, format.duration, null],
  ];
  return results
    .filter(([, read]) => runs.some((run) => isNumber(read(run))))
    .map(([label, read, write, signed]) => [label, ...runs.map((run) => resultText({ run, shown: runs[0], read, write, signed }))]);
}

/** Return how much more accurate the baseline of a run is (a fraction), or undefined without one. */
function costOf({ final_metrics: metrics, baseline }) {
  const without = baseline?.final_metrics?.accuracy;
  return isNumber(without) && isNumber(metrics?.accuracy) ? without - metrics.accuracy : undefined;
}

function resultText({ run, shown, read, write, signed }) {
  const text = write(read(run) ?? null);
  const bracket = run === shown || !signed ? null : difference(read(run), read(shown), (change) => signed(change, run));
  return bracket ? `${text} (${bracket})` : text;
}

/** Return a difference of accuracies in points, and whether it is smaller than both results are sure of. */
function accuracyText(change, run, shown) {
  const doubt = Math.hypot(errorOf(run), errorOf(shown));
  return `${format.points(change)}${Math.abs(change) < doubt ? ", within their error" : ""}`;
}

/** Return by how much an accuracy (a fraction) may be off: 95 % interval of the test set, or the simulation's distance to real runs. */
function errorOf({ final_metrics: metrics, dataset, simulation_error: simulated }) {
  if (simulated) return simulated.single_run / 100;
  return binomialHalfWidth(metrics?.accuracy, dataset?.test_examples) || 0;
}

function difference(mine, other, write) {
  return isNumber(mine) && isNumber(other) ? write(mine - other) : null;
}

function signedLoss(change) {
  return `${sign(change)}${Math.abs(change).toFixed(2)}`;
}

function signedEpsilon(change) {
  return `${sign(change)}${format.epsilon(Math.abs(change))}`;
}

const sign = (change) => (change < 0 ? "−" : "+");

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
