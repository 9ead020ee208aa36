/** Softmax regression: one row of weights and a bias for each class, and nothing hidden. Pure. */

import { softmax } from "./dense_network.js";

/** Return how many parameters it has: for each class `inputs` weights and a bias, class by class. */
export const parametersOf = ({ inputs, classes }) => classes * (inputs + 1);

/** Return the probability of each class. */
export function probabilities(parameters, pixels) {
  const width = pixels.length + 1;
  const logits = new Float64Array(parameters.length / width);
  for (let row = 0; row < logits.length; row += 1) {
    let sum = parameters[row * width + width - 1];
    for (let pixel = 0; pixel < pixels.length; pixel += 1) sum += parameters[row * width + pixel] * pixels[pixel];
    logits[row] = sum;
  }
  return softmax(logits);
}

/** Write the gradient of one example's cross-entropy (nats): (p − 1[class = label])·[x, 1], class by class. */
export function writeSoftmaxGradient(parameters, { pixels, label }, gradient) {
  const width = pixels.length + 1;
  const errors = probabilities(parameters, pixels);
  errors[label] -= 1;
  for (let row = 0; row < errors.length; row += 1) {
    for (let pixel = 0; pixel < pixels.length; pixel += 1) gradient[row * width + pixel] = errors[row] * pixels[pixel];
    gradient[row * width + width - 1] = errors[row];
  }
}

/** Return the share of examples whose label is found the most likely, 0..1. */
export function accuracyOf(parameters, examples) {
  const right = examples.filter(({ pixels, label }) => {
    const found = probabilities(parameters, pixels);
    return found.indexOf(Math.max(...found)) === label;
  });
  return right.length / examples.length;
}
