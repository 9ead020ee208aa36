/**
 * The toy's network: two inputs, one hidden layer of tanh units, one logit; the loss is the cross-entropy in nats.
 *
 * Its parameters are one flat Float64Array of 4·HIDDEN + 1 numbers: for hidden unit j the weights of the two inputs, at
 * j and HIDDEN + j, its bias at 2·HIDDEN + j, its weight in the logit at 3·HIDDEN + j; the logit's bias comes last.
 */

export const HIDDEN = 8;
export const PARAMETERS = 4 * HIDDEN + 1;

const INPUT_SPREAD = 1; // standard deviation of a first weight
const activations = new Float64Array(HIDDEN); // of the example at hand; kept, so that a step allocates nothing

/** Return initial parameters from `dice`: normal weights, biases 0. */
export function initialParameters(dice) {
  const parameters = new Float64Array(PARAMETERS);
  for (let j = 0; j < 2 * HIDDEN; j += 1) parameters[j] = INPUT_SPREAD * dice.normal();
  for (let j = 2 * HIDDEN; j < 3 * HIDDEN; j += 1) parameters[j] = 0;
  for (let j = 3 * HIDDEN; j < 4 * HIDDEN; j += 1) parameters[j] = dice.normal() / Math.sqrt(HIDDEN);
  return parameters;
}

/** Return the logit of class 1 at (x, y). */
export function logit(parameters, x, y) {
  let sum = parameters[4 * HIDDEN];
  for (let j = 0; j < HIDDEN; j += 1) {
    activations[j] = Math.tanh(parameters[j] * x + parameters[HIDDEN + j] * y + parameters[2 * HIDDEN + j]);
    sum += parameters[3 * HIDDEN + j] * activations[j];
  }
  return sum;
}

/** Return the probability of class 1 at (x, y), 0..1. */
export const probability = (parameters, x, y) => 1 / (1 + Math.exp(-logit(parameters, x, y)));

/** Write the gradient of one example's loss into `gradient` and return its L2 norm. `label` is 0 or 1. */
export function exampleGradient(parameters, { x, y, label }, gradient) {
  const error = 1 / (1 + Math.exp(-logit(parameters, x, y))) - label; // d loss / d logit
  let square = error * error;
  for (let j = 0; j < HIDDEN; j += 1) {
    const active = activations[j];
    const back = error * parameters[3 * HIDDEN + j] * (1 - active * active);
    gradient[j] = back * x;
    gradient[HIDDEN + j] = back * y;
    gradient[2 * HIDDEN + j] = back;
    gradient[3 * HIDDEN + j] = error * active;
    square += back * back * (x * x + y * y + 1) + error * error * active * active;
  }
  gradient[4 * HIDDEN] = error;
  return Math.sqrt(square);
}
