/** One gradient that an attacker sees, and what is read out of it. Pure: a seed fixes everything. */

import { epsilonOfGaussian } from "../privacy/gaussian.js";
import { createDice } from "../toy/dice.js";
import { clippedGradient, createNetwork, exampleGradient, gradientNorm, releasedGradient } from "./dense_network.js";
import { CLASSES, meanOf, PIXELS, pixelError, shown } from "./pictures.js";
import { bestCandidate, candidatesOf } from "./reconstruction.js";

export const HIDDEN = 32;
export const CLIPPING_NORM = 1;
export const DELTA = 1e-5;
export const STRANGERS = 40; // pictures that were not in the batch, for comparison
export const EXACT = 0.999; // a correlation that the eye cannot tell from 1
const [NETWORK, PEOPLE, NOISE] = [21, 22, 23]; // streams of the seed

/** Return the batch's {pixels, label}, of which a larger batch keeps the first, and the strangers'. */
function drawPeople(pictures, seed) {
  const dice = createDice(seed, PEOPLE);
  const taken = new Set();
  const draw = () => {
    for (;;) {
      const [label, index] = [dice.below(CLASSES), dice.below(pictures[0].length)];
      if (taken.has(`${label} ${index}`)) continue;
      taken.add(`${label} ${index}`);
      return { label, pixels: pictures[label][index] };
    }
  };
  const strangers = Array.from({ length: STRANGERS }, draw);
  return { strangers, batchOf: (size) => Array.from({ length: size }, draw) };
}

/**
 * Return {rows, candidates, norms, strangers, epsilon}: `rows` [{label, pixels, norm, read, resemblance, error}] of the batch,
 * `read` the best candidate as a picture (null if there is none); `strangers` the resemblances that the same search finds for
 * pictures that were not in the batch; `epsilon` of this one step for whoever knows the rest of the batch, null if infinite.
 */
export function experiment({ pictures, seed, batchSize, clips, noiseMultiplier }) {
  const network = createNetwork({ inputs: PIXELS, hidden: HIDDEN, classes: CLASSES, dice: createDice(seed, NETWORK) });
  const { strangers, batchOf } = drawPeople(pictures, seed);
  const batch = batchOf(batchSize);
  const gradients = batch.map((example) => exampleGradient(network, example));
  const noise = createDice(seed, NOISE);
  const released = releasedGradient(clips ? gradients.map((gradient) => clippedGradient(gradient, CLIPPING_NORM)) : gradients, {
    noise: () => (noiseMultiplier === 0 ? 0 : noiseMultiplier * CLIPPING_NORM * noise.normal()), divisor: batchSize,
  });
  const candidates = candidatesOf(released);
  return {
    rows: batch.map((example, index) => rowOf(example, { norm: gradientNorm(gradients[index]), candidates })),
    candidates: candidates.length,
    strangers: strangers.map(({ pixels }) => bestCandidate(pixels, candidates).resemblance),
    epsilon: clips && noiseMultiplier > 0 ? epsilonOfGaussian({ mu: 1 / noiseMultiplier, delta: DELTA }) : null,
  };
}

function rowOf({ label, pixels }, { norm, candidates }) {
  const { candidate, resemblance } = bestCandidate(pixels, candidates);
  const read = candidate && shown(candidate);
  return { label, pixels, norm, read, resemblance, error: read && pixelError(pixels, read) };
}

/**
 * Return {exact, inside, outside, leaks}: how many pictures were read exactly, the mean resemblance of the batch's pictures and
 * of strangers', and whether the first exceeds the second by more than two standard errors.
 */
export function summary({ rows, strangers }) {
  const resemblances = rows.map(({ resemblance }) => resemblance);
  const [inside, outside] = [meanOf(resemblances), meanOf(strangers)];
  const spread = Math.sqrt(meanOf(strangers.map((one) => (one - outside) ** 2)));
  return {
    exact: resemblances.filter((one) => one > EXACT).length, inside, outside,
    leaks: inside - outside > 2 * spread * Math.sqrt(1 / rows.length + 1 / strangers.length),
  };
}
