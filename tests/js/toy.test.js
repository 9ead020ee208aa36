import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { guaranteedEpsilon } from "../../static/js/privacy/accountant.js";
import { boundaryLines, CELLS, createGrid, disagreement, fillGrid, NODES } from "../../static/js/toy/boundary.js";
import * as choices from "../../static/js/toy/choices.js";
import { Course } from "../../static/js/toy/course.js";
import { REACH } from "../../static/js/toy/crowd.js";
import { createDice } from "../../static/js/toy/dice.js";
import { crowd, Experiment, strangers } from "../../static/js/toy/experiment.js";
import { accuracy, createGrids, epsilonAfter, fillGrids, findingsAt } from "../../static/js/toy/findings.js";
import { exampleGradient, HIDDEN, PARAMETERS } from "../../static/js/toy/network.js";
import { clippedSum } from "../../static/js/toy/private_training.js";
import { createSchedule } from "../../static/js/toy/schedule.js";

// The origin of every number in it stands in the file; tests/toy/test_toy_steps.py ties it to its script.
const fixture = JSON.parse(readFileSync(new URL("./toy_steps.json", import.meta.url)));

const near = (actual, expected, tolerance = 1e-11) =>
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} ≠ ${expected}`);
const allNear = (actual, expected) => expected.forEach((value, index) => near(actual[index], value));

const recipeOf = ({ recipe }) => ({
  clippingNorm: recipe.clipping_norm, noiseMultiplier: recipe.noise_multiplier, learningRate: recipe.learning_rate,
  expectedBatch: recipe.expected_batch,
});
const scheduleOf = ({ sampled, unit_noise: unitNoise }) => ({ sampled, unitNoise });

function finished(wanted) {
  const experiment = new Experiment();
  experiment.want(wanted);
  while (experiment.busy) experiment.work(1000);
  return experiment.shown;
}

function findings(wanted, step = choices.STEPS) {
  const [shown, grids] = [finished(wanted), createGrids()];
  fillGrids(grids, shown, step);
  return findingsAt(shown, grids, step);
}

test("each example's gradient is that of complex-step derivatives, and its norm goes with it", () => {
  const gradient = new Float64Array(PARAMETERS);
  for (const { initial, examples, gradients } of fixture.cases) {
    examples.forEach((example, index) => {
      const norm = exampleGradient(Float64Array.from(initial), example, gradient);
      allNear(gradient, gradients[index]);
      near(norm, Math.hypot(...gradients[index]));
    });
  }
});

test("the clipped sums, the noise and the steps are those of a loop over examples in numpy", () => {
  for (const kept of fixture.cases) {
    const course = new Course({ examples: kept.examples, schedule: scheduleOf(kept), recipe: recipeOf(kept), initial: kept.initial });
    course.advance(Infinity);
    let clipped = 0;
    kept.stages.forEach((stage, index) => {
      allNear(course.parametersAt(index + 1), stage.parameters);
      clipped += stage.clipped;
      const sum = new Float64Array(PARAMETERS);
      const counted = clippedSum(course.parametersAt(index), {
        examples: kept.examples, sampled: kept.sampled[index], clippingNorm: kept.recipe.clipping_norm,
      }, sum);
      allNear(sum, stage.sum);
      assert.equal(counted, stage.clipped);
    });
    assert.equal(course.clipped, clipped);
  }
});

test("one person more moves a step's sum by at most C, and without clipping by more", () => {
  const parameters = Float64Array.from(fixture.cases[0].initial);
  const far = { x: 40, y: -40, label: 0 };
  const change = (clippingNorm) => {
    const [joined, absent] = [[...crowd, far], crowd].map((examples) => {
      const sum = new Float64Array(PARAMETERS);
      clippedSum(parameters, { examples, sampled: [0, 1, 2, crowd.length], clippingNorm }, sum);
      return sum;
    });
    return Math.hypot(...joined.map((part, index) => part - absent[index]));
  };
  for (const clippingNorm of [0.01, 0.06, 1]) assert.ok(change(clippingNorm) <= clippingNorm * (1 + 1e-12));
  assert.ok(change(Infinity) > 1);
});

test("the toy's ε is dp_accounting's for its own steps, and never below the PLD's", () => {
  assert.equal(choices.EXPECTED_BATCH / choices.EXAMPLES, fixture.sampling_probability);
  assert.equal(choices.DELTA, fixture.delta);
  for (const { noise_multiplier: noiseMultiplier, steps, epsilon_rdp: expected, epsilon_pld: tight } of fixture.epsilons) {
    const epsilon = epsilonAfter({ noiseMultiplier }, steps);
    near(epsilon, expected, 1e-6);
    assert.ok(epsilon >= tight, `${epsilon} < ${tight}`);
    if (steps === choices.STEPS) assert.equal(guaranteedEpsilon(choices.mechanismOf({ noiseMultiplier })), epsilon);
  }
  assert.equal(epsilonAfter({ noiseMultiplier: 0 }), null);
  assert.equal(epsilonAfter(choices.SHIPPED, 0), 0);
});

test("with the shipped defaults you redraw the map without privacy, and hardly touch it with", () => {
  const { plain, private: secret, redrawn } = findings(choices.SHIPPED);
  assert.ok(plain.changed > 0.1, `without privacy ${plain.changed}`); // measured 0.150
  assert.ok(secret.changed < 0.01, `with privacy ${secret.changed}`); // measured 0.0025
  assert.ok(plain.with > 0.65 && plain.without < 0.05, `${plain.with} ${plain.without}`);
  assert.ok(secret.with - secret.without < 0.02);
  assert.ok(redrawn > 5 * secret.changed, `noise alone ${redrawn}`);
  assert.ok(plain.accuracy > 0.98 && secret.accuracy > 0.98, "and the private map is as good");
});

test("the picture does not hang on one draw of coins and noise", () => {
  for (const seed of [2, 3, 4, 5, 6]) {
    const { plain, private: secret } = findings({ ...choices.SHIPPED, seed });
    assert.ok(plain.changed > 5 * secret.changed, `seed ${seed}: ${plain.changed} against ${secret.changed}`);
  }
});

test("much more noise ruins the private map and leaves the other alone", () => {
  const [usual, loud] = [findings(choices.SHIPPED), findings({ ...choices.SHIPPED, noiseMultiplier: 20, clippingNorm: 1 })];
  assert.ok(loud.private.accuracy < usual.private.accuracy - 0.05, `${loud.private.accuracy}`);
  assert.deepEqual(loud.plain, usual.plain);
});

test("without noise and with a clipping norm that nothing reaches, DP-SGD is SGD", () => {
  const { courses } = finished({ ...choices.SHIPPED, noiseMultiplier: 0, clippingNorm: 1e9 });
  assert.deepEqual(courses.privateWith.history, courses.plainWith.history);
  assert.deepEqual(courses.privateWithout.history, courses.plainWithout.history);
});

test("with and without you share the start, every coin of the others and every noise draw", () => {
  const { courses } = finished(choices.SHIPPED);
  assert.deepEqual(courses.privateWith.parametersAt(0), courses.plainWithout.parametersAt(0));
  assert.equal(courses.privateWith.schedule, courses.privateWithout.schedule);
  assert.notEqual(courses.redraw0.schedule, courses.privateWithout.schedule);
  assert.equal(courses.privateWith.examples.length, courses.privateWithout.examples.length + 1);
});

test("a schedule samples everybody at the rate q by independent coins, and draws unit noise", () => {
  const [steps, examples, samplingProbability] = [4000, 50, 0.1];
  const { sampled, unitNoise } = createSchedule({ seed: 5, steps, examples, samplingProbability });
  const times = new Array(examples).fill(0);
  sampled.flat().forEach((index) => (times[index] += 1));
  const deviation = Math.sqrt(steps * samplingProbability * (1 - samplingProbability));
  for (const count of times) assert.ok(Math.abs(count - steps * samplingProbability) < 4.5 * deviation, `${count}`);
  const sizes = sampled.map(({ length }) => length);
  const mean = sizes.reduce((sum, size) => sum + size, 0) / steps;
  const variance = sizes.reduce((sum, size) => sum + (size - mean) ** 2, 0) / steps;
  near(variance, examples * samplingProbability * (1 - samplingProbability), 0.1); // 0 for batches of a fixed size
  const noise = unitNoise.slice(0, 1000).flatMap((draw) => [...draw]);
  const square = noise.reduce((sum, value) => sum + value * value, 0) / noise.length;
  near(square, 1, 0.04);
});

test("dice of the same seed agree, those of other seeds do not, and both are uniform", () => {
  const roll = (seed, count = 20000) => { const dice = createDice(seed); return Array.from({ length: count }, dice.uniform); };
  assert.deepEqual(roll(3, 5), roll(3, 5));
  assert.notDeepEqual(roll(3, 5), roll(4, 5));
  const counts = new Array(10).fill(0);
  for (const value of roll(9)) counts[Math.floor(10 * value)] += 1;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
  assert.ok(chiSquare < 27.9, `${chiSquare}`); // the 99.9 % point of 9 degrees of freedom
});

test("a point that is dragged while a training runs is followed at the next one", () => {
  const experiment = new Experiment();
  const at = (x) => choices.withPointAt(choices.SHIPPED, { x, y: 0.4 });
  experiment.want(at(0));
  for (const x of [0.1, 0.2, 0.3]) experiment.want(at(x));
  const seen = [];
  while (experiment.busy) if (experiment.work(1000)) seen.push(experiment.shown.choices.point.x);
  assert.deepEqual(seen, [0, 0.3]);
  assert.ok(experiment.courses.size <= 7, "older trainings are forgotten");
});

test("work stops when its time is over", () => {
  const experiment = new Experiment();
  experiment.want(choices.SHIPPED);
  let clock = 0;
  assert.equal(experiment.work(3, () => clock++), false);
  const taken = Object.values(experiment.pending.courses).reduce((sum, course) => sum + course.taken, 0);
  assert.ok(taken > 0 && taken < choices.STEPS);
});

test("your point stays inside the square and changes class", () => {
  const far = choices.withPointAt(choices.SHIPPED, { x: 9, y: -9 });
  assert.ok(Math.abs(far.point.x) < REACH && far.point.x === -far.point.y);
  assert.equal(choices.withOtherClass(choices.SHIPPED).point.label, 1 - choices.SHIPPED.point.label);
});

test("the traced boundary of a straight line lies on it, and grids that differ by a strip disagree by its share", () => {
  const line = (level) => { const p = new Float64Array(PARAMETERS); p[0] = 1e-3; p[3 * HIDDEN] = 1000; p[4 * HIDDEN] = -level; return p; };
  const [first, second] = [0, REACH / 2].map((level) => fillGrid(createGrid(), line(level)));
  const lines = boundaryLines(second);
  assert.equal(lines.length, 1);
  const places = Array.from({ length: lines[0].length / 2 }, (_, index) => lines[0].slice(2 * index, 2 * index + 2));
  for (const [x] of places) near(x, 0.75, 1e-5);
  assert.deepEqual([places[0][1], places.at(-1)[1]].sort(), [0, 1], "from edge to edge");
  near(disagreement(first, second), 0.25, 2 / CELLS);
  assert.equal(disagreement(first, first), 0);
});

test("the traced boundary of a disc is one closed line around it, and of two discs two", () => {
  const discs = (centres, radius) => Float64Array.from({ length: NODES * NODES }, (_, node) => {
    const [x, y] = [(node % NODES) / CELLS, Math.floor(node / NODES) / CELLS];
    return radius - Math.min(...centres.map(([right, down]) => Math.hypot(x - right, y - down)));
  });
  for (const centres of [[[0.5, 0.5]], [[0.25, 0.3], [0.7, 0.75]]]) {
    const lines = boundaryLines(discs(centres, 0.2));
    assert.equal(lines.length, centres.length);
    for (const line of lines) {
      assert.deepEqual(line.slice(0, 2), line.slice(-2), "closed");
      let length = 0;
      for (let at = 2; at < line.length; at += 2) length += Math.hypot(line[at] - line[at - 2], line[at + 1] - line[at - 1]);
      near(length, 2 * Math.PI * 0.2, 0.02);
    }
  }
  assert.deepEqual(boundaryLines(discs([[9, 9]], 0.2)), []);
});

test("where two pieces cross one cell, both are drawn", () => {
  const saddle = Float64Array.from({ length: NODES * NODES }, (_, node) => ((node % NODES) - 24.5) * (Math.floor(node / NODES) - 24.5));
  for (const grid of [saddle, saddle.map((value) => -value)]) {
    const lines = boundaryLines(grid);
    assert.equal(lines.length, 2);
    const length = lines.flatMap((line) => line.slice(2).map((value, at) => Math.abs(value - line[at]))).reduce((sum, step) => sum + step, 0);
    near(length, 2, 0.05);
  }
});

test("accuracy counts strangers, whom no training has seen", () => {
  const known = new Set(crowd.map(({ x }) => x));
  assert.ok(strangers.every(({ x }) => !known.has(x)));
  const always = new Float64Array(PARAMETERS);
  always[4 * HIDDEN] = 1;
  near(accuracy(always, strangers), 0.5, 1e-9);
});
