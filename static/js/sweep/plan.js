/** What a sweep asks for: its values and seeds as they are written, and the body of the request. Pure. */

import { settingsOf } from "../provenance.js";
import { shortName } from "../real_training.js";
import { faultOf } from "../scale.js";
import { requestBody, without } from "../settings.js";

export const MOST_SEEDS = 5;

const LEAST_VALUES = 2;
const MOST_VALUES = 12;
const MOST_RUNS = 60;
// Over the recommended band and beyond it on both sides.
const SENSIBLE = {
  noise_multiplier: [0.5, 0.8, 1.1, 1.5, 2, 4],
  clipping_norm: [0.25, 0.5, 1, 2, 4, 8],
  batch_size: [64, 128, 256, 512, 1024, 2048],
  learning_rate: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2],
  epochs: [2, 5, 10, 15, 20, 30],
};
const NOT_SENT = ["mode", "seed", "baseline", "stop_at_budget", "target_epsilon"];

/** Return the values that a sweep of `name` starts with, the chosen one in the place of its nearest neighbour. */
export function sensibleValues(name, settings) {
  const all = SENSIBLE[name].filter((value) => name !== "batch_size" || value <= settings.train_size);
  const own = settings[name];
  if (!(own > 0) || all.includes(own)) return all;
  const distances = all.map((value) => Math.abs(Math.log(value / own)));
  const nearest = distances.indexOf(Math.min(...distances));
  return all.map((value, index) => (index === nearest ? own : value)).sort((first, second) => first - second);
}

/** Return {values} (ascending) of a written list such as "0.5, 1, 2", or {fault}: a sentence that names the parameter. */
export function readValues(text, parameter, settings) {
  const parts = text.split(/[,;\s]+/).filter(Boolean);
  const values = parts.map(Number);
  const { label } = parameter;
  const bad = parts.find((part) => !Number.isFinite(Number(part)));
  if (bad) return { fault: `${label}: “${bad}” is not a number; write values like 0.5, 1, 2.` };
  const outside = values.find((value) => faultOf(parameter, value));
  if (outside !== undefined) return { fault: `${faultOf(parameter, outside).slice(0, -1)}; ${outside} is not allowed.` };
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) return { fault: `${label}: ${twice} stands there twice.` };
  if (values.length < LEAST_VALUES || values.length > MOST_VALUES) {
    return { fault: `${label}: a sweep takes ${LEAST_VALUES} to ${MOST_VALUES} values, not ${values.length}.` };
  }
  const tooLarge = parameter.name === "batch_size" && values.find((value) => value > settings.train_size);
  if (tooLarge) return { fault: `${label}: ${tooLarge} is more than the ${settings.train_size} training examples.` };
  return { values: [...values].sort((first, second) => first - second) };
}

/** Return {seeds} 1 to the written number, or {fault}; `count` is how many values there are. */
export function readSeeds(text, count = 0) {
  const number = text.trim() === "" ? NaN : Number(text);
  if (!Number.isInteger(number) || number < 1 || number > MOST_SEEDS) return { fault: `Seeds: a whole number from 1 to ${MOST_SEEDS}.` };
  if (number * count > MOST_RUNS) return { fault: `Seeds: ${count} values with ${number} seeds are ${number * count} runs; a sweep takes at most ${MOST_RUNS}.` };
  return { seeds: Array.from({ length: number }, (_, index) => index + 1) };
}

/** Return the body of POST /api/sweeps. */
export function sweepBody(settings, { parameter, values, seeds, mode }) {
  return { ...without(requestBody(settings, mode), [...NOT_SENT, parameter]), mode, parameter, values, seeds };
}

const IN_LINE = { noise_multiplier: /^σ /, clipping_norm: /^C /, batch_size: /^B /, learning_rate: /^learning rate /, epochs: / epochs$/ };

/** Return what stays as it is set while `parameter` is swept. */
export function restText(settings, parameter) {
  const parts = settingsOf({ parameters: settings }).split(" · ").filter((part) => !IN_LINE[parameter].test(part));
  return `All else as it is set: ${shortName(settings.dataset)}, ${parts.join(" · ")}.`;
}
