/** One DP-SGD update of a logistic model with two weights, every intermediate number kept. Pure. */

import { clipped, length, privateStep } from "./private_step.js";

/** Return P(label 1) = 1/(1 + e^(−w·x)). */
export const probabilityOf = ([first, second], [x, y]) => 1 / (1 + Math.exp(-(first * x + second * y)));

/** Return the gradient of one example's cross-entropy: (p − label)·x. */
export function gradientOf(weights, { features, label }) {
  const error = probabilityOf(weights, features) - label;
  return features.map((feature) => error * feature);
}

/**
 * Return {rows, total, noise, noisy, mean, weights}: `rows` [{index, label, features, gradient, norm, clipped}] of the
 * examples that joined, `mean` the noisy sum over the public `expectedBatch`, `weights` those after the step.
 * `joins` says for each example whether its coin let it in; `unitNoise` is a standard normal draw in each coordinate.
 */
export function privateUpdate({ examples, weights, joins, clippingNorm, noiseMultiplier, unitNoise, expectedBatch, learningRate }) {
  const rows = examples.flatMap((example, index) => (joins[index] ? [rowOf(example, index, { weights, clippingNorm })] : []));
  const step = privateStep({
    gradients: rows.map(({ gradient }) => gradient), joins: rows.map(() => true), clippingNorm, noiseMultiplier, unitNoise, expectedBatch,
  });
  return {
    rows, total: step.total, noise: step.noise, noisy: step.noisy, mean: step.update,
    weights: weights.map((weight, axis) => weight - learningRate * step.update[axis]),
  };
}

function rowOf({ features, label }, index, { weights, clippingNorm }) {
  const gradient = gradientOf(weights, { features, label });
  return { index, label, features, gradient, norm: length(gradient), clipped: clipped(gradient, clippingNorm) };
}

/** Return the share of examples whose label the model finds more likely; a tie counts as "0". */
export function accuracyOf(examples, weights) {
  const right = examples.filter(({ features, label }) => (probabilityOf(weights, features) > 0.5) === (label === 1));
  return right.length / examples.length;
}
