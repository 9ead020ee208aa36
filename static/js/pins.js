/**
 * Pinned runs: up to four results kept beside the shown one. Pure functions over a list of pins
 * {number 1..4, name, key, run}; a number is a pin's place in the colours and marks, and stays its own. The first pin of
 * the list is the reference that the tiles are compared with. `run` is a run document without what no comparison draws.
 */

import { isActive } from "./run_states.js";
import { pick } from "./settings.js";

export const MOST_PINS = 4;

const NUMBERS = [1, 2, 3, 4];
const LONGEST_NAME = 40;
const RUN_FIELDS = [
  "id", "state", "mode", "evidence", "parameters", "dataset", "model", "iterations", "per_class_accuracy", "final_metrics",
  "epsilon_spent", "progress", "simulation_error",
];
const EPOCH_FIELDS = ["epoch", "iteration", "accuracy", "loss", "test_loss", "epsilon", "clipped_fraction", "seconds"];
const NO_RESULT = new Set(["mode", "privacy_budget", "target_epsilon"]); // parameters that change nothing in a result
const PRIVACY_FIELDS = ["epsilon", "epsilon_pld", "valid", "delta", "steps", "per_epoch"];

/** Return what tells one result from another: a measured run's id, a simulation's parameters. */
export function keyOf({ id, evidence, parameters }) {
  const names = Object.keys(parameters).filter((name) => !NO_RESULT.has(name)).sort();
  return id ?? `${evidence} ${JSON.stringify(names.map((name) => [name, parameters[name]]))}`;
}

/** Return the pin that holds this result, or null. */
export function pinOf(pins, document) {
  const key = keyOf(document);
  return pins.find((pin) => pin.key === key) ?? null;
}

/** Return why a result cannot be pinned, as a sentence, or null if it can. */
export function whyNotPinned(pins, document) {
  if (!document?.final_metrics) return "There is no result to pin yet.";
  if (isActive(document)) return "A run can be pinned when it has ended.";
  if (pinOf(pins, document)) return "This result is pinned already.";
  return pins.length >= MOST_PINS ? `Only ${MOST_PINS} runs can be pinned; unpin one first.` : null;
}

/** Return the pins with a result added at the end; unchanged where it cannot be pinned. */
export function withPin(pins, document, { name } = {}) {
  if (whyNotPinned(pins, document)) return pins;
  const number = NUMBERS.find((candidate) => !pins.some((pin) => pin.number === candidate));
  return [...pins, { number, name: tidyName(name) ?? nameOf(document), key: keyOf(document), run: trimmed(document) }];
}

/** Return the pins without the one of this number. */
export const withoutPin = (pins, number) => pins.filter((pin) => pin.number !== number);

/** Return the pins with another name on one of them; an empty name gives back the one it had at first. */
export function withName(pins, number, name) {
  return pins.map((pin) => (pin.number === number ? { ...pin, name: tidyName(name) ?? nameOf(pin.run) } : pin));
}

/** Return the pins with this one first: the reference of the tiles. */
export function withReference(pins, number) {
  return [...pins.filter((pin) => pin.number === number), ...pins.filter((pin) => pin.number !== number)];
}

/** Return a name for a result by what was set, "sgd 0.02, C 1, σ 0.8". */
export function nameOf({ parameters: { optimizer, learning_rate: rate, clipping_norm: norm, noise_multiplier: noise } }) {
  return `${optimizer} ${rate}, C ${norm}, σ ${noise}`;
}

/** Return the pins as text that `fromText` reads. */
export const toText = (pins) => JSON.stringify({ version: 1, pins });

/** Return the pins that `toText` wrote, or null where the text is missing or is not that. */
export function fromText(text) {
  try {
    const { version, pins } = JSON.parse(text);
    return version === 1 && pins.length <= MOST_PINS && pins.every(isPin) ? pins : null;
  } catch {
    return null;
  }
}

function isPin({ number, name, key, run }) {
  return NUMBERS.includes(number) && typeof name === "string" && typeof key === "string" && Boolean(run.final_metrics) &&
    Array.isArray(run.epochs) && Array.isArray(run.iterations) && Boolean(run.parameters.epochs) && Boolean(run.privacy);
}

function trimmed(document) {
  return {
    ...pick(document, RUN_FIELDS),
    epochs: document.epochs.map((point) => pick(point, EPOCH_FIELDS)),
    privacy: pick(document.privacy, PRIVACY_FIELDS),
    baseline: document.baseline?.final_metrics ? { final_metrics: document.baseline.final_metrics } : null,
  };
}

function tidyName(name) {
  const tidy = (name ?? "").trim().replace(/\s+/g, " ").slice(0, LONGEST_NAME);
  return tidy === "" ? null : tidy;
}
