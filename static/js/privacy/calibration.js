/** The inverse question: which noise spends a given ε (by Rényi accounting, Poisson sampling). */

import { digitsUp } from "../attack_bounds.js";
import { samplingProbabilityOf, stepsAfter } from "./mechanism.js";
import { epsilonOfRdp, oneStepRdp } from "./renyi.js";

const LARGEST_NOISE_MULTIPLIER = 20;
const LARGEST_TARGET_EPSILON = 50;
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

/** Return the sentence for a target that no allowed noise meets, with the nearest ε that some does, never rounded down. */
export const unreachableSentence = ({ target, nearest }) =>
  `ε ${target} needs a noise multiplier above ${LARGEST_NOISE_MULTIPLIER}; the smallest reachable ε is ${digitsUp(nearest, 4)}: ` +
  "train fewer epochs or lower the batch size.";

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
