/**
 * DP-SGD as the accountant sees it: {examples, batchSize, noiseMultiplier, epochs, delta, sampling}, with `examples` N,
 * `batchSize` B ≤ N, `noiseMultiplier` σ ≥ 0, `delta` in (0, 1) and `sampling` "poisson" or "shuffle".
 */

/** Return the mechanism that settings or a document's parameters, with their `train_size`, describe. */
export function mechanismOf(parameters) {
  return {
    examples: parameters.train_size,
    batchSize: parameters.batch_size,
    noiseMultiplier: parameters.noise_multiplier,
    epochs: parameters.epochs,
    delta: parameters.delta,
    sampling: parameters.sampling,
  };
}

/** Return q = B/N. */
export const samplingProbabilityOf = ({ examples, batchSize }) => batchSize / examples;

/** Return how many steps have been taken when `epoch` ends, ⌈epoch·N/B⌉; by default those of the whole run. */
export const stepsAfter = ({ examples, batchSize, epochs }, epoch = epochs) => Math.ceil((epoch * examples) / batchSize);

/** Return how many passes `steps` steps of shuffled batches have begun: the most often one example was used. */
export function passesBegun({ examples, batchSize }, steps) {
  return Math.ceil(steps / Math.floor(examples / batchSize));
}

/** Return μ = √passes/σ, the Gaussian shift of as many uses of an example that nothing hides; Infinity without noise. */
export function worstCaseMu({ noiseMultiplier }, passes) {
  if (passes === 0) return 0;
  return noiseMultiplier > 0 ? Math.sqrt(passes) / noiseMultiplier : Infinity;
}
