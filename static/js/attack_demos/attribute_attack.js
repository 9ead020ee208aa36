/**
 * Attribute inference: guess a record's secret from its answers, its label and, perhaps, a model. Pure.
 *
 * The model is logistic regression on the answers, the secret and their products: it can learn that the secret means
 * something else for every record, and with few records it does. The attack is Bayes' rule (Fredrikson et al., 2014):
 * P(secret | answers, label) ∝ P(answers | secret)·P(label | answers, secret). The last factor is the population's for
 * whoever has no model, and the model's for whoever asks it with either secret.
 */

import { ANSWERS, answerEvidence, labelProbability, sigmoid } from "./made_up_table.js";

export const FEATURES = 2 * ANSWERS + 2;

/** Return [answers, secret, secret·answers, 1]. */
export const featuresOf = (answers, secret) => Float64Array.from([...answers, secret, ...answers.map((answer) => secret * answer), 1]);

/** Return the model's P(label 1). */
export function modelProbability(parameters, features) {
  let logit = 0;
  for (let k = 0; k < features.length; k += 1) logit += parameters[k] * features[k];
  return sigmoid(logit);
}

/** Write the gradient of one example's cross-entropy: (p − label)·features. An example is {features, label}. */
export function writeLogisticGradient(parameters, { features, label }, gradient) {
  const error = modelProbability(parameters, features) - label;
  for (let k = 0; k < features.length; k += 1) gradient[k] = error * features[k];
}

/** Return whether the guess is right, with P(label 1 | answers, secret) from `probabilityOf`. */
export function guessedRight({ answers, secret, label }, probabilityOf) {
  const likelihood = (candidate) => {
    const one = probabilityOf(answers, candidate);
    return Math.log(Math.max(label === 1 ? one : 1 - one, Number.MIN_VALUE));
  };
  return answerEvidence(answers) + likelihood(1) - likelihood(-1) > 0 === secret > 0;
}

/** Return whether the best guess without a model is right. */
export const imputedRight = (record) => guessedRight(record, labelProbability);

/** Return whether the guess with a model is right. */
export const attackedRight = (record, parameters) =>
  guessedRight(record, (answers, secret) => modelProbability(parameters, featuresOf(answers, secret)));
