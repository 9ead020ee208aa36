/** What the card says: which run answers or why none does, and what the answers are. */

import * as format from "../format.js";
import { isActive } from "../run_states.js";
import { named } from "../settings.js";

const TRAIN = "Train for real first; then draw.";

/** Return the dataset that a drawing is made for: that of the run, else of the settings, as the catalog has it. */
export function datasetOf({ catalog, run, settings }) {
  const task = named(catalog.tasks, settings.task);
  const chosen = settings.dataset === "auto" || !settings.dataset ? task?.dataset : settings.dataset;
  const name = run ? run.parameters.dataset : chosen;
  return { name, title: named(catalog.datasets, name)?.title ?? "these data" };
}

/**
 * Return the run whose models answer (null for none yet), what is to be said of that, and whether a training that answers
 * it can be offered: {runId, text, offer}.
 */
export function situationOf({ run, opening, sending, catalog: { real } }) {
  if (sending || isActive(run)) return { runId: null, text: GOES_ON, offer: false };
  if (run?.state === "done") {
    const text = run.parameters.dataset === "fashion_mnist" ? PHOTOGRAPHS : run.baseline ? "" : WITHOUT_BASELINE;
    return { runId: run.id, text, offer: !run.baseline && real.available };
  }
  if (!real.available) return { runId: null, text: `Models are what real trainings leave, and training is not possible here: ${real.reason}`, offer: false };
  return { runId: null, text: run ? BROKE_OFF : opening ? SHIPPED : SIMULATED, offer: true };
}

/** What the button says that starts such a training. */
export const OFFER = "Train both models";

const WITHOUT_BASELINE = "To compare, switch on the baseline and train again.";
const PHOTOGRAPHS = "This run learned from photographs of garments. A drawing looks little like them: expect odd answers.";
const GOES_ON = "The training goes on. You can draw already: its model answers when it has finished.";
const BROKE_OFF = `This run broke off, and models are kept of finished ones only. ${TRAIN}`;
const SHIPPED = `The run shown is shipped with this page: its weights are not on this server. ${TRAIN}`;
const SIMULATED = `A simulation has no model that could look at a drawing. ${TRAIN}`;

export const NO_IMAGES = "These data are no images: there is nothing to draw. Train on MNIST or on the 8x8 digits; then draw.";

/** Return the heads of the two columns for a run document (or null). */
export function headsOf(run) {
  const done = run?.state === "done";
  const share = (metrics) => (done && metrics ? `${format.percent(metrics.accuracy)} of the test set` : "");
  const epsilon = done && run.final_metrics ? `ε ${format.epsilon(run.final_metrics.epsilon)}` : "";
  return {
    private: ["Private model", [epsilon, share(run?.final_metrics)].filter(Boolean).join(" · ")],
    baseline: ["Without privacy", share(run?.baseline?.final_metrics)],
  };
}

/** Return the answers as a sentence: "Private model: 7 (83 %). Without privacy: 7 (99 %)." */
export function answerSentence({ private: own, baseline }) {
  const told = (name, opinion) => `${name}: ${opinion.label} (${likelihood(Math.max(...opinion.probabilities))}).`;
  return [told("Private model", own), ...(baseline ? [told("Without privacy", baseline)] : [])].join(" ");
}

/** Return a probability in whole per cent; no model is ever certain. */
export const likelihood = (share) => (share > 0.995 ? `>\u00a0${format.percent(0.99, 0)}` : format.percent(share, 0));

/** Return {text, again}: what to say of a failed question, and after how many seconds to ask it again (null: not). */
export function failureOf(error) {
  if (error.status) {
    const again = error.status === 429 || error.status === 503 ? error.retryAfter ?? 5 : null;
    return { text: error.detail, again };
  }
  return { text: "The server does not answer. Your drawing is kept here; it is asked again.", again: 3 };
}
