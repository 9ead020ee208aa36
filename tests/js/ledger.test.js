import assert from "node:assert/strict";
import { test } from "node:test";

import { chanceOfNoise, drawNoise, noiseDeviation } from "../../static/js/interactives/discrete_laplace.js";
import {
  answersOf, beliefFrom, exactAnswer, mechanismOf, neighbours, openLedger, publish, PURPOSES, totalSpent, withChoice, YOU,
} from "../../static/js/interactives/ledger.js";
import { createDice } from "../../static/js/toy/dice.js";

const NAMES = Object.keys(PURPOSES);
const near = (actual, expected, tolerance) => assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} ≠ ${expected}`);
const leave = (state, purpose) => withChoice(state, purpose, { takesPart: false });

test("the noise's chances add up to 1, and drawn noise comes that often", () => {
  for (const mechanism of [{ epsilon: 0.5, sensitivity: 1 }, { epsilon: 2, sensitivity: 3 }]) {
    let sum = 0;
    for (let k = -400; k <= 400; k += 1) sum += chanceOfNoise(k, mechanism);
    near(sum, 1, 1e-12);
    const [dice, draws] = [createDice(3), 100000];
    const counts = new Map();
    for (let index = 0; index < draws; index += 1) {
      const noise = drawNoise(mechanism, dice);
      counts.set(noise, (counts.get(noise) ?? 0) + 1);
    }
    for (let k = -4; k <= 4; k += 1) {
      const chance = chanceOfNoise(k, mechanism);
      near(counts.get(k) / draws, chance, 4.5 * Math.sqrt(chance / draws));
    }
    const square = [...counts].reduce((total, [noise, count]) => total + noise * noise * count, 0) / draws;
    near(Math.sqrt(square) / noiseDeviation(mechanism), 1, 0.02);
  }
});

test("no published figure is likelier by more than e^ε with you than without, and the bound is reached", () => {
  for (const purpose of NAMES) {
    const state = openLedger();
    const [mechanism, { withYou, withoutYou }] = [mechanismOf(state, purpose), answersOf(state, purpose)];
    const ratios = Array.from({ length: 2001 }, (_, index) => withoutYou - 1000 + index)
      .map((value) => chanceOfNoise(value - withYou, mechanism) / chanceOfNoise(value - withoutYou, mechanism));
    const most = Math.max(...ratios, ...ratios.map((ratio) => 1 / ratio));
    assert.ok(most <= Math.exp(mechanism.epsilon) * (1 + 1e-9), purpose);
    near(Math.log(most), mechanism.epsilon, 1e-9); // your record adds as much as any may
  }
});

test("nobody adds more than the most that one may", () => {
  for (const purpose of NAMES) {
    const giant = { clinic: 1e6, screen: 1e6, library: 1e6 };
    const added = exactAnswer(purpose, [...neighbours, giant]) - exactAnswer(purpose, neighbours);
    assert.equal(added, PURPOSES[purpose].most);
  }
  assert.equal(YOU.screen > PURPOSES.screen.most, true);
});

test("stepping out takes your record out of the exact figure, and of that one alone", () => {
  const before = openLedger();
  for (const left of NAMES) {
    const after = leave(before, left);
    for (const purpose of NAMES) {
      const added = Math.min(YOU[purpose], PURPOSES[purpose].most);
      assert.equal(answersOf(before, purpose).now - answersOf(after, purpose).now, purpose === left ? added : 0);
    }
  }
});

test("the account grows by ε of every figure you take part in, and stops when you leave", () => {
  let state = withChoice(openLedger(), "screen", { epsilon: 0.2 });
  state = publish(publish(state));
  near(totalSpent(state), 2 * (0.5 + 0.2 + 0.5), 1e-12);
  state = publish(leave(state, "clinic"));
  near(totalSpent(state), 2 * 1.2 + 0.7, 1e-12);
  const gone = NAMES.reduce(leave, state);
  assert.equal(totalSpent(publish(publish(gone))), totalSpent(state));
});

test("what was published stays as it was, whatever you choose later", () => {
  const published = publish(openLedger());
  const later = publish(NAMES.reduce(leave, published));
  assert.deepEqual(later.entries.slice(0, NAMES.length), published.entries);
  assert.deepEqual(later.entries.map(({ round }) => round), [1, 1, 1, 2, 2, 2]);
});

test("figures are really drawn anew with your record out: the same noise around another answer", () => {
  const [joined, absent] = [openLedger(), NAMES.reduce(leave, openLedger())].map(publish);
  joined.entries.forEach(({ published, purpose }, index) => {
    assert.equal(published - absent.entries[index].published, answersOf(openLedger(), purpose).withYou - answersOf(openLedger(), purpose).withoutYou);
  });
  assert.notDeepEqual(publish(openLedger(1)).entries, publish(openLedger(2)).entries);
});

test("one figure moves even odds no further than e^ε does, and over many publications it is right on average", () => {
  let state = openLedger();
  for (let week = 0; week < 400; week += 1) state = publish(state);
  const limit = Math.exp(0.5) / (1 + Math.exp(0.5));
  for (const { belief } of state.entries) assert.ok(belief <= limit + 1e-12 && belief >= 1 - limit - 1e-12);
  const mean = state.entries.reduce((sum, { belief }) => sum + belief, 0) / state.entries.length;
  assert.ok(mean > 0.5, "you are in, so that the figures lean that way");
  near(beliefFrom(20, { withYou: 20, withoutYou: 20, mechanism: { epsilon: 1, sensitivity: 1 } }), 0.5, 1e-15);
});
