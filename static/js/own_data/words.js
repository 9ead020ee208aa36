/** What the page says of a table and of the run on it. Pure. */

import * as format from "../format.js";

/** Return what became of the rows of a table, as the server answered. */
export function takenSentences({ rows, train_examples: train, test_examples: test, left_out: leftOut, columns }) {
  const clipped = columns.filter((column) => column.clipped > 0);
  const constant = columns.filter((column) => column.constant).map(({ name }) => `“${name}”`);
  return [
    `${format.count(rows)} rows: ${format.count(train)} to train on, ${format.count(test)} set aside for the test.`,
    leftOut > 0 && `${format.count(leftOut)} rows without a value were left out.`,
    clipped.length > 0 && `Clipped to your bounds: ${clipped.map((column) => `“${column.name}” in ${format.count(column.clipped)} rows`).join(", ")}.`,
    constant.length > 0 && `The same in every row, so of no use: ${constant.join(", ")}.`,
  ].filter(Boolean);
}

/** Return what a run does now. */
export function activityOf({ state, progress, epochs, parameters }) {
  if (state === "queued") return progress?.queue_position > 1 ? `Waiting, number ${progress.queue_position} in the queue` : "Waiting for a free trainer";
  if (state === "running" && epochs.length) return `Training: epoch ${epochs.length} of ${parameters.epochs}`;
  return { running: "Preparing the training", done: "Finished", cancelled: "Stopped", failed: "Failed" }[state];
}

/** Return the result as [{term, value, note}], [] before an epoch has ended. */
export function resultOf(run) {
  if (!run.final_metrics) return [];
  const { accuracy, epsilon } = run.final_metrics;
  const { test_examples: tests, majority_accuracy: majority } = run.dataset;
  const plain = run.baseline?.final_metrics;
  return [
    { term: "Private model", value: format.percent(accuracy), note: `of the test rows right, ± ${spread(accuracy, tests)} points` },
    { term: "Always the most frequent", value: format.percent(majority), note: "without looking at any column" },
    ...(plain ? [{ term: "Without privacy", value: format.percent(plain.accuracy), note: "the same training, unprotected: not for others" }] : []),
    { term: "Privacy loss", value: `ε ${format.epsilon(run.epsilon_charged ?? epsilon)}`, note: `at δ ${format.value(run.final_metrics.delta)}, for one row` },
  ];
}

/** Return half of the 95 % interval of a share of `tests`, in points. */
function spread(accuracy, tests) {
  return (196 * Math.sqrt((accuracy * (1 - accuracy)) / tests)).toFixed(1);
}

/** Return the result in one sentence: whether the model beats guessing by more than chance. */
export function verdictOf(run) {
  if (!run.final_metrics) return "";
  const { accuracy } = run.final_metrics;
  const { test_examples: tests, majority_accuracy: majority } = run.dataset;
  const gain = accuracy - majority;
  if (gain * 100 > Number(spread(accuracy, tests))) {
    return `The private model is ${(gain * 100).toFixed(1)} points better than always answering the most frequent class.`;
  }
  return "The private model is not clearly better than always answering the most frequent class: more rows, more ε or better columns are needed.";
}

/**
 * Return what several trainings on the same file come to, "" for less than two: their ε and δ add up (basic composition,
 * Dwork & Roth 2014, theorem 3.16). `spent` is [{epsilon, delta}].
 */
export function togetherSentence(spent) {
  if (spent.length < 2) return "";
  const sum = (name) => spent.reduce((total, each) => total + (each[name] ?? Infinity), 0);
  const delta = Number(sum("delta").toPrecision(2));
  return `${spent.length} trainings on this file: if the results of all of them get out, together at most ε ${format.epsilon(sum("epsilon"))} at δ ${format.value(delta)} holds (each spends anew).`;
}

/** Return a refusal as sentences: every fault of the table, or what the server said. */
export function refusalOf(error) {
  const faults = (error.errors ?? []).map(({ field, message }) => (field === "csv" ? format.capital(message) : format.capital(`${field}: ${message}`)));
  return faults.length ? faults : [error.message];
}

/** Return what tables the server takes. */
export function limitsSentence({ max_bytes: bytes, least_rows: least, most_rows: most, most_columns: columns }) {
  const size = Math.floor(bytes / 2 ** 20);
  return `A CSV file with a header line, in UTF-8: at most ${size} MB, ${format.count(least)} to ${format.count(most)} rows, ${columns} columns to be used.`;
}
