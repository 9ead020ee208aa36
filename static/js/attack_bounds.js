/**
 * What (ε, δ)-differential privacy forbids any attacker, however strong.
 *
 * The attacker sees the trained model, every intermediate model, knows all other examples and asks whether one
 * example was used. Bounds from the definition: Kairouz, Oh, Viswanath (2015), theorem 2.1.
 */

/**
 * Return the highest true-positive rate at false-positive rate `falsePositives` (both fractions):
 * min(1, δ + e^ε·a, 1 − e^−ε·(1 − δ − a)). ε = Infinity gives 1; ε = 0 and δ = 0 give guessing, a itself.
 */
export function truePositiveBound({ epsilon, delta, falsePositives }) {
  if (epsilon === Infinity) return 1;
  const fromBelow = delta + Math.exp(epsilon) * falsePositives;
  const fromAbove = 1 - Math.exp(-epsilon) * (1 - delta - falsePositives);
  return Math.min(1, fromBelow, fromAbove);
}

/** Return the most that "true positives minus false positives" can be: (e^ε − 1 + 2δ)/(e^ε + 1), 0..1. */
export function advantageBound({ epsilon, delta }) {
  const decay = Math.exp(-epsilon);
  return Math.min(1, (1 - decay + 2 * delta * decay) / (1 + decay));
}

/** Return how often a fair-coin guess "in or out?" can be right: (1 + advantage)/2, 0.5..1. */
export function guessBound({ epsilon, delta }) {
  return (1 + advantageBound({ epsilon, delta })) / 2;
}

/**
 * Return the strongest belief that an attacker with belief `prior` (0..1) can reach, for δ = 0:
 * π·e^ε/(1 − π + π·e^ε). With δ > 0 there may be rare exceptions.
 */
export function posteriorBound({ epsilon, prior }) {
  if (prior === 0) return 0;
  return prior / (prior + (1 - prior) * Math.exp(-epsilon));
}

/**
 * Return how often "in or out?" can be answered rightly where a share `prior` (0..1) are members: the surer answer without
 * looking, and on the rarer side the δ' of the log odds ε' (all that sup(TPR − e^ε'·FPR) can be), here of the pair:
 * δ' = δ + (1 − δ)(e^ε − e^ε')/(e^ε + 1), not below δ.
 */
export function successBound({ epsilon, delta, prior }) {
  const rarer = Math.min(prior, 1 - prior);
  if (rarer === 0) return 1;
  const odds = (1 - rarer) / rarer;
  const decay = Math.exp(-epsilon);
  const reached = delta + (1 - delta) * Math.max(0, (1 - odds * decay) / (1 + decay));
  return 1 - rarer + rarer * reached;
}

const rightShare = (prior, falsePositives, truePositives) => prior * truePositives + (1 - prior) * (1 - falsePositives);

/**
 * Return the same bound from a mechanism's own trade-off curve [{fpr, tpr}] (from 0 to 1, concave). Between two of its
 * points a concave curve lies below the lines through the points before and behind: their meeting is counted too.
 */
export function successOn(curve, prior) {
  const best = curve.map(({ fpr, tpr }) => rightShare(prior, fpr, tpr));
  const between = curve.slice(0, -1).map((_, index) => peak(curve, index)).map(({ fpr, tpr }) => rightShare(prior, fpr, tpr));
  return Math.min(1, Math.max(...best, ...between));
}

/** Return the highest point that the curve can have between its points `index` and `index` + 1. */
function peak(curve, index) {
  const [left, right] = [curve[index], curve[index + 1]];
  const before = index > 0 ? slope(curve[index - 1], left) : Infinity;
  const behind = index + 2 < curve.length ? slope(right, curve[index + 2]) : 0;
  if (before === Infinity || before <= behind) return { fpr: left.fpr, tpr: right.tpr };
  const fpr = (right.tpr - left.tpr + before * left.fpr - behind * right.fpr) / (before - behind);
  return { fpr: Math.min(Math.max(fpr, left.fpr), right.fpr), tpr: Math.min(right.tpr, left.tpr + before * (fpr - left.fpr)) };
}

const slope = (from, to) => (to.tpr - from.tpr) / (to.fpr - from.fpr);

/** Return the true-positive rate of the curve [{fpr, tpr}] at a rate, or that of its next point to the right: never too small. */
export const caughtOn = (curve, falsePositives) => curve.find(({ fpr }) => fpr >= falsePositives * (1 - 1e-9)).tpr;

/** Return a positive bound with so many digits, never rounded down. */
export function digitsUp(number, digits) {
  const unit = 10 ** (Math.floor(Math.log10(number)) - digits + 1);
  return Number((Math.ceil(Number((number / unit).toFixed(6))) * unit).toPrecision(digits));
}

/** Return how likely somebody is a member whom an attack with these rates accuses, from `prior` before (Bayes); all 0..1. */
export function accusedBelief({ truePositives, falsePositives, prior }) {
  const accused = prior * truePositives + (1 - prior) * falsePositives;
  return accused > 0 ? (prior * truePositives) / accused : prior;
}

/** Return the limit curve as [{x, y}], x false- and y true-positive rate, log-spaced from 10^-4 to 1. */
export function limitCurve({ epsilon, delta, points = 81 }) {
  return Array.from({ length: points }, (_, index) => {
    const falsePositives = 10 ** (-4 + (4 * index) / (points - 1));
    return { x: falsePositives, y: truePositiveBound({ epsilon, delta, falsePositives }) };
  });
}
