/** Model inversion (Fredrikson, Jha, Ristenpart, 2015): the picture that a model finds most typical of a class. Pure. */

import { probabilities } from "./softmax_regression.js";

const RATE = 0.1;
const STEPS = 500;
export const SURE = 0.99; // the probability at which Fredrikson's search ends

/** Return the slope of log P(class) in each pixel: the class's weights less the mean of all classes' by probability. */
export function logProbabilitySlope(parameters, pixels, label) {
  const width = pixels.length + 1;
  const found = probabilities(parameters, pixels);
  return Float64Array.from(pixels, (_, pixel) =>
    found.reduce((slope, probability, row) => slope - probability * parameters[row * width + pixel], parameters[label * width + pixel]));
}

/**
 * Return {picture, probability, steps}: from a blank picture, uphill on log P(label) with every pixel held in 0..1, until
 * the model is sure or the steps are used up. The attacker needs the model alone.
 */
export function invert(parameters, { label, inputs }) {
  let picture = new Float64Array(inputs);
  let steps = 0;
  for (; steps < STEPS && probabilities(parameters, picture)[label] < SURE; steps += 1) {
    const slope = logProbabilitySlope(parameters, picture, label);
    const size = Math.hypot(...slope) || 1;
    picture = picture.map((ink, pixel) => Math.min(1, Math.max(0, ink + (RATE * slope[pixel]) / size)));
  }
  return { picture, probability: probabilities(parameters, picture)[label], steps };
}
