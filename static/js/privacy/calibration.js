/** The inverse question: which noise, or how many epochs, spend a given ε (by Rényi accounting, Poisson sampling). */

import { samplingProbabilityOf, stepsAfter } from "./mechanism.js";
import { epsilonOfRdp, oneStepRdp } from "./renyi.js";

export const LARGEST_NOISE_MULTIPLIER = 20;
export const LARGEST_TARGET_EPSILON = 50;
export const MOST_EPOCHS = 60;
const TICKS = 10000; // noise multipliers are handed out with four decimals, as by the server

/**
 * Return {noiseMultiplier, epsilon}: the smallest noise multiplier (four decimals, rounded up) whose ε is at most
 * `target`, verified at that very number; or {noiseMultiplier: null, nearest} with the smallest ε that is reachable.
 */
export function noiseMultiplierFor(target, mechanism) {
  checkTarget(target);
  const epsilonAt = (tick) => epsilonWith(mechanism, { noiseMultiplier: tick / TICKS });
  const most = LARGEST_NOISE_MULTIPLIER * TICKS;
  const nearest = epsilonAt(most);
  if (nearest > target) return { noiseMultiplier: null, nearest };
  const tick = firstWithin((candidate) => epsilonAt(candidate) <= target, most);
  return { noiseMultiplier: tick / TICKS, epsilon: epsilonAt(tick) };
}

/**
 * Return {epochs, epsilon}: the largest whole number of epochs, at most 60, whose ε is at most `target`;
 * or {epochs: null, nearest} with the ε of a single epoch (null where it is infinite).
 */
export function epochsFor(target, mechanism) {
  checkTarget(target);
  const step = oneStepOf(mechanism);
  const epsilonAfter = (epoch) => epsilonOfRdp(step, { steps: stepsAfter(mechanism, epoch), delta: mechanism.delta }).epsilon;
  const beyond = firstWithin((epoch) => epoch > MOST_EPOCHS || epsilonAfter(epoch) > target, MOST_EPOCHS + 1);
  if (beyond > 1) return { epochs: beyond - 1, epsilon: epsilonAfter(beyond - 1) };
  const nearest = epsilonAfter(1);
  return { epochs: null, nearest: Number.isFinite(nearest) ? nearest : null };
}

/**
 * Return the sentence for a target that no allowed setting meets, with the nearest ε that one does; `solvedFor` is
 * "noise_multiplier" or "epochs".
 */
export function unreachableSentence({ target, nearest, solvedFor, mechanism }) {
  const found = nearest === null ? "∞" : Number(nearest.toPrecision(4));
  if (solvedFor === "epochs") {
    return `One epoch with noise multiplier ${mechanism.noiseMultiplier} already spends ε ${found}, more than ${target}: add noise or lower the batch size.`;
  }
  return (
    `ε ${target} needs a noise multiplier above ${LARGEST_NOISE_MULTIPLIER}; the smallest reachable ε is ${found}: ` +
    "train fewer epochs or lower the batch size."
  );
}

function checkTarget(target) {
  if (target > 0 && target <= LARGEST_TARGET_EPSILON) return;
  throw new RangeError(`A target ε must lie above 0 and at most ${LARGEST_TARGET_EPSILON}, got ${target}.`);
}

function oneStepOf(mechanism) {
  return oneStepRdp({ samplingProbability: samplingProbabilityOf(mechanism), noiseMultiplier: mechanism.noiseMultiplier });
}

function epsilonWith(mechanism, change) {
  const changed = { ...mechanism, ...change };
  return epsilonOfRdp(oneStepOf(changed), { steps: stepsAfter(changed), delta: changed.delta }).epsilon;
}

/** Return the smallest whole number in 1..last that is `within`, which every larger one is too; `last` must be. */
function firstWithin(within, last) {
  let [outside, inside] = [0, last];
  while (inside - outside > 1) {
    // Halving the ratio first keeps clear of tiny noise, whose divergences cost most.
    const middle = Math.max(outside + 1, Math.floor(outside > 0 ? Math.sqrt(outside * inside) : inside / 4));
    if (within(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}
