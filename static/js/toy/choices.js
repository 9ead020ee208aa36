/** What a person chooses in the toy, as one plain object that is replaced, never changed. */

import { REACH } from "./crowd.js";

export const EXAMPLES = 300; // N, you included
export const EXPECTED_BATCH = 30; // B: each joins a step with probability B/N = 0.1
export const STEPS = 600;
export const DELTA = 1e-5; // below 1/N, as it has to be

const EDGE = REACH - 0.1; // how far out your point may go

/** The sliders' ranges; found by trial: C near the toy's small gradients, the learning rate up to where SGD diverges. */
export const SLIDERS = {
  noiseMultiplier: { minimum: 0, maximum: 20, scale: "log" },
  clippingNorm: { minimum: 0.01, maximum: 2, scale: "log" },
  learningRate: { minimum: 0.5, maximum: 10, scale: "log" },
};

/** Your point lies inside the class of the others at its corner and says the opposite: the hardest case to hide. */
export const SHIPPED = Object.freeze({
  noiseMultiplier: 5, clippingNorm: 0.06, learningRate: 4, seed: 1, point: Object.freeze({ x: 0.4, y: 0.4, label: 1 }),
});

const inside = (value) => Math.round(Math.min(Math.max(value, -EDGE), EDGE) * 1000) / 1000;

/** Return the choices with your point at (x, y), kept inside the square. */
export const withPointAt = (choices, { x, y }) => ({ ...choices, point: { ...choices.point, x: inside(x), y: inside(y) } });

/** Return the choices with your point in the other class. */
export const withOtherClass = (choices) => ({ ...choices, point: { ...choices.point, label: 1 - choices.point.label } });

/** Return the choices with the next draw of coins and noise. */
export const withFreshDraw = (choices) => ({ ...choices, seed: choices.seed + 1 });

/** Return the mechanism that all STEPS run, as the accountant takes it. */
export function mechanismOf({ noiseMultiplier }) {
  return {
    examples: EXAMPLES, batchSize: EXPECTED_BATCH, noiseMultiplier, epochs: (STEPS * EXPECTED_BATCH) / EXAMPLES,
    delta: DELTA, sampling: "poisson",
  };
}
