/**
 * The accountant in the page: the server's headline ε (app/privacy/guarantee.py) without asking it.
 *
 * Every ε holds for one example as the unit of privacy: with Poisson sampling for neighbours that differ by adding or
 * removing it, by Rényi accounting; with shuffled batches for one that is blanked, by their once-per-pass worst case.
 */

import { epsilonOfGaussian } from "./gaussian.js";
import { passesBegun, samplingProbabilityOf, stepsAfter, worstCaseMu } from "./mechanism.js";
import { epsilonOfRdp, oneStepRdp } from "./renyi.js";

const MOST_KEPT = 64; // one-step divergences; a slider's neighbours, so that moving back costs nothing

const kept = new Map();

/** Return one step's divergences, computed once for each (q, σ): steps only scale them. */
function cachedStep(samplingProbability, noiseMultiplier) {
  const key = `${samplingProbability} ${noiseMultiplier}`;
  if (!kept.has(key)) {
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value);
    kept.set(key, oneStepRdp({ samplingProbability, noiseMultiplier }));
  }
  return kept.get(key);
}

/** Return {epsilon, order} by Rényi accounting, as if sampling were Poisson; 0 for no steps, Infinity without noise. */
export function renyiEpsilon(mechanism, steps = stepsAfter(mechanism)) {
  if (steps === 0) return { epsilon: 0, order: null };
  const rdp = cachedStep(samplingProbabilityOf(mechanism), mechanism.noiseMultiplier);
  return epsilonOfRdp(rdp, { steps, delta: mechanism.delta });
}

/** Return the ε that `steps` steps (by default all) spend, for the sampling that is done; null where it is infinite. */
export function guaranteedEpsilon(mechanism, steps = stepsAfter(mechanism)) {
  const spent = mechanism.sampling === "shuffle" ? worstCaseEpsilon : renyiEpsilon;
  const { epsilon } = spent(mechanism, steps);
  return Number.isFinite(epsilon) ? epsilon : null;
}

/** Return {epsilon, mu} of shuffled batches: each pass counts as one unhidden use of the example. */
export function worstCaseEpsilon(mechanism, steps = stepsAfter(mechanism)) {
  const mu = worstCaseMu(mechanism, passesBegun(mechanism, steps));
  return { epsilon: epsilonOfGaussian({ mu, delta: mechanism.delta }), mu };
}

/** Return ε by the central-limit approximation μ = q·√(T(e^(1/σ²) − 1)), which under-reports; null where it is infinite. */
export function approximateEpsilon(mechanism) {
  const { noiseMultiplier, delta } = mechanism;
  if (noiseMultiplier ** 2 < 1 / 700) return null;
  const growth = stepsAfter(mechanism) * Math.expm1(noiseMultiplier ** -2);
  const mu = samplingProbabilityOf(mechanism) * Math.sqrt(growth);
  const epsilon = epsilonOfGaussian({ mu, delta });
  return Number.isFinite(epsilon) ? epsilon : null;
}

/** Return the budget curve [{epoch, iteration, epsilon}], one point at the end of each epoch. */
export function budgetCurve(mechanism) {
  return Array.from({ length: mechanism.epochs }, (_, index) => {
    const iteration = stepsAfter(mechanism, index + 1);
    return { epoch: index + 1, iteration, epsilon: guaranteedEpsilon(mechanism, iteration) };
  });
}
