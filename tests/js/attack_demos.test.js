import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { answerEvidence, drawTable, labelProbability, AGREE, ANSWERS, PULL, TELLING } from "../../static/js/attack_demos/made_up_table.js";
import { attackedRight, FEATURES, featuresOf, guessedRight, imputedRight, modelProbability, writeLogisticGradient } from "../../static/js/attack_demos/attribute_attack.js";
import { clippedGradient, exampleGradient, gradientNorm, releasedGradient } from "../../static/js/attack_demos/dense_network.js";
import { privateStep, training } from "../../static/js/attack_demos/dp_sgd.js";
import { invert, logProbabilitySlope, SURE } from "../../static/js/attack_demos/inversion.js";
import { differenceInterval, wilsonInterval } from "../../static/js/attack_demos/proportions.js";
import { bestCandidate, candidatesOf } from "../../static/js/attack_demos/reconstruction.js";
import { createSlices } from "../../static/js/attack_demos/slices.js";
import { probabilities, writeSoftmaxGradient } from "../../static/js/attack_demos/softmax_regression.js";
import { createDice } from "../../static/js/toy/dice.js";

const numpy = JSON.parse(readFileSync(new URL("./attack_demos_numpy.json", import.meta.url), "utf8"));
const { inputs, hidden, classes } = numpy;
const ARRAYS = ["weights", "biases", "outWeights", "outBiases"];

const near = (actual, expected, tolerance = 1e-11) => {
  assert.equal(actual.length, expected.length);
  Array.from(actual).forEach((number, index) => assert.ok(Math.abs(number - expected[index]) <= tolerance * Math.max(1, Math.abs(expected[index])), `${number} ≠ ${expected[index]}`));
};

const networkOf = (parameters) => {
  const sizes = [hidden * inputs, hidden, classes * hidden, classes];
  let start = 0;
  const arrays = sizes.map((size) => Float64Array.from(parameters.slice(start, (start += size))));
  return { inputs, hidden, classes, ...Object.fromEntries(ARRAYS.map((name, index) => [name, arrays[index]])) };
};
const flat = (gradient) => ARRAYS.flatMap((name) => Array.from(gradient[name]));
const dense = numpy.dense.inputs.map((pixels, index) => exampleGradient(networkOf(numpy.dense.parameters), { pixels, label: numpy.dense.labels[index] }));

test("the dense network's gradients are those of complex steps", () => {
  dense.forEach((gradient, index) => near(flat(gradient), numpy.dense.gradients[index]));
});

test("clipping, summing and noise on the released gradient are numpy's", () => {
  const before = numpy.dense.parameters;
  for (const { recipe, sampled, after, clipped } of numpy.dense.steps) {
    if (sampled.length === 0) continue;
    const parts = sampled.map((index) => dense[index]);
    const unit = numpy.dense.unit_noise.values();
    const released = releasedGradient(parts.map((gradient) => clippedGradient(gradient, recipe.clipping_norm)), {
      noise: () => recipe.noise_multiplier * recipe.clipping_norm * unit.next().value, divisor: recipe.expected_batch,
    });
    near(flat(released).map((value, index) => before[index] - recipe.learning_rate * value), after);
    assert.equal(parts.filter((gradient) => gradientNorm(gradient) > recipe.clipping_norm).length, clipped);
  }
});

const MODELS = {
  softmax: { writeGradient: writeSoftmaxGradient, exampleOf: (input, label) => ({ pixels: input, label }) },
  logistic: { writeGradient: writeLogisticGradient, exampleOf: (input, label) => ({ features: input, label }) },
};
for (const [name, { writeGradient, exampleOf }] of Object.entries(MODELS)) {
  const model = numpy[name];
  const examples = model.inputs.map((input, index) => exampleOf(Float64Array.from(input), model.labels[index]));

  test(`${name}: gradients are those of complex steps, and every step is numpy's`, () => {
    const written = new Float64Array(model.parameters.length);
    examples.forEach((example, index) => {
      writeGradient(model.parameters, example, written);
      near(written, model.gradients[index]);
    });
    for (const { recipe, sampled, after, clipped } of model.steps) {
      const parameters = Float64Array.from(model.parameters);
      const found = privateStep(parameters, {
        examples, sampled, unitNoise: model.unit_noise, writeGradient,
        recipe: { clippingNorm: recipe.clipping_norm, noiseMultiplier: recipe.noise_multiplier, learningRate: recipe.learning_rate, expectedBatch: recipe.expected_batch },
      });
      near(parameters, after);
      assert.equal(found, clipped);
    }
  });
}

test("training samples by independent coins, adds σ·C of noise and repeats itself by its seed", () => {
  const examples = Array.from({ length: 400 }, () => ({}));
  const recipe = { clippingNorm: 0.5, noiseMultiplier: 3, learningRate: 1, expectedBatch: 40 };
  let calls = 0;
  const train = (seed) => {
    const parameters = new Float64Array(500);
    const steps = training(parameters, { examples, steps: 20, seed, recipe, writeGradient: (_, __, gradient) => { calls += 1; gradient.fill(0); } });
    assert.equal([...steps].length, 20);
    return parameters;
  };
  const first = train(1);
  assert.ok(Math.abs(calls / 20 - 40) < 4, `${calls / 20} examples a step`); // standard error 1.3
  const deviation = Math.sqrt(first.reduce((sum, value) => sum + value ** 2, 0) / first.length);
  assert.ok(Math.abs(deviation / ((3 * 0.5 * Math.sqrt(20)) / 40) - 1) < 0.1, `deviation ${deviation}`); // standard error 3 %
  assert.deepEqual(train(1), first);
  assert.notDeepEqual(train(2), first);
});

