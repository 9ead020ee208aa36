/** Attribute inference over many made-up tables: how often each guess is right. A seed fixes everything. */

import { guaranteedEpsilon } from "../privacy/accountant.js";
import { truePositiveBound } from "../attack_bounds.js";
import { createDice } from "../toy/dice.js";
import { attackedRight, FEATURES, featuresOf, imputedRight, writeLogisticGradient } from "./attribute_attack.js";
import { training } from "./dp_sgd.js";
import { drawTable } from "./made_up_table.js";
import { wilsonInterval } from "./proportions.js";

export const STEPS = 100;
export const LEARNING_RATE = 0.2;
export const CLIPPING_NORM = 1;
export const SAMPLING_PROBABILITY = 0.1;
export const DELTA = 1e-5;
const GUESSES = 2400; // for each bar: an interval of at most ± 2 points
const FEWEST_TABLES = 3;
const MOST_SEEDS = 1000; // tables of one draw, so that two draws share none
const TABLE = 41; // a stream of the seed
const KINDS = ["plain", "private"];

/** Return how many tables are drawn and trained on, for `records` in each. */
export const tablesOf = (records) => Math.max(FEWEST_TABLES, Math.round(GUESSES / records));

/** Return ε of one training. */
export function epsilonOf({ records, noiseMultiplier }) {
  const batchSize = SAMPLING_PROBABILITY * records;
  return guaranteedEpsilon({ examples: records, batchSize, noiseMultiplier, epochs: 1, delta: DELTA, sampling: "poisson" }, STEPS);
}

/**
 * Return the most often that a secret of a record that was trained on can be guessed, if that of a stranger is guessed
 * with probability `strangers`: the definition of (ε, δ) read for the event "the guess is right".
 */
export const memberBound = ({ epsilon, strangers }) => truePositiveBound({ epsilon: epsilon ?? Infinity, delta: DELTA, falsePositives: strangers });

/** Count in `counts`, {imputation, plainMembers, plainStrangers, privateMembers, privateStrangers}, over all tables; yields after each. */
export function* countRight(counts, { seed, records, noiseMultiplier }) {
  for (let table = 0; table < tablesOf(records); table += 1) {
    const own = seed * MOST_SEEDS + table;
    const dice = createDice(own, TABLE);
    const [members, strangers] = [drawTable(dice, records), drawTable(dice, records)];
    counts.imputation += [...members, ...strangers].filter(imputedRight).length;
    for (const kind of KINDS) {
      const parameters = trained(members, { seed: own, noiseMultiplier: kind === "private" ? noiseMultiplier : 0 });
      const right = (people) => people.filter((record) => attackedRight(record, parameters)).length;
      counts[`${kind}Members`] += right(members);
      counts[`${kind}Strangers`] += right(strangers);
    }
    yield table;
  }
}

export const noCounts = () => ({ imputation: 0, plainMembers: 0, plainStrangers: 0, privateMembers: 0, privateStrangers: 0 });

/** Return the same counts as {share, low, high}; imputation has been tried on both kinds of people. */
export function intervalsOf(counts, records) {
  const guesses = records * tablesOf(records);
  return Object.fromEntries(Object.entries(counts).map(([name, right]) => [name, wilsonInterval(right, name === "imputation" ? 2 * guesses : guesses)]));
}

function trained(members, { seed, noiseMultiplier }) {
  const examples = members.map(({ answers, secret, label }) => ({ features: featuresOf(answers, secret), label }));
  const parameters = new Float64Array(FEATURES);
  const recipe = {
    clippingNorm: noiseMultiplier > 0 ? CLIPPING_NORM : Infinity, noiseMultiplier, learningRate: LEARNING_RATE,
    expectedBatch: SAMPLING_PROBABILITY * members.length,
  };
  const steps = training(parameters, { examples, steps: STEPS, seed, writeGradient: writeLogisticGradient, recipe });
  while (!steps.next().done);
  return parameters;
}
