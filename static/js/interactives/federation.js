/**
 * Federated averaging with differential privacy (McMahan, Ramage, Talwar, Zhang, 2018), the unit being a whole client.
 *
 * The model is logistic regression on two features: [w₁, w₂, bias]. A client is its own examples {x, y, label}; a recipe
 * is {clippingNorm, noiseMultiplier, localRate, localPasses, expectedClients}.
 */

import { createDice } from "../toy/dice.js";

export const WEIGHTS = 3;
export const START = [-1, 1, 0]; // a model from elsewhere, where things are the other way round
const DIRECTION = [1.4, -1.1, 0.3]; // what everybody has in common
const LABEL_NOISE = 0.8; // standard deviation of what the features do not explain
const OWN_PLACE = 0.9; // standard deviation of where a client's own examples lie: no two are alike

/** Return `count` clients of `each` examples, the same for the same seed. */
export function createClients({ seed, count, each }) {
  const dice = createDice(seed);
  return Array.from({ length: count }, () => {
    const [right, up] = [OWN_PLACE * dice.normal(), OWN_PLACE * dice.normal()];
    return Array.from({ length: each }, () => {
      const [x, y] = [right + dice.normal(), up + dice.normal()];
      const score = DIRECTION[0] * x + DIRECTION[1] * y + DIRECTION[2] + LABEL_NOISE * dice.normal();
      return { x, y, label: score > 0 ? 1 : 0 };
    });
  });
}

const scoreOf = ([across, up, bias], { x, y }) => across * x + up * y + bias;

/** Return what a client sends: how far some passes of gradient descent on its own examples move the model. */
export function localUpdate(model, client, { localRate, localPasses }) {
  const moved = [...model];
  for (let pass = 0; pass < localPasses; pass += 1) {
    const gradient = [0, 0, 0];
    for (const example of client) {
      const error = 1 / (1 + Math.exp(-scoreOf(moved, example))) - example.label;
      gradient[0] += error * example.x;
      gradient[1] += error * example.y;
      gradient[2] += error;
    }
    for (let k = 0; k < WEIGHTS; k += 1) moved[k] -= (localRate * gradient[k]) / client.length;
  }
  return moved.map((weight, k) => weight - model[k]);
}

/**
 * Return {model, norms}: the model after a round, and the L2 norms of the updates before clipping. `updates` are what
 * the sampled clients send; their clipped sum gets noise σ·C in every coordinate and is divided by the *expected* number.
 */
export function aggregate(model, updates, unitNoise, { clippingNorm, noiseMultiplier, expectedClients }) {
  const norms = updates.map((update) => Math.hypot(...update));
  const deviation = noiseMultiplier === 0 ? 0 : noiseMultiplier * clippingNorm; // 0·Infinity is no number
  const sum = unitNoise.map((unit) => deviation * unit);
  updates.forEach((update, client) => {
    const scale = norms[client] > clippingNorm ? clippingNorm / norms[client] : 1;
    update.forEach((part, k) => { sum[k] += scale * part; });
  });
  return { model: model.map((weight, k) => weight + sum[k] / expectedClients), norms };
}

/** Return the share of `examples` that a model gets right, 0..1. */
export const accuracyOf = (model, examples) =>
  examples.filter((example) => scoreOf(model, example) > 0 === (example.label === 1)).length / examples.length;

/** Return {sampled, unitNoise} of each round: who joins by an own coin with `samplingProbability`, and standard normal noise. */
export function drawRounds({ seed, rounds, clients, samplingProbability }) {
  const [coins, noise] = [createDice(seed, 1), createDice(seed, 2)];
  return Array.from({ length: rounds }, () => ({
    sampled: Array.from({ length: clients }, (_, index) => index).filter(() => coins.uniform() < samplingProbability),
    unitNoise: Array.from({ length: WEIGHTS }, noise.normal),
  }));
}

/**
 * Return the history [{model, norms}] of a whole training, before the first round and after each. `sends(client, update)`
 * may replace what a client sends: a faulty or hostile one sends what it likes.
 */
export function federate({ clients, draws, recipe, sends = (_, update) => update }) {
  const history = [{ model: START, norms: [] }];
  for (const { sampled, unitNoise } of draws) {
    const { model } = history.at(-1);
    const updates = sampled.map((client) => sends(client, localUpdate(model, clients[client], recipe)));
    history.push(aggregate(model, updates, unitNoise, recipe));
  }
  return history;
}
