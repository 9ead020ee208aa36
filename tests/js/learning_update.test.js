import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { decodeDigits } from "../../static/js/learning/digits.js";
import { accuracyOf, privateUpdate } from "../../static/js/learning/private_update.js";
import { STAGES, tableOf, vector } from "../../static/js/learning/step_words.js";

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const examples = decodeDigits(read("../../static/data/zeros_and_ones.json"));
const numpy = read("./private_update_numpy.json");

const near = (actual, expected) => {
  const [left, right] = [actual.flat(Infinity), expected.flat(Infinity)];
  assert.equal(left.length, right.length);
  left.forEach((number, index) => assert.ok(Math.abs(number - right[index]) < 1e-12, `${number} ≠ ${right[index]}`));
};

const updateOf = (setting) => privateUpdate({
  examples, weights: setting.weights, joins: examples.map((_, index) => setting.joined.includes(index)), clippingNorm: setting.clipping_norm,
  noiseMultiplier: setting.noise, unitNoise: numpy.unit_noise, expectedBatch: numpy.expected_batch, learningRate: numpy.learning_rate,
});

test("there are 360 real images with their labels, and the model's two numbers are numpy's", () => {
  assert.equal(examples.length, 360);
  assert.equal(examples.filter(({ label }) => label === 1).length, 182);
  assert.ok(examples.every(({ pixels }) => pixels.length === 64 && pixels.every((ink) => ink >= 0 && ink <= 16)));
  near(examples.map(({ features }) => features), numpy.features);
});

for (const [index, setting] of numpy.cases.entries()) {
  test(`every intermediate number of update ${index + 1} is numpy's`, () => {
    const update = updateOf(setting);
    near(update.rows.map(({ gradient }) => gradient), setting.update.gradients);
    near(update.rows.map(({ norm }) => norm), setting.update.norms);
    near(update.rows.map(({ clipped }) => clipped), setting.update.clipped);
    for (const name of ["total", "noise", "mean", "weights"]) near(update[name], setting.update[name]);
  });
}

test("the stages come in the true order of DP-SGD", () => {
  assert.deepEqual(STAGES.map(([id]) => id), ["sample", "gradients", "clip", "sum", "noise", "divide", "step", "epsilon"]);
});

test("every stage says its numbers, also for an empty batch and without noise", () => {
  for (const setting of numpy.cases) {
    const scene = {
      update: updateOf(setting), weights: setting.weights, examples: 360, expectedBatch: 8, clippingNorm: setting.clipping_norm,
      noiseMultiplier: setting.noise, learningRate: 4, updatesBefore: 0, spent: { before: 0, after: setting.noise ? 1.0056 : null, delta: 1e-3 },
    };
    for (const [id, , text, numbers] of STAGES) {
      assert.doesNotMatch(`${text(scene)} ${numbers(scene)}`, /undefined|NaN|null/, id);
    }
  }
});

test("without noise the last stage promises nothing", () => {
  const [, , text] = STAGES.at(-1);
  assert.match(text({ spent: { before: null, after: null, delta: 1e-3 }, updatesBefore: 0 }), /infinite/);
});

test("vectors are written with a real minus, and zero without one", () => {
  assert.equal(vector([0.12345, -0.5]), "(0.123, −0.500)");
  assert.equal(vector([-0.00001, 0]), "(0.000, 0.000)");
});

test("the table lists every image that joined", () => {
  const update = updateOf(numpy.cases[0]);
  assert.equal(tableOf(update).rows.length, update.rows.length);
});

test("untrained weights know one class, and some weights tell both apart", () => {
  assert.ok(Math.abs(accuracyOf(examples, [0, 0]) - 178 / 360) < 1e-12);
  assert.ok(accuracyOf(examples, [9, -8]) > 0.97);
});
