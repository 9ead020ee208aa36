/** What the charts and tiles say in words: headings that state the finding, and descriptions for screen readers. */

import * as format from "./format.js";
import { extremes } from "./series.js";
import { binomialHalfWidth } from "./statistics.js";

const ENDED = ["done", "cancelled", "failed"];

/** Return the badge that every result carries: SIMULATED, MEASURED, or NOT RUN where there is none yet. */
export const badgeOf = ({ evidence }) => (evidence === "planned" ? "NOT RUN" : evidence.toUpperCase());

/**
 * Return the ε to show and what it is: {epsilon, verb, note}. A simulation plans ε, a measured run has spent it;
 * for shuffled batches, which the Poisson analysis does not cover, it is the worst case.
 */
export function headlineOf({ privacy, evidence, epsilon_spent: spent, parameters }) {
  const atDelta = `at δ ${format.value(parameters.delta)}`;
  if (privacy.valid === false) {
    const note = `${atDelta}, worst case: shuffled batches are not covered by the Poisson analysis`;
    return { epsilon: privacy.epsilon, verb: "in the worst case", note };
  }
  const measured = evidence === "measured";
  return { epsilon: measured ? spent : privacy.epsilon, verb: measured ? "spent" : "planned", note: `${atDelta} (RDP)` };
}

/** Return how sure the accuracy is: by the test set for a measured run, by real runs that were held back for a simulation. */
export function uncertaintyOf({ final_metrics: metrics, dataset, simulation_error: error }) {
  if (!metrics) return "after the first epoch";
  if (error) return `± ${error.single_run.toFixed(1)}, mean distance to real runs`;
  const halfWidth = binomialHalfWidth(metrics.accuracy, dataset?.test_examples);
  if (!halfWidth) return "";
  return `± ${(100 * halfWidth).toFixed(1)} (95 %, ${format.count(dataset.test_examples)} test examples)`;
}

/** Return what was trained, "MNIST, 60,000 examples · tutorial CNN · SGD · seed 1". */
export function contextOf(document, catalog) {
  const { parameters, dataset, model } = document;
  const optimizer = catalog.optimizers.find(({ name }) => name === parameters.optimizer);
  const seed = document.evidence === "planned" ? [] : [parameters.seed === null ? "secret seed" : `seed ${parameters.seed}`];
  return [
    `${brief(dataset?.title ?? parameters.dataset)}, ${format.count(parameters.train_size)} examples`,
    brief(model?.title ?? parameters.model),
    optimizer?.title ?? parameters.optimizer,
    ...seed,
  ].join(" · ");
}

/**
 * Return the headings of the four charts and the descriptions of their canvases. `planned` is the document whose ε is
 * drawn as planned; `stale` says that its settings are no longer those of the shown run.
 */
export function findingsOf(document, planned = document, stale = false) {
  return {
    training: trainingFinding(document),
    privacy: privacyFinding(document, planned, stale),
    clipping: clippingFinding(document),
    classes: classesFinding(document),
  };
}

function trainingFinding(document) {
  const last = document.epochs.at(-1);
  if (!last) return { title: awaiting(document), description: "No epoch has ended yet." };
  const epochs = last.epoch === 1 ? "1 epoch" : `${last.epoch} epochs`;
  const baseline = document.baseline?.final_metrics;
  const against = baseline ? `, ${format.percent(baseline.accuracy)} without privacy` : "";
  return {
    title: baseline ? `${format.percent(last.accuracy)} correct${against}` : `${format.percent(last.accuracy)} correct after ${epochs}`,
    description:
      `Line chart, ${document.evidence}. Test accuracy goes from ${format.percent(document.epochs[0].accuracy)} ` +
      `after epoch 1 to ${format.percent(last.accuracy)} after epoch ${last.epoch}${against}; ` +
      `training loss from ${format.loss(document.epochs[0].loss)} to ${format.loss(last.loss)}.`,
  };
}

function awaiting({ evidence }) {
  return evidence === "planned" ? "Accuracy unknown until it is trained" : "Waiting for the first epoch";
}

