/** Two models of handwritten digits, one of them private, and what inversion makes of them. Pure: a seed fixes everything. */

import { guaranteedEpsilon } from "../privacy/accountant.js";
import { createDice } from "../toy/dice.js";
import { training } from "./dp_sgd.js";
import { invert } from "./inversion.js";
import { atFullContrast, CLASSES, correlation, meanOf, meanPicture, mostAlike, PIXELS, shuffled } from "./pictures.js";
import { accuracyOf, parametersOf, writeSoftmaxGradient } from "./softmax_regression.js";

export const MOST_EACH = 60;
export const STRANGERS_EACH = 20;
export const STEPS = 200;
export const LEARNING_RATE = 0.5;
export const CLIPPING_NORM = 1;
export const SAMPLING_PROBABILITY = 0.1;
export const DELTA = 1e-5;
const SPLIT = 31; // a stream of the seed

/**
 * Return {members, strangers}, pictures by class: of each class `each` to train on, and 20 that are never trained on. Both
 * come from one shuffled pool: pictures of other writers would differ without any leak.
 */
export function split(pictures, { seed, each }) {
  const dice = createDice(seed, SPLIT);
  const order = pictures.map((ofClass) => shuffled(ofClass, dice));
  return { members: order.map((ofClass) => ofClass.slice(0, each)), strangers: order.map((ofClass) => ofClass.slice(-STRANGERS_EACH)) };
}

const examplesOf = (pictures) => pictures.flatMap((ofClass, label) => ofClass.map((picture) => ({ pixels: picture, label })));

/** Train a model in place, a step at each `next()`; with `noiseMultiplier` 0 without privacy, on the same batches. */
export function trainModel(parameters, { members, seed, noiseMultiplier }) {
  const examples = examplesOf(members);
  const recipe = {
    clippingNorm: noiseMultiplier > 0 ? CLIPPING_NORM : Infinity, noiseMultiplier, learningRate: LEARNING_RATE,
    expectedBatch: SAMPLING_PROBABILITY * examples.length,
  };
  return training(parameters, { examples, steps: STEPS, seed, writeGradient: writeSoftmaxGradient, recipe });
}

export const emptyModel = () => new Float64Array(parametersOf({ inputs: PIXELS, classes: CLASSES }));

/** Return ε of the training with noise; the number of examples plays no part in it, only their share in a batch. */
export function epsilonOf({ each, noiseMultiplier }) {
  const examples = each * CLASSES;
  const batchSize = SAMPLING_PROBABILITY * examples;
  return guaranteedEpsilon({ examples, batchSize, noiseMultiplier, epochs: 1, delta: DELTA, sampling: "poisson" }, STEPS);
}

/**
 * Return what inversion finds for each class: [{picture, probability, mean, members, strangers, nearest}]. `mean`,
 * `members` and `strangers` are correlations with the class's mean and, on average, with its pictures that were trained
 * on and that were not; `nearest` {index, resemblance} is the training picture most alike.
 */
export function findings(parameters, { members, strangers }) {
  return members.map((ofClass, label) => {
    const { picture, probability } = invert(parameters, { label, inputs: PIXELS });
    const average = (pictures) => meanOf(pictures.map((other) => correlation(picture, other)));
    return {
      picture: atFullContrast(picture), probability, mean: correlation(picture, meanPicture(ofClass)),
      members: average(ofClass), strangers: average(strangers[label]), nearest: mostAlike(picture, ofClass),
    };
  });
}

/** Return the share of the pictures never trained on that a model gets right, 0..1. */
export const strangersAccuracy = (parameters, { strangers }) => accuracyOf(parameters, examplesOf(strangers));
