/** Gaussian differential privacy in closed form: what one Gaussian shift by μ gives away. */

import { cdf, logCdf } from "./normal.js";

const QUANTILES = { 0.01: -2.3263478740408408, 0.001: -3.090232306167813 }; // Φ⁻¹ at the rates that are shown

/** Return the smallest δ at which μ-GDP is (ε, δ)-DP: Balle, Wang 2018, theorem 8; in logarithms. μ = 0 gives 0. */
export function deltaOfGaussian({ epsilon, mu }) {
  if (mu === 0) return 0;
  const logUpper = logCdf(mu / 2 - epsilon / mu);
  const logLower = epsilon + logCdf(-mu / 2 - epsilon / mu);
  return Math.exp(logUpper) * -Math.expm1(Math.min(0, logLower - logUpper));
}

/** Return the smallest ε at which μ-GDP is (ε, δ)-DP, rounded up by less than 1e-12 of it; Infinity for infinite μ. */
export function epsilonOfGaussian({ mu, delta }) {
  if (mu > 1e150) return Infinity;
  if (deltaOfGaussian({ epsilon: 0, mu }) <= delta) return 0;
  // The first term alone is at most δ at this end, because Φ(−t) ≤ exp(−t²/2).
  let [low, high] = [0, mu ** 2 / 2 + mu * Math.sqrt(-2 * Math.log(delta))];
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (deltaOfGaussian({ epsilon: middle, mu }) > delta) low = middle;
    else high = middle;
  }
  return high;
}

/** Return the largest "true minus false positive rate" of any attack on μ-GDP, 0..1. */
export const gaussianAdvantage = (mu) => (mu === Infinity ? 1 : 2 * cdf(mu / 2) - 1);

/** Return the largest true-positive rate of any attack on μ-GDP at a false-positive rate of 0.01 or 0.001. */
export const gaussianTruePositives = (falsePositives, mu) => (mu === Infinity ? 1 : cdf(QUANTILES[falsePositives] + mu));
