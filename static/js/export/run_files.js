/** A whole run as a file: the same columns and fields as GET /api/runs/<id>/export. Simulations are exported here only. Pure. */

import { csvText } from "./csv.js";

const LISTS = new Set(["gradient_norm_histogram", "per_class_accuracy"]);
const OF_THE_PAGE = new Set(["privacyIsWhole"]); // what the page notes on a document for itself

/** Return the epochs of a run document as CSV; each row also says the run's id, evidence, state and all its parameters. */
export function runCsv(document) {
  const { id, evidence, state, epochs, baseline } = document;
  const others = new Map((baseline?.epochs ?? []).map((epoch) => [epoch.epoch, epoch]));
  const named = Object.entries(document.parameters).map(([name, value]) => [`parameter_${name}`, value]);
  const [whole, parameters] = [{ id, evidence, state }, Object.fromEntries(named)];
  const rows = epochs.map((epoch) => ({ ...whole, ...flat(epoch), ...(baseline ? besides(others.get(epoch.epoch)) : {}), ...parameters }));
  return csvText(rows, rows.length ? [] : [...Object.keys(whole), ...Object.keys(parameters)]);
}

/** Return the run document as JSON text, indented. */
export function runJson(document) {
  const own = Object.entries(document).filter(([name]) => !OF_THE_PAGE.has(name));
  return `${JSON.stringify(Object.fromEntries(own), null, 2)}\n`;
}

/** Return the name of a run's file, "dpsgd-mnist-simulated-epsilon-2.73-seed-1.csv". */
export function runFileName({ id, evidence, parameters, privacy, epsilon_spent: spent }, extension) {
  const epsilon = evidence === "measured" ? spent : privacy.epsilon;
  const parts = [
    "dpsgd", parameters.task, evidence, epsilon === null ? "no-privacy" : `epsilon-${Number(epsilon.toPrecision(3))}`,
    ...(id ? [id] : typeof parameters.seed === "number" ? [`seed-${parameters.seed}`] : []),
  ];
  return `${parts.join("-")}.${extension}`;
}

/** Return what the training without privacy reached after the same epoch. */
function besides(epoch) {
  return { baseline_accuracy: epoch?.accuracy ?? null, baseline_loss: epoch?.loss ?? null, baseline_test_loss: epoch?.test_loss ?? null };
}

function flat(epoch) {
  return Object.fromEntries(Object.entries(epoch).filter(([name]) => !LISTS.has(name)));
}
