/** One DP-SGD step on two weights: pure geometry, with the randomness as an argument. Vectors are [x, y]. */

export const length = ([x, y]) => Math.hypot(x, y);
export const sum = (vectors) => vectors.reduce(([a, b], [x, y]) => [a + x, b + y], [0, 0]);
export const scaled = ([x, y], factor) => [x * factor, y * factor];

/** Return `gradient` shortened to length `clippingNorm` if it is longer: g·min(1, C/‖g‖). */
export function clipped(gradient, clippingNorm) {
  const norm = length(gradient);
  return norm > clippingNorm ? scaled(gradient, clippingNorm / norm) : gradient;
}

/**
 * Return every stage of one step: {sampled, clipped, total, noise, noisy, update}.
 * `gradients` are one per example, `joins` says which were sampled, `unitNoise` is a standard normal draw,
 * `expectedBatch` the public number q·N to divide by.
 */
export function privateStep({ gradients, joins, clippingNorm, noiseMultiplier, unitNoise, expectedBatch }) {
  const sampled = gradients.filter((_, index) => joins[index]);
  const short = sampled.map((gradient) => clipped(gradient, clippingNorm));
  const total = sum(short);
  const noise = scaled(unitNoise, noiseMultiplier * clippingNorm);
  const noisy = sum([total, noise]);
  return { sampled, clipped: short, total, noise, noisy, update: scaled(noisy, 1 / expectedBatch) };
}
