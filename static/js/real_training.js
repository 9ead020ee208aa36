/** Whether real training is possible with some settings, and about how long it takes. Pure. */

import { capital } from "./format.js";
import { stepsAfter } from "./privacy/mechanism.js";
import { named } from "./settings.js";

const BASELINE_SHARE = 0.6; // of a step with privacy, for one without
const SHORT_NAMES = { mnist: "MNIST", fashion_mnist: "Fashion-MNIST", digits: "Digits", xor: "XOR", table: "Your table" };

/** Return a dataset's name as it fits on a button. */
export const shortName = (dataset) => SHORT_NAMES[dataset] ?? dataset;

/**
 * Return null where a real training can start, else {reason, instead}: a sentence, and the task that works everywhere,
 * or null where no task does.
 */
export function obstacleOf({ real, datasets, engines, fallback_task: fallback }, { dataset, engine, task }) {
  if (!real.available) return { reason: `Real training is not possible here: ${sentence(real.reason)}`, instead: null };
  const { available, cure } = named(datasets, dataset);
  if (available === false) {
    return { reason: `${shortName(dataset)} is not on this server. ${sentence(cure ?? "")}`, instead: fallback === task ? null : fallback };
  }
  const chosen = named(engines, engine);
  return chosen?.available === false ? { reason: `The chosen engine is not installed: ${sentence(chosen.reason)}`, instead: null } : null;
}

/**
 * Return about how many seconds a training takes on this server (docs/http_api.md, "Cost"), or null where that is not
 * known: its work in units, over the units a second that the server has measured.
 */
export function expectedSeconds({ timing, datasets }, settings) {
  const cost = timing?.model_cost?.[settings.model]?.[settings.dataset];
  if (!timing?.examples_per_second || !cost || settings.engine !== "fast") return null;
  const { train_size: examples, batch_size: batchSize, epochs, baseline } = settings;
  const training = stepsAfter({ examples, batchSize, epochs }) * (batchSize * cost.example + cost.step);
  const testExamples = named(datasets, settings.dataset).test_examples;
  const testing = epochs * measurementsPerEpoch(epochs) * testExamples * cost.test;
  const work = training + testing + (baseline ? BASELINE_SHARE * training + testing : 0);
  return timing.overhead_seconds + work / timing.examples_per_second;
}

/** Return how many of those seconds a baseline takes, whether or not it is chosen, or null where that is not known. */
export function baselineSeconds(catalog, settings) {
  const [alone, both] = [false, true].map((baseline) => expectedSeconds(catalog, { ...settings, baseline }));
  return alone === null ? null : both - alone;
}

const measurementsPerEpoch = (epochs) => Math.max(1, Math.min(3, Math.floor(60 / epochs)));

/** Return the seconds that a run has still to go, or null: the server's figure as far as not yet gone, else from ended epochs. */
export function secondsLeft({ epochs, progress }) {
  if (typeof progress?.eta_seconds === "number") return progress.eta_seconds * shareLeft(progress);
  const times = epochs.map(({ seconds }) => seconds).filter((seconds) => typeof seconds === "number");
  if (!times.length || !progress?.steps_total) return null;
  const epoch = times.reduce((sum, seconds) => sum + seconds, 0) / times.length;
  const steps = epochs.at(-1).iteration / epochs.length;
  return (epoch * (progress.steps_total - progress.steps)) / steps;
}

/** Return which part of the steps that were ahead when the server spoke is still ahead. */
function shareLeft({ steps, steps_total: total, eta_steps: then = steps }) {
  return then < total ? (total - steps) / (total - then) : 1;
}

function sentence(text) {
  const words = capital(text);
  return words === "" || words.endsWith(".") ? words : `${words}.`;
}
