import assert from "node:assert/strict";
import { test } from "node:test";

import {
  beliefAfterYes, chanceOfYes, epsilonOfCoin, estimateOf, pollYes, respond, standardError,
} from "../../static/js/interactives/randomised_response.js";
import { createDice } from "../../static/js/toy/dice.js";

const COINS = [0.05, 0.25, 0.5, 0.75, 0.95];
const ASKED = 200000;

/** Return how often somebody of this truth says yes, by simulation. */
function simulated(truth, coin) {
  const dice = createDice(77, truth ? 1 : 0);
  let yes = 0;
  for (let index = 0; index < ASKED; index += 1) if (respond(truth, { coin, dice }).answer) yes += 1;
  return yes / ASKED;
}

test("answers come as often as the formula says", () => {
  for (const coin of COINS) {
    for (const truth of [true, false]) {
      const chance = chanceOfYes(truth, coin);
      const tolerance = 4.5 * Math.sqrt((chance * (1 - chance)) / ASKED);
      assert.ok(Math.abs(simulated(truth, coin) - chance) < tolerance, `p ${coin}, truth ${truth}`);
    }
  }
});

test("ε = ln((1 − p/2)/(p/2)) is the log ratio of simulated answers", () => {
  for (const coin of COINS) {
    const [guilty, innocent] = [simulated(true, coin), simulated(false, coin)];
    const error = Math.sqrt((1 - guilty) / (guilty * ASKED) + (1 - innocent) / (innocent * ASKED)); // delta method
    assert.ok(Math.abs(Math.log(guilty / innocent) - epsilonOfCoin(coin)) < 4.5 * error, `p ${coin}`);
  }
});

test("ε is ln 3 for a fair coin, 0 where the coin always answers, infinite where it never does", () => {
  assert.ok(Math.abs(epsilonOfCoin(0.5) - Math.log(3)) < 1e-15);
  assert.equal(epsilonOfCoin(1), 0);
  assert.equal(epsilonOfCoin(0), Infinity);
});

test("no answer is likelier by more than e^ε, yes or no, whatever the truth", () => {
  for (const coin of COINS) {
    const [guilty, innocent] = [chanceOfYes(true, coin), chanceOfYes(false, coin)];
    const limit = Math.exp(epsilonOfCoin(coin)) * (1 + 1e-12);
    for (const ratio of [guilty / innocent, innocent / guilty, (1 - guilty) / (1 - innocent), (1 - innocent) / (1 - guilty)]) assert.ok(ratio <= limit);
  }
});

test("over repeated polls the estimate is right on average, and spreads as the formula says", () => {
  const [people, truths, repeats] = [400, 120, 3000];
  for (const coin of [0.25, 0.5, 0.75]) {
    const dice = createDice(5);
    const estimates = Array.from({ length: repeats }, () => estimateOf(pollYes({ people, truths, coin, dice }) / people, coin));
    const mean = estimates.reduce((sum, value) => sum + value, 0) / repeats;
    const deviation = Math.sqrt(estimates.reduce((sum, value) => sum + (value - mean) ** 2, 0) / repeats);
    const expected = standardError({ people, coin });
    assert.ok(Math.abs(mean - truths / people) < (4.5 * expected) / Math.sqrt(repeats), `p ${coin}: ${mean}`);
    assert.ok(Math.abs(deviation / expected - 1) < 0.06, `p ${coin}: ${deviation} against ${expected}`);
  }
});

test("where the coin always answers nothing can be estimated", () => {
  assert.equal(estimateOf(0.5, 1), null);
  assert.equal(standardError({ people: 1000, coin: 1 }), Infinity);
});

test("hearing yes raises odds by e^ε", () => {
  for (const coin of COINS) {
    const after = beliefAfterYes(coin, 0.2);
    assert.ok(Math.abs(after / (1 - after) - 0.25 * Math.exp(epsilonOfCoin(coin))) < 1e-9);
  }
  assert.equal(beliefAfterYes(1), 0.5);
});
