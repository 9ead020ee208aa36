import assert from "node:assert/strict";
import { test } from "node:test";

import { clipped, length, privateStep } from "../../static/js/learning/private_step.js";

const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} ≠ ${expected}`);

test("clipping shortens long gradients to C, keeps their direction and leaves short ones alone", () => {
  assert.deepEqual(clipped([3, 4], 10), [3, 4]);
  const short = clipped([3, 4], 1);
  near(length(short), 1);
  near(short[0] / short[1], 3 / 4);
});

test("noise goes to the sum, scaled by σ·C, and the sum is divided by the expected batch", () => {
  const step = privateStep({
    gradients: [[2, 0], [0, 2], [9, 9]], joins: [true, true, false], clippingNorm: 1, noiseMultiplier: 2,
    unitNoise: [0.5, -1], expectedBatch: 4,
  });
  assert.deepEqual(step.total, [1, 1]);
  assert.deepEqual(step.noise, [1, -2]);
  assert.deepEqual(step.update, [0.5, -0.25]);
});

test("an empty batch still takes a step of noise alone", () => {
  const step = privateStep({ gradients: [[1, 1]], joins: [false], clippingNorm: 1, noiseMultiplier: 1, unitNoise: [1, 1], expectedBatch: 2 });
  assert.deepEqual(step.update, [0.5, 0.5]);
});
