import assert from "node:assert/strict";
import { test } from "node:test";

import { nextStop } from "../../static/js/charts/walker.js";
import { createFrameGate } from "../../static/js/frame_gate.js";
import { clippedSeries, normSeries } from "../../static/js/gradient_series.js";
import { budgetSeries, classSeries, trainingSeries } from "../../static/js/series.js";
import * as walks from "../../static/js/walks.js";
import { exampleDocument } from "./document_example.js";

test("keys go from point to point, stop at the ends, and begin at the side they come from", () => {
  const cases = [
    [null, "ArrowRight", 0], [null, "Home", 0], [null, "ArrowLeft", 4], [null, "End", 4],
    [2, "ArrowRight", 3], [2, "ArrowLeft", 1], [4, "ArrowRight", 4], [0, "ArrowLeft", 0], [1, "PageUp", 4], [3, "Home", 0], [1, "End", 4],
    [9, "ArrowLeft", 4],
  ];
  for (const [at, key, expected] of cases) assert.equal(nextStop(at, key, 5), expected, `${key} from ${at}`);
});

test("the training walk tells each epoch and points at both lines where it is drawn", () => {
  const series = trainingSeries(exampleDocument());
  const walk = walks.trainingWalk({ series });
  assert.equal(walk.length, 3);
  assert.equal(walk[0].text, "Epoch 1: test accuracy 60.0\u00a0%, training loss 3.00, ε so far 1.00, clipped 90\u00a0%.");
  for (const { elements } of walk) {
    assert.deepEqual(elements.map(({ datasetIndex }) => datasetIndex), [0, 1]);
    assert.ok(series.accuracy[elements[0].index].end);
  }
});

test("the ε walk tells what is planned of a simulation and what is spent of a run", () => {
  assert.match(walks.budgetWalk(budgetSeries(exampleDocument())).at(-1).text, /^After 3 epochs: ε 3.00 planned/);
  const measured = exampleDocument({ evidence: "measured", epsilon_spent: 3 });
  assert.match(walks.budgetWalk(budgetSeries(measured)).at(-1).text, /^After 3 epochs: ε 3.00 spent/);
});

test("the walk over the norms skips empty bins and points at bins that hold something", () => {
  const series = normSeries(exampleDocument());
  const walk = walks.normsWalk(series);
  assert.equal(walk.length, 3); // 0.5, the pile at 1, and 4
  for (const { elements: [{ index }] } of walk) assert.ok(series.before[index].y > 0 || series.after[index].y > 0);
});

test("the other walks tell their numbers", () => {
  assert.match(walks.clippedWalk(clippedSeries(exampleDocument()))[2].text, /^Epoch 3: 90\.0 % clipped/);
  const baseline = { ...exampleDocument(), per_class_accuracy: [0.95, 0.9, 0.9] };
  assert.equal(walks.classesWalk(classSeries(exampleDocument({ baseline })))[0].text, "Class b: 60.0 %, 90.0 % without privacy, gap 30.0 points.");
});

test("drawing happens at most once a frame, at once the first time, and never loses the newest", () => {
  const frames = [];
  const gated = createFrameGate((callback) => frames.push(callback));
  const drawn = [];
  for (const model of [1, 2, 3]) gated(() => drawn.push(model));
  assert.deepEqual(drawn, [1]);
  frames.shift()();
  assert.deepEqual(drawn, [1, 3]);
  frames.shift()();
  assert.equal(frames.length, 0, "an idle chart asks for no frames");
  gated(() => drawn.push(4));
  assert.deepEqual(drawn, [1, 3, 4]);
});
