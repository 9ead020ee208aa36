/** Rényi divergences of one step of the Poisson-sampled Gaussian mechanism, and the ε they give. */

import { FRACTIONAL_ORDERS, INTEGER_ORDERS, ORDERS } from "./orders.js";
import { quadratureRdp } from "./quadrature.js";

// As on the server: below the first the grid would grow without bound, below the second σ² leaves the doubles.
const SMALLEST_INTEGRABLE_SIGMA = 0.05;
const SMALLEST_SIGMA = 1e-6;
const LARGEST = INTEGER_ORDERS.at(-1);

const LOG_FACTORIALS = new Float64Array(LARGEST + 1);
for (let n = 2; n <= LARGEST; n += 1) LOG_FACTORIALS[n] = LOG_FACTORIALS[n - 1] + Math.log(n);

/**
 * Return the divergences of one step at ORDERS in nats, for neighbours that differ by adding or removing one example.
 * `samplingProbability` is q in 0..1, `noiseMultiplier` σ ≥ 0; all 0 for q = 0, all Infinity for σ = 0.
 */
export function oneStepRdp({ samplingProbability: q, noiseMultiplier: sigma }) {
  if (q === 0) return new Float64Array(ORDERS.length);
  if (sigma < SMALLEST_SIGMA) return new Float64Array(ORDERS.length).fill(Infinity);
  if (q === 1) return Float64Array.from(ORDERS, (order) => order / (2 * sigma ** 2));
  const integer = integerRdp(q, sigma);
  const fractional = sigma < SMALLEST_INTEGRABLE_SIGMA
    ? interpolatedRdp(integer, sigma)
    : quadratureRdp({ samplingProbability: q, noiseMultiplier: sigma, orders: FRACTIONAL_ORDERS });
  const [integers, fractions] = [integer.values(), fractional.values()];
  return Float64Array.from(ORDERS, (order) => Math.max(0, (Number.isInteger(order) ? integers : fractions).next().value));
}

/**
 * Return the divergences at the integer orders a: log(1 + Σ_{k≥2} C(a,k)·q^k·(1−q)^(a−k)·(e^((k²−k)/(2σ²)) − 1))/(a−1),
 * Mironov, Talwar, Zhang 2019, §3.3, less the terms that sum to 1, so that no digits cancel.
 */
export function integerRdp(q, sigma) {
  const [logQ, logRest] = [Math.log(q), Math.log1p(-q)];
  const growth = Float64Array.from({ length: LARGEST + 1 }, (_, k) => k * (logQ - logRest) + logExpm1((k * k - k) / (2 * sigma ** 2)) - LOG_FACTORIALS[k]);
  return INTEGER_ORDERS.map((order) => {
    const terms = new Float64Array(order - 1);
    for (let k = 2; k <= order; k += 1) terms[k - 2] = growth[k] - LOG_FACTORIALS[order - k];
    const log = logSumExp(terms) + LOG_FACTORIALS[order] + order * logRest;
    return (log > 0 ? log + Math.log1p(Math.exp(-log)) : Math.log1p(Math.exp(log))) / (order - 1);
  });
}

/**
 * Return upper bounds at the fractional orders: (a − 1)·RDP(a) is convex in a and 0 at a = 1, so the chord between
 * neighbouring integers lies above it; the unsampled mechanism's a/(2σ²) is a bound too.
 */
function interpolatedRdp(integer, sigma) {
  const moments = new Map([[1, 0], ...INTEGER_ORDERS.map((order, index) => [order, integer[index] * (order - 1)])]);
  return FRACTIONAL_ORDERS.map((order) => {
    const below = Math.floor(order);
    const moment = moments.get(below) + (order - below) * (moments.get(below + 1) - moments.get(below));
    return Math.min(moment / (order - 1), order / (2 * sigma ** 2));
  });
}

/**
 * Return {epsilon, order}: the smallest ε that `steps` times the divergences `rdp` give at `delta`, and where.
 * Canonne, Kamath, Steinke 2020, proposition 12; where δ exceeds √(1 − e^−RDP), ε is 0 (Bretagnolle, Huber 1979).
 */
export function epsilonOfRdp(rdp, { steps, delta }) {
  const logDelta = Math.log(delta);
  let best = { epsilon: Infinity, order: null };
  for (let index = 0; index < ORDERS.length; index += 1) {
    const order = ORDERS[index];
    const total = rdp[index] * steps;
    const epsilon = delta ** 2 + Math.expm1(-total) > 0
      ? 0 : total + Math.log1p(-1 / order) - (logDelta + Math.log(order)) / (order - 1);
    if (epsilon < best.epsilon) best = { epsilon, order };
  }
  return { ...best, epsilon: Math.max(0, best.epsilon) };
}

/** log(e^x − 1) for x > 0, also where e^x leaves the doubles. */
function logExpm1(x) {
  return x > 30 ? x + Math.log1p(-Math.exp(-x)) : Math.log(Math.expm1(x));
}

function logSumExp(terms) {
  const top = terms.reduce((first, second) => Math.max(first, second), -Infinity);
  return top + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - top), 0));
}
