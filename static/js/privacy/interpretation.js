/** What an ε means to a person: a level, and bounds on every membership attack, as the server words them. */

import { accusedBelief, advantageBound, successBound, truePositiveBound } from "../attack_bounds.js";
import { deltaOfGaussian, gaussianAdvantage, gaussianTruePositives } from "./gaussian.js";

export const NO_PROTECTION_EPSILON = 50;
const PRIOR = 0.1; // the share of members in the figures that need one
const CURVE_DELTAS = Array.from({ length: 72 }, (_, eighth) => 10 ** (-9 + eighth / 8)); // where a whole curve is looked at
const LEVELS = [["strong", "Strong protection"], ["good", "Good protection"], ["weak", "Weak protection"], ["little", "Little formal protection"]];

/** Return "strong" (ε below 1), "good" (to 3), "weak" (to 8) or "little"; null (infinite) is "little". */
export function levelOf(epsilon) {
  if (epsilon === null) return "little";
  if (epsilon < 1) return "strong";
  if (epsilon <= 3) return "good";
  return epsilon <= 8 ? "weak" : "little";
}

/**
 * Return {level, sentence, source} and the bounds on attacks, named as on the server, for an ε (null: infinite) at δ: from
 * these two alone, or where `epsilonAt(δ)` bounds ε at any δ, from that whole curve. The server's own, which comes later,
 * allows somewhat less.
 */
export function interpret({ epsilon, delta, epsilonAt = null }) {
  const own = ofPair({ epsilon: epsilon ?? Infinity, delta });
  if (!epsilonAt) return worded(epsilon, { ...own, source: "(ε, δ) alone" });
  const all = [own, ...CURVE_DELTAS.map((other) => ofPair({ epsilon: epsilonAt(other), delta: other }))];
  const least = Object.fromEntries(Object.keys(own).map((name) => [name, Math.min(...all.map((figures) => figures[name]))]));
  return worded(epsilon, { ...least, source: "Rényi accounting (whole curve)" });
}

function ofPair(pair) {
  return {
    advantage: advantageBound(pair),
    tpr_at_1pct_fpr: truePositiveBound({ ...pair, falsePositives: 0.01 }),
    tpr_at_0_1pct_fpr: truePositiveBound({ ...pair, falsePositives: 0.001 }),
    success_at_10pct_prior: successBound({ ...pair, prior: PRIOR }),
  };
}

/** Return the same for μ-GDP, the worst case of shuffled batches, whose ε at the chosen δ is `epsilon`. */
export function interpretGaussian({ epsilon, mu }) {
  const atOdds = mu === Infinity ? 1 : deltaOfGaussian({ epsilon: Math.log((1 - PRIOR) / PRIOR), mu });
  return worded(epsilon, {
    advantage: gaussianAdvantage(mu),
    tpr_at_1pct_fpr: gaussianTruePositives(0.01, mu),
    tpr_at_0_1pct_fpr: gaussianTruePositives(0.001, mu),
    success_at_10pct_prior: 1 - PRIOR + PRIOR * atOdds,
    source: "once-per-epoch worst case (Gaussian)",
  });
}

function worded(epsilon, bounds) {
  const level = levelOf(epsilon);
  const title = epsilon === null || epsilon > NO_PROTECTION_EPSILON ? "No protection" : new Map(LEVELS).get(level);
  const sentence =
    `${title}: an attacker who knows everything else guesses whether one example was used ` +
    `with at most ${roundedUp((1 + bounds.advantage) / 2)} success (chance is 50 %), ` +
    `and at 1 % false alarms recognises at most ${roundedUp(bounds.tpr_at_1pct_fpr)} of the examples used.`;
  const posterior = accusedBelief({ truePositives: bounds.tpr_at_1pct_fpr, falsePositives: 0.01, prior: PRIOR });
  return { level, sentence, ...bounds, posterior_at_10pct_prior: posterior };
}

/** Return a fraction as a percentage rounded up to a tenth: a bound must not be rounded down. */
export function roundedUp(fraction) {
  return `${Math.min(100, Math.ceil(Number((fraction * 1000).toFixed(6))) / 10)} %`;
}
