/** What an ε means to a person: a level, and bounds on every membership attack, as the server words them. */

import { advantageBound, truePositiveBound } from "../attack_bounds.js";
import { gaussianAdvantage, gaussianTruePositives } from "./gaussian.js";

const NO_PROTECTION_EPSILON = 50;
const LEVELS = [["strong", "Strong protection"], ["good", "Good protection"], ["weak", "Weak protection"], ["little", "Little formal protection"]];

/** Return "strong" (ε below 1), "good" (to 3), "weak" (to 8) or "little"; null (infinite) is "little". */
export function levelOf(epsilon) {
  if (epsilon === null) return "little";
  if (epsilon < 1) return "strong";
  if (epsilon <= 3) return "good";
  return epsilon <= 8 ? "weak" : "little";
}

/**
 * Return {level, sentence, advantage, tpr_at_1pct_fpr, tpr_at_0_1pct_fpr, source} for an ε (null: infinite) at δ, from
 * these two alone. The server's whole privacy curve, which comes later, allows three to five times less.
 */
export function interpret({ epsilon, delta }) {
  const pair = { epsilon: epsilon ?? Infinity, delta };
  return worded(epsilon, {
    advantage: advantageBound(pair),
    tpr_at_1pct_fpr: truePositiveBound({ ...pair, falsePositives: 0.01 }),
    tpr_at_0_1pct_fpr: truePositiveBound({ ...pair, falsePositives: 0.001 }),
    source: "(ε, δ) alone",
  });
}

/** Return the same for μ-GDP, the worst case of shuffled batches, whose ε at the chosen δ is `epsilon`. */
export function interpretGaussian({ epsilon, mu }) {
  return worded(epsilon, {
    advantage: gaussianAdvantage(mu),
    tpr_at_1pct_fpr: gaussianTruePositives(0.01, mu),
    tpr_at_0_1pct_fpr: gaussianTruePositives(0.001, mu),
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
  return { level, sentence, ...bounds };
}

/** Return a fraction as a percentage rounded up to a tenth: a bound must not be rounded down. */
export function roundedUp(fraction) {
  return `${Math.min(100, Math.ceil(Number((fraction * 1000).toFixed(6))) / 10)} %`;
}