function privacyFinding(document, planned, stale) {
  const { epochs, delta, privacy_budget: budget } = planned.parameters;
  const end = planned.privacy.epsilon;
  if (end === null) {
    return {
      title: "No privacy guarantee",
      description: `No finite privacy loss: ${planned.privacy.reason ?? "there is no noise"}.`,
    };
  }
  if (planned.privacy.valid === false) {
    return {
      title: `Shuffled batches: ε ${format.epsilon(end)} in the worst case`,
      description: `Line chart of the worst case of each pass. ${planned.privacy.shuffle.explanation}`,
    };
  }
  const measured = document.evidence === "measured";
  const ended = measured && ENDED.includes(document.state);
  if (stale && planned !== document && ended) return comparison(document, planned);
  const spent = measured ? ` ${format.epsilon(document.epsilon_spent)} is spent.` : "";
  const [final, verb] = ended ? [document.epsilon_spent, "spent"] : [end, "planned"];
  const side = final > budget ? "over" : "within";
  return {
    title: measured
      ? `ε ${format.epsilon(final)} ${verb}, ${side} the budget of ${format.value(budget)}`
      : `ε reaches ${format.epsilon(end)}, ${side} the budget of ${format.value(budget)}`,
    description:
      `Line chart. The privacy loss ε rises steeply at first and ever more slowly, to ${format.epsilon(end)} ` +
      `at δ ${format.value(delta)} after ${epochs} epochs; the budget is ${format.value(budget)}.${spent}`,
  };
}

function comparison(document, planned) {
  const [next, spent] = [format.epsilon(planned.privacy.epsilon), format.epsilon(document.epsilon_spent)];
  return {
    title: `New settings: ε ${next}; this run spent ${spent}`,
    description: `Line chart. The measured run spent ε ${spent}; the settings as they are now would spend ε ${next}.`,
  };
}

function clippingFinding(document) {
  const norms = document.gradient_norms;
  if (!norms) return { title: "Gradient clipping", description: "No gradients yet." };
  const share = format.percent(norms.clipped_fraction, 0);
  const median = document.epochs.at(-1)?.gradient_norm_median;
  const typical = median ? ` The median norm is ${format.value(Number(median.toPrecision(2)))}.` : "";
  return {
    title: `${share} of gradients are longer than C = ${format.value(norms.clipping_norm)}`,
    description:
      `Histogram on a logarithmic axis, ${document.evidence}. ${share} of the per-example gradients are longer ` +
      `than C = ${format.value(norms.clipping_norm)} and are scaled down to it.${typical}`,
  };
}

function classesFinding(document) {
  const found = extremes(document);
  if (!found) return { title: "Accuracy by class", description: "No result yet." };
  const { worst, best, never } = found;
  return {
    title: never > 1 ? `${never} of ${document.per_class_accuracy.length} classes: 0\u00a0% correct` : `Hardest: “${worst.label}”, ${format.percent(worst.accuracy, 0)} correct`,
    description:
      `Bar chart, ${document.evidence}. Test accuracy by class: worst ${worst.label} with ` +
      `${format.percent(worst.accuracy)}, best ${best.label} with ${format.percent(best.accuracy)}.`,
  };
}

/** Return the short live line of the phone's bottom bar, "SIMULATED · ε 2.73 of 3 · 82 %". */
export function liveLine(document) {
  const budget = format.value(document.parameters.privacy_budget);
  const accuracy = document.final_metrics ? format.percent(document.final_metrics.accuracy, 0) : "no epoch yet";
  return `${badgeOf(document)} · ε ${format.epsilon(headlineOf(document).epsilon)} of ${budget} · ${accuracy}`;
}

/** Return what a training is doing, "Training: epoch 4 of 15", or null when it is at rest. */
export function activityOf(state) {
  const { run, sending, lost } = state;
  if (lost) return "The server does not answer; retrying. Your curve is kept.";
  if (sending) return "Asking the server to train…";
  if (!run || !["queued", "running"].includes(run.state)) return null;
  if (run.state === "queued") return queueSentence(run.progress?.queue_position);
  const { phase, steps, steps_total: total } = run.progress ?? {};
  if (!phase?.startsWith("training")) return `${capital(phase ?? "starting")}…`;
  return `${capital(phase)}: step ${format.count(steps)} of ${format.count(total)} · ${run.epochs.length} of ${run.parameters.epochs} epochs`;
}

function queueSentence(position) {
  return position ? `Queued, ${position} in line` : "Queued, waiting for the trainer";
}

/** Return how the last training ended, for people who did not watch, or null while it runs. */
export function outcomeOf(run) {
  if (!run) return null;
  if (run.state === "failed") return run.error?.message ?? "The training failed.";
  if (run.state === "cancelled") {
    return `Stopped after ${run.epochs.length} of ${run.parameters.epochs} epochs; ε ${format.epsilon(run.epsilon_spent)} is spent.`;
  }
  return run.state === "done" ? `Finished in ${format.duration(run.final_metrics?.training_seconds)}.` : null;
}

/** Return a title without its remark in brackets. */
function brief(title) {
  return title.replace(/ \(.*\)$/, "");
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
