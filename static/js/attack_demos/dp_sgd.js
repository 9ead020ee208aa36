/**
 * DP-SGD for any small model, one step at a time, and the same training without privacy. Pure.
 *
 * A recipe is {clippingNorm, noiseMultiplier, learningRate, expectedBatch}; a `clippingNorm` of Infinity with a
 * `noiseMultiplier` of 0 is ordinary SGD on the same batches. `writeGradient(parameters, example, gradient)` writes one
 * example's gradient into `gradient`.
 */

import { createDice } from "../toy/dice.js";

const [COINS, NOISE] = [11, 12]; // streams of a seed: both trainings toss the same coins

/** Write Σ g·min(1, C/‖g‖) of the sampled examples into `sum` and return how many were clipped. */
export function clippedSum(parameters, { examples, sampled, clippingNorm, writeGradient }, sum) {
  const gradient = new Float64Array(parameters.length);
  let clipped = 0;
  sum.fill(0);
  for (const index of sampled) {
    writeGradient(parameters, examples[index], gradient);
    const norm = lengthOf(gradient);
    const scale = norm > clippingNorm ? clippingNorm / norm : 1;
    if (scale < 1) clipped += 1;
    for (let k = 0; k < sum.length; k += 1) sum[k] += scale * gradient[k];
  }
  return clipped;
}

function lengthOf(gradient) {
  let square = 0;
  for (let k = 0; k < gradient.length; k += 1) square += gradient[k] * gradient[k];
  return Math.sqrt(square);
}

/** Take one step in place: θ − rate·(Σ clipped + σ·C·noise)/expected batch. Return how many gradients were clipped. */
export function privateStep(parameters, { examples, sampled, unitNoise, writeGradient, recipe }) {
  const { clippingNorm, noiseMultiplier, learningRate, expectedBatch } = recipe;
  const sum = new Float64Array(parameters.length);
  const clipped = clippedSum(parameters, { examples, sampled, clippingNorm, writeGradient }, sum);
  const deviation = noiseMultiplier === 0 ? 0 : noiseMultiplier * clippingNorm; // 0·Infinity is no number
  for (let k = 0; k < sum.length; k += 1) parameters[k] -= (learningRate * (sum[k] + deviation * unitNoise[k])) / expectedBatch;
  return clipped;
}

/**
 * Train in place, one step at each `next()`: every example joins a step by its own coin with probability
 * expected batch/examples (Poisson sampling). The same seed gives the same coins and noise.
 */
export function* training(parameters, { examples, steps, seed, writeGradient, recipe }) {
  const [coins, noise] = [createDice(seed, COINS), createDice(seed, NOISE)];
  const probability = recipe.expectedBatch / examples.length;
  const unitNoise = new Float64Array(parameters.length);
  for (let step = 0; step < steps; step += 1) {
    const sampled = examples.flatMap((_, index) => (coins.uniform() < probability ? [index] : []));
    if (recipe.noiseMultiplier > 0) unitNoise.forEach((_, k) => { unitNoise[k] = noise.normal(); });
    privateStep(parameters, { examples, sampled, unitNoise, writeGradient, recipe });
    yield step;
  }
}
