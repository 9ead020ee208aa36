/**
 * The discrete Laplace mechanism for whole-number queries (Ghosh, Roughgarden, Sundararajan, 2009): noise k has probability
 * (1 − a)/(1 + a)·a^|k| with a = e^(−ε/Δ). It is exactly ε-DP with δ = 0, without the rounding by which the continuous
 * Laplace noise of a floating-point machine can give itself away (Mironov, 2012).
 */

/** Return a of the noise for `epsilon` > 0 and the `sensitivity` Δ ≥ 1, the most that one person can change the answer. */
export const decayOf = ({ epsilon, sensitivity }) => Math.exp(-epsilon / sensitivity);

/** Return the probability of the noise `k`, a whole number. */
export function chanceOfNoise(k, mechanism) {
  const decay = decayOf(mechanism);
  return ((1 - decay) / (1 + decay)) * decay ** Math.abs(k);
}

/** Return the standard deviation of the noise, √(2a)/(1 − a). */
export function noiseDeviation(mechanism) {
  const decay = decayOf(mechanism);
  return Math.sqrt(2 * decay) / (1 - decay);
}

/** Return a draw of the noise: the difference of two geometric ones. */
export function drawNoise(mechanism, dice) {
  const geometric = () => Math.floor(Math.log(1 - dice.uniform()) / Math.log(decayOf(mechanism)));
  return geometric() - geometric();
}
