/**
 * DP-SGD on the toy's network, and the same training without privacy.
 *
 * A recipe is {clippingNorm, noiseMultiplier, learningRate, expectedBatch}; a `clippingNorm` of Infinity with a
 * `noiseMultiplier` of 0 is ordinary SGD on the same batches.
 */

import { exampleGradient, PARAMETERS } from "./network.js";

const gradient = new Float64Array(PARAMETERS);

/**
 * Write the sum of the sampled examples' gradients, each clipped to `clippingNorm`, into `sum`; return how many were
 * clipped. `examples` are {x, y, label}, `sampled` holds indices into them; an index beyond their end is nobody.
 */
export function clippedSum(parameters, { examples, sampled, clippingNorm }, sum) {
  let clipped = 0;
  sum.fill(0);
  for (const index of sampled) {
    if (index >= examples.length) continue;
    const norm = exampleGradient(parameters, examples[index], gradient);
    const scale = norm > clippingNorm ? clippingNorm / norm : 1;
    if (scale < 1) clipped += 1;
    for (let k = 0; k < PARAMETERS; k += 1) sum[k] += scale * gradient[k];
  }
  return clipped;
}

/** Add noise of standard deviation σ·C to `sum`, in place; `unitNoise` is a standard normal draw of the same length. */
export function addNoise(sum, unitNoise, { clippingNorm, noiseMultiplier }) {
  if (noiseMultiplier === 0) return; // 0·Infinity is no number
  const deviation = noiseMultiplier * clippingNorm;
  for (let k = 0; k < PARAMETERS; k += 1) sum[k] += deviation * unitNoise[k];
}

/** Move `parameters` by −learning rate · `sum` / the expected batch, in place: a public divisor, not how many came. */
export function descend(parameters, sum, { learningRate, expectedBatch }) {
  const rate = learningRate / expectedBatch;
  for (let k = 0; k < PARAMETERS; k += 1) parameters[k] -= rate * sum[k];
}
