/**
 * A network of one hidden layer of rectified units and a softmax, and the exact gradient of one example. Pure.
 *
 * A network is {inputs, hidden, classes, weights [hidden·inputs], biases [hidden], outWeights [classes·hidden],
 * outBiases [classes]}, row by row. A gradient has the same four arrays.
 */

const ARRAYS = ["weights", "biases", "outWeights", "outBiases"];

/** Return a network with normal weights of standard deviation √(2/inputs) (He et al., 2015) and biases of 0. */
export function createNetwork({ inputs, hidden, classes, dice }) {
  const layer = (rows, columns) => Float64Array.from({ length: rows * columns }, () => dice.normal() * Math.sqrt(2 / columns));
  const weights = layer(hidden, inputs);
  return {
    inputs, hidden, classes, weights, biases: new Float64Array(hidden),
    outWeights: layer(classes, hidden), outBiases: new Float64Array(classes),
  };
}

/** Return weights·x + biases. */
function affine(weights, biases, x) {
  return biases.map((bias, row) => {
    let sum = bias;
    for (let column = 0; column < x.length; column += 1) sum += weights[row * x.length + column] * x[column];
    return sum;
  });
}

/** Return e^logits over their sum, without overflow. */
export function softmax(logits) {
  const top = logits.reduce((first, second) => Math.max(first, second), -Infinity);
  const powers = logits.map((logit) => Math.exp(logit - top));
  const sum = powers.reduce((first, second) => first + second, 0);
  return powers.map((power) => power / sum);
}

function outer(rows, columns) {
  const products = new Float64Array(rows.length * columns.length);
  rows.forEach((row, index) => columns.forEach((column, place) => { products[index * columns.length + place] = row * column; }));
  return products;
}

/** Return the gradient of the cross-entropy (nats) at one example {pixels, label}. */
export function exampleGradient(network, { pixels, label }) {
  const { hidden, weights, biases, outWeights, outBiases } = network;
  const x = Float64Array.from(pixels); // [inputs]
  const before = affine(weights, biases, x); // [hidden]
  const active = before.map((value) => Math.max(0, value));
  const errors = softmax(affine(outWeights, outBiases, active)); // [classes]
  errors[label] -= 1;
  const back = before.map((value, unit) => (value > 0 ? errors.reduce((sum, error, row) => sum + error * outWeights[row * hidden + unit], 0) : 0));
  return { weights: outer(back, x), biases: back, outWeights: outer(errors, active), outBiases: errors };
}

/** Return how many numbers a network's gradient has. */
export const parametersOf = ({ inputs, hidden, classes }) => hidden * (inputs + 1) + classes * (hidden + 1);

/** Return the L2 norm of a gradient over all its arrays. */
export const gradientNorm = (gradient) => Math.sqrt(ARRAYS.reduce((sum, name) => sum + gradient[name].reduce((part, value) => part + value * value, 0), 0));

/** Return the gradient shortened to length `clippingNorm` if it is longer: g·min(1, C/‖g‖). */
export function clippedGradient(gradient, clippingNorm) {
  const norm = gradientNorm(gradient);
  return norm > clippingNorm ? eachArray((name) => gradient[name].map((value) => (clippingNorm / norm) * value)) : gradient;
}

/** Return (Σ gradients + noise)/divisor; `noise()` is one draw for each number. */
export function releasedGradient(gradients, { noise, divisor }) {
  return eachArray((name) => gradients[0][name].map((_, index) =>
    (gradients.reduce((sum, gradient) => sum + gradient[name][index], 0) + noise()) / divisor));
}

const eachArray = (made) => Object.fromEntries(ARRAYS.map((name) => [name, made(name)]));
