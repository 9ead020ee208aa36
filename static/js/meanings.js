/** The one line under each control: what its value means with the other settings as they are. Pure. */

import * as format from "./format.js";
import { isLocked } from "./noise_lock.js";
import { levelOf } from "./privacy/interpretation.js";
import { guaranteedEpsilon } from "./privacy/accountant.js";
import { mechanismOf, stepsAfter } from "./privacy/mechanism.js";
import { named } from "./settings.js";

const LEVELS = { strong: "strong", good: "good", weak: "weak", little: "little formal" };

const MEANINGS = {
  clipping_norm: (settings, { shown }) => clippingMeaning(settings, shown),
  noise_multiplier: noiseMeaning,
  privacy_budget: (settings) => targetMeaning(settings),
  batch_size: ({ batch_size: size, train_size: examples }) =>
    `Each example joins a step with chance ${format.percent(size / examples, size / examples < 0.1 ? 2 : 0)}.`,
  learning_rate: (settings) => stepMeaning(settings),
  epochs: (settings) => `${format.count(stepsOf(settings))} steps in all; each one spends privacy.`,
  delta: ({ delta, train_size: examples }) => deltaMeaning(delta, examples),
  train_size: ({ train_size: examples, dataset }, { catalog }) => {
    const all = named(catalog.datasets, dataset).train_examples;
    return `${examples < all ? `A fixed part of ${format.count(all)}` : `All ${format.count(all)}`}; fewer examples cost each more ε.`;
  },
};

/** Return the line of the parameter `name`, or null for one without; `shown` is the shown document or null. */
export function meaningOf(name, settings, { catalog, shown }) {
  return MEANINGS[name]?.(settings, { catalog, shown }) ?? null;
}

function targetMeaning(settings) {
  const { privacy_budget: target } = settings;
  return `${isLocked(settings) ? "σ is solved for it" : "Full mark of the meter"}: ${LEVELS[levelOf(target)]} protection.`;
}

function clippingMeaning({ clipping_norm: norm }, shown) {
  const last = shown?.epochs?.at(-1);
  if (shown?.parameters.clipping_norm !== norm || typeof last?.clipped_fraction !== "number") return "Longer gradients of one example are shortened to it.";
  return `Shortens ${format.percent(last.clipped_fraction, 0)} of gradients; typical norm ${format.value(Number(last.gradient_norm_median?.toPrecision(2)))}.`;
}

function noiseMeaning(settings) {
  const { noise_multiplier: noise, clipping_norm: norm } = settings;
  if (isLocked(settings)) return solvedMeaning(settings);
  if (noise === 0) return "No noise: nothing is protected.";
  return `Noise σ·C = ${format.value(Number((noise * norm).toPrecision(3)))} on each coordinate of the sum.`;
}

/** Return what the solved σ does, which is not its aim where no σ reaches the target, and how to set it oneself. */
function solvedMeaning(settings) {
  const target = format.value(settings.target_epsilon);
  const epsilon = guaranteedEpsilon(mechanismOf(settings));
  if (epsilon === null || epsilon > settings.target_epsilon) return `Gives ε ${format.epsilon(epsilon)}: no σ reaches ${target}.`;
  return `Least noise for ε ≤ ${target}; choose σ above to set it.`;
}

function stepMeaning({ learning_rate: rate, clipping_norm: norm, optimizer }) {
  if (optimizer === "adam") return `Each weight moves by about ${format.value(rate)} a step.`;
  const longest = format.value(Number((rate * norm * (optimizer === "momentum" ? 10 : 1)).toPrecision(3)));
  return `Without noise no step is longer than ${longest}${optimizer === "momentum" ? " (lr·C·10)" : " (lr·C)"}.`;
}

function deltaMeaning(delta, examples) {
  const limit = format.value(Number((1 / examples).toPrecision(2)));
  if (delta >= 1 / examples) return `Too large: not below 1/N = ${limit}, it allows giving one person away.`;
  return `The chance that ε may not hold; below 1/N = ${limit}.`;
}

function stepsOf({ train_size: examples, batch_size: batchSize, epochs }) {
  return stepsAfter({ examples, batchSize, epochs });
}
