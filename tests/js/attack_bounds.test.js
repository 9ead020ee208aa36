import assert from "node:assert/strict";
import { test } from "node:test";

import * as bounds from "../../static/js/attack_bounds.js";

const close = (actual, expected, tolerance = 1e-9) => assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} ≠ ${expected}`);

test("true positives at 1 % false alarms, in closed form: e^ε/100 below, 1 − 0.99·e^−ε above the knee", () => {
  const cases = [[0, 0.01], [1, 0.0271828], [2, 0.0738906], [3, 0.2008554], [5, 0.9933295]];
  for (const [epsilon, expected] of cases) {
    close(bounds.truePositiveBound({ epsilon, delta: 0, falsePositives: 0.01 }), expected, 1e-6);
  }
});

test("the limit never falls with ε, δ or false alarms, never beats 1 and never stays below guessing", () => {
  for (const epsilon of [0, 0.1, 1, 3, 10, 50]) {
    for (const delta of [0, 1e-5, 0.1]) {
      const at = (changes) => bounds.truePositiveBound({ epsilon, delta, falsePositives: 0.05, ...changes });
      assert.ok(at({}) >= 0.05 && at({}) <= 1);
      assert.ok(at({ epsilon: epsilon + 0.5 }) >= at({}) && at({ delta: delta + 0.01 }) >= at({}) && at({ falsePositives: 0.06 }) >= at({}));
    }
  }
  assert.equal(bounds.truePositiveBound({ epsilon: Infinity, delta: 0, falsePositives: 0 }), 1);
});

test("advantage is the largest gap of the limit curve", () => {
  for (const [epsilon, delta] of [[0.5, 0], [2, 1e-3], [4, 0.05]]) {
    const gaps = Array.from({ length: 20001 }, (_, index) => index / 20000)
      .map((falsePositives) => bounds.truePositiveBound({ epsilon, delta, falsePositives }) - falsePositives);
    close(bounds.advantageBound({ epsilon, delta }), Math.max(...gaps), 2e-3);
  }
  close(bounds.advantageBound({ epsilon: 1, delta: 0 }), (Math.E - 1) / (Math.E + 1));
  close(bounds.guessBound({ epsilon: 0, delta: 0 }), 0.5);
});

test("suspicion grows by a factor of e^ε in the odds", () => {
  const posterior = bounds.posteriorBound({ epsilon: 2, prior: 0.1 });
  close(posterior / (1 - posterior), (0.1 / 0.9) * Math.exp(2));
  assert.equal(bounds.posteriorBound({ epsilon: 3, prior: 0 }), 0);
  assert.equal(bounds.posteriorBound({ epsilon: Infinity, prior: 0.1 }), 1);
});

test("the drawn limit starts at 10^-4 and ends at (1, 1)", () => {
  const curve = bounds.limitCurve({ epsilon: 1, delta: 1e-5 });
  close(curve[0].x, 1e-4);
  assert.deepEqual(curve.at(-1), { x: 1, y: 1 });
});

test("success at a prior is the best of any threshold on the limit curve, and not below not looking", () => {
  for (const [epsilon, delta, prior] of [[0.5, 0, 0.5], [3, 0.01, 0.1], [1, 0, 0.1], [4, 1e-5, 0.8]]) {
    const rates = Array.from({ length: 20001 }, (_, index) => index / 20000);
    const caught = (falsePositives) => bounds.truePositiveBound({ epsilon, delta, falsePositives });
    const best = Math.max(...rates.map((rate) => prior * caught(rate) + (1 - prior) * (1 - rate)), prior, 1 - prior);
    close(bounds.successBound({ epsilon, delta, prior }), best, 1e-3);
  }
  close(bounds.successBound({ epsilon: 0, delta: 0, prior: 0.1 }), 0.9);
  assert.equal(bounds.successBound({ epsilon: Infinity, delta: 0, prior: 0.1 }), 1);
  assert.equal(bounds.successBound({ epsilon: 1, delta: 0, prior: 0 }), 1);
});

test("who is accused is a member by Bayes' rule", () => {
  close(bounds.accusedBelief({ truePositives: 0.05, falsePositives: 0.01, prior: 0.1 }), 0.005 / (0.005 + 0.009));
  close(bounds.accusedBelief({ truePositives: 0.01, falsePositives: 0.01, prior: 0.1 }), 0.1);
  assert.equal(bounds.accusedBelief({ truePositives: 0, falsePositives: 0, prior: 0.1 }), 0.1);
});

test("a bound is written with few digits and never rounded down", () => {
  const cases = [[3.4788, 2, 3.5], [15.2853, 3, 15.3], [0.02711, 2, 0.028], [100, 2, 100], [2, 3, 2]];
  for (const [number, digits, up] of cases) assert.equal(bounds.digitsUp(number, digits), up);
});