const rowsOf = (matrix) => ({
  weights: Float64Array.from(matrix.flatMap((row) => row.slice(0, -1))), biases: Float64Array.from(matrix.map((row) => row.at(-1))),
});

test("every quotient of one example's gradient is the example, clipped or not, and so is the joint fit", () => {
  const { picture, matrices } = numpy.joint;
  for (const scale of [1, 1e-3]) {
    const candidates = candidatesOf(rowsOf(matrices[0].map((row) => row.map((value) => scale * value))));
    assert.equal(candidates.length, matrices[0].length + 1);
    for (const candidate of candidates) near(candidate, picture, 1e-9);
  }
});

test("the joint fit of a noisy gradient is the leading singular vector's", () => {
  numpy.joint.matrices.forEach((matrix, index) => near(candidatesOf(rowsOf(matrix)).at(-1), numpy.joint.fits[index], 1e-9));
});

test("units that did not fire give no candidate, and no unit gives none", () => {
  assert.equal(candidatesOf({ weights: new Float64Array(6), biases: new Float64Array(2) }).length, 0);
  assert.equal(candidatesOf({ weights: Float64Array.of(1, 2, 3, 0, 0, 0), biases: Float64Array.of(2, 0) }).length, 2);
  assert.deepEqual(bestCandidate([0, 1], []), { candidate: null, resemblance: 0 });
});

test("inversion goes uphill by numpy's slope, within 0..1, until the model is sure", () => {
  const { parameters, inputs: pixels } = numpy.softmax;
  numpy.uphill.forEach((slope, label) => near(logProbabilitySlope(parameters, pixels[0], label), slope));
  for (let label = 0; label < classes; label += 1) {
    const { picture, probability } = invert(parameters.map((value) => 10 * value), { label, inputs });
    assert.ok(picture.every((ink) => ink >= 0 && ink <= 1));
    assert.ok(probability >= SURE || probability > probabilities(parameters.map((value) => 10 * value), new Float64Array(inputs))[label]);
  }
});

test("the evidence of a record is the law's, added up over all that could be", () => {
  for (const { answers, label, log_odds: expected } of numpy.law) {
    const padded = [...answers, ...new Array(ANSWERS - answers.length).fill(1)];
    const likelihood = (secret) => Math.log(label ? labelProbability(padded, secret) : 1 - labelProbability(padded, secret));
    near([answerEvidence(padded) + likelihood(1) - likelihood(-1)], [expected]);
    for (const secret of [-1, 1]) assert.equal(imputedRight({ answers: padded, label, secret }), expected > 0 === secret > 0);
  }
});

test("the table is drawn by its law", () => {
  const people = drawTable(createDice(1), 20000);
  const share = (holds) => people.filter(holds).length / people.length;
  assert.ok(Math.abs(share(({ secret }) => secret > 0) - 0.5) < 0.015);
  for (let place = 0; place < ANSWERS; place += 1) {
    const agreeing = share(({ secret, answers }) => answers[place] === secret);
    assert.ok(Math.abs(agreeing - (place < TELLING ? AGREE : 0.5)) < 0.015, `answer ${place}: ${agreeing}`); // 4 standard errors
  }
  const chosen = people.filter(({ secret, answers }) => secret > 0 && answers[TELLING] > 0);
  const one = chosen.filter(({ label }) => label === 1).length / chosen.length;
  assert.ok(Math.abs(one - 1 / (1 + Math.exp(-(PULL + 1)))) < 0.025);
});

test("a model that knows the law guesses as whoever knows the law, and one that knows nothing by the answers alone", () => {
  const law = new Float64Array(FEATURES);
  law[TELLING] = 1;
  law[ANSWERS] = PULL;
  const people = drawTable(createDice(2), 500);
  for (const record of people) {
    near([modelProbability(law, featuresOf(record.answers, record.secret))], [labelProbability(record.answers, record.secret)]);
    assert.equal(attackedRight(record, law), imputedRight(record));
    assert.equal(attackedRight(record, new Float64Array(FEATURES)), answerEvidence(record.answers) > 0 === record.secret > 0);
  }
  assert.equal(typeof guessedRight({ answers: people[0].answers, secret: 1, label: 1 }, () => 0), "boolean"); // P = 0 is no NaN
});

test("intervals of shares are scipy's, and those of differences Newcombe's own example", () => {
  for (const { right, trials, low, high } of numpy.intervals) {
    const found = wilsonInterval(right, trials);
    near([found.low, found.high], [low, high], 1e-6);
  }
  // Newcombe (1998), table II, example a, method 10: 56/70 − 48/80.
  const { share, low, high } = differenceInterval(wilsonInterval(56, 70), wilsonInterval(48, 80));
  near([share, low, high], [0.2, 0.0524, 0.3339], 1e-4);
});

test("long work is done in slices, and a new one ends the last", () => {
  const frames = [];
  let clock = 0;
  const run = createSlices({ nextFrame: (call) => frames.push(call), now: () => clock });
  const done = [];
  function* work(name, steps) {
    for (let step = 0; step < steps; step += 1) { clock += 3; yield name; }
  }
  run(work("short", 1), () => done.push("short"));
  assert.deepEqual(done, ["short"]);
  run(work("left", 100), () => done.push("left"));
  run(work("long", 7), () => done.push("long"));
  while (frames.length) frames.shift()();
  assert.deepEqual(done, ["short", "long"]);
});
