/**
 * The privacy dashboard's figures: a made-up neighbourhood, three purposes, and an account of what each use of your record
 * has cost. Everything is a pure function of the state, which is replaced and never changed.
 */

import { createDice } from "../toy/dice.js";
import { chanceOfNoise, drawNoise } from "./discrete_laplace.js";

export const YOU = { clinic: 1, screen: 210, library: 1 };

/** `most` is what one record may add at most, the sensitivity: a larger value is cut to it before it is added. */
export const PURPOSES = {
  clinic: { title: "Asthma", unit: "", most: 1, epsilon: 0.5, yours: "you have asthma" },
  screen: { title: "Time at screens", unit: "min", most: 180, epsilon: 0.5, yours: "210 minutes, cut to 180" },
  library: { title: "A library bus", unit: "", most: 1, epsilon: 0.5, yours: "you want it" },
};

const NEIGHBOURS = 239;
const NEIGHBOURS_SEED = 20260106;

/** Return the records of the others, the same at every visit. */
function createNeighbours() {
  const dice = createDice(NEIGHBOURS_SEED);
  return Array.from({ length: NEIGHBOURS }, () => ({
    clinic: dice.uniform() < 0.09 ? 1 : 0,
    screen: Math.round(Math.max(0, 110 + 55 * dice.normal())),
    library: dice.uniform() < 0.6 ? 1 : 0,
  }));
}

export const neighbours = createNeighbours();

/** Return the state before anything is published: you take part in everything. */
export function openLedger(seed = 1) {
  const choices = Object.entries(PURPOSES).map(([name, { epsilon }]) => [name, { takesPart: true, epsilon }]);
  return { seed, choices: Object.fromEntries(choices), entries: [] };
}

/** Return the state with part of the choice for one purpose replaced: {takesPart} or {epsilon}. */
export function withChoice(state, purpose, change) {
  return { ...state, choices: { ...state.choices, [purpose]: { ...state.choices[purpose], ...change } } };
}

/** Return the exact answer of a purpose over `records`, each cut to the most that one may add. */
export const exactAnswer = (purpose, records) => records.reduce((sum, record) => sum + Math.min(record[purpose], PURPOSES[purpose].most), 0);

/** Return {withYou, withoutYou, now}: the exact answers, and the one that your choice leads to. Nobody gets to see them. */
export function answersOf({ choices }, purpose) {
  const [withYou, withoutYou] = [exactAnswer(purpose, [...neighbours, YOU]), exactAnswer(purpose, neighbours)];
  return { withYou, withoutYou, now: choices[purpose].takesPart ? withYou : withoutYou };
}

export const mechanismOf = ({ choices }, purpose) => ({ epsilon: choices[purpose].epsilon, sensitivity: PURPOSES[purpose].most });

/** Return the state after every purpose has published its noisy figure once more; your ε grows where you take part. */
export function publish(state) {
  const round = state.entries.length === 0 ? 1 : state.entries.at(-1).round + 1;
  const dice = createDice(state.seed, round);
  const entries = Object.keys(PURPOSES).map((purpose) => {
    const { takesPart, epsilon } = state.choices[purpose];
    const { now, withYou, withoutYou } = answersOf(state, purpose);
    const mechanism = mechanismOf(state, purpose);
    const published = now + drawNoise(mechanism, dice);
    return { round, purpose, published, spent: takesPart ? epsilon : 0, belief: beliefFrom(published, { withYou, withoutYou, mechanism }) };
  });
  return { ...state, entries: [...state.entries, ...entries] };
}

/**
 * Return how likely it becomes that you are in, for somebody who knows your record and everybody else's, held it for as
 * likely as not and sees `published` (Bayes). It lies between 1/(1 + e^ε) and e^ε/(1 + e^ε), whatever is published.
 */
export function beliefFrom(published, { withYou, withoutYou, mechanism }) {
  const [joined, absent] = [withYou, withoutYou].map((answer) => chanceOfNoise(published - answer, mechanism));
  return joined / (joined + absent);
}

/** Return ε of all uses of your record so far: those of single figures add up (basic composition). */
export const totalSpent = ({ entries }) => entries.reduce((sum, { spent }) => sum + spent, 0);
