import assert from "node:assert/strict";
import { test } from "node:test";

import * as series from "../../static/js/series.js";
import { exampleDocument } from "./document_example.js";

test("accuracy is in per cent over epochs, with the points between and each epoch's end once", () => {
  const { accuracy, loss, length, guessing } = series.trainingSeries(exampleDocument());
  assert.deepEqual(accuracy.map(({ x }) => x), [0.5, 1, 2, 3]);
  assert.deepEqual(accuracy.map(({ y }) => Math.round(y)), [40, 60, 70, 80]);
  assert.deepEqual(loss.map(({ y }) => y), [3.5, 3, 2, 1]);
  assert.deepEqual(accuracy.map(({ end }) => end?.epoch), [undefined, 1, 2, 3]);
  assert.equal(length, 3);
  assert.equal(guessing.toFixed(2), "33.33");
});

test("the same curves go over steps instead of epochs", () => {
  const { accuracy, length } = series.trainingSeries(exampleDocument(), { by: "iteration" });
  assert.deepEqual(accuracy.map(({ x }) => x), [5, 10, 20, 30]);
  assert.deepEqual(accuracy.map(({ iteration, end }) => end?.iteration ?? iteration), [5, 10, 20, 30]);
  assert.equal(length, 30);
});

test("pinned runs lie over the shown one, and the longest of them sets the length", () => {
  const longer = exampleDocument({ parameters: { ...exampleDocument().parameters, epochs: 5 }, evidence: "measured" });
  const { pins, length } = series.trainingSeries(exampleDocument(), { pins: [{ number: 3, run: longer }] });
  assert.deepEqual(pins.map(({ number, evidence, accuracy }) => [number, evidence, accuracy.length]), [[3, "measured", 4]]);
  assert.equal(length, 5);
  assert.equal(series.budgetSeries(exampleDocument(), undefined, { pins: [{ number: 3, run: longer }] }).epochs, 5);
});

test("a pinned measured run shows the ε it spent, a pinned simulation the ε it plans", () => {
  const spent = exampleDocument({ evidence: "measured", epsilon_spent: 3, epochs: exampleDocument().epochs.map((point) => ({ ...point, epsilon: 7 })) });
  const pins = [{ number: 1, run: spent }, { number: 2, run: exampleDocument() }];
  const ends = series.budgetSeries(exampleDocument(), undefined, { pins }).pins.map(({ points }) => points.at(-1).y);
  assert.deepEqual(ends, [7, 3]);
});

test("the last drawn point is the document's final accuracy to the last digit", () => {
  const document = exampleDocument();
  assert.equal(series.trainingSeries(document).accuracy.at(-1).end.accuracy, document.final_metrics.accuracy);
});

test("a simulation plans ε and spends none", () => {
  const { planned, spent, budget } = series.budgetSeries(exampleDocument());
  assert.deepEqual(planned.filter(({ x }) => Number.isInteger(x)), [{ x: 0, y: 0 }, { x: 1, y: 1 }, { x: 2, y: 2 }, { x: 3, y: 3 }]);
  const early = planned.filter(({ x }) => x > 0 && x < 1).map(({ y }) => y);
  assert.ok(early.length >= 3 && early.every((epsilon, index) => epsilon > (early[index - 1] ?? 0)), "the first epoch is drawn from its first step on");
  assert.deepEqual(spent, []);
  assert.equal(budget, 2);
});

test("a measured run has spent up to its last step, also in the middle of an epoch", () => {
  const document = exampleDocument({
    evidence: "measured", state: "running", epochs: exampleDocument().epochs.slice(0, 1), epsilon_spent: 1.4,
    progress: { phase: "training", steps: 15, steps_total: 30 },
  });
  const { spent } = series.budgetSeries(document);
  assert.deepEqual(spent.filter(({ x }) => x === 0 || x >= 1), [{ x: 0, y: 0 }, { x: 1, y: 1 }, { x: 1.5, y: 1.4 }]);
});

test("a run in its first epoch has spent no further than its steps", () => {
  const document = exampleDocument({
    evidence: "measured", state: "running", epochs: [], epsilon_spent: 0.7, progress: { phase: "training", steps: 5, steps_total: 30 },
  });
  const { spent } = series.budgetSeries(document);
  assert.deepEqual(spent.at(-1), { x: 0.5, y: 0.7 });
  assert.ok(spent.every(({ x }) => x <= 0.5));
  assert.deepEqual(series.budgetSeries({ ...document, epsilon_spent: 0, progress: { ...document.progress, steps: 0 } }).spent, []);
});

test("without noise there is no ε curve instead of a false one", () => {
  const perEpoch = [{ epoch: 1, iteration: 10, epsilon: null }];
  const document = exampleDocument({ privacy: { epsilon: null, reason: "no noise", per_epoch: perEpoch } });
  assert.deepEqual(series.budgetSeries(document).planned, []);
});

test("with a baseline the classes stand by their gap, the widest first, and keep their own numbers", () => {
  const baseline = { ...exampleDocument(), per_class_accuracy: [0.95, 0.9, 0.9] };
  const { labels, own, baseline: others, gaps } = series.classSeries(exampleDocument({ baseline }));
  assert.deepEqual(labels, ["b", "a", "c"]);
  assert.deepEqual(own, [60, 90, 90]);
  assert.deepEqual(others.map(Math.round), [90, 95, 90]);
  assert.deepEqual(gaps.map(Math.round), [30, 5, 0]);
});

test("without a baseline the classes stand in their own order", () => {
  assert.deepEqual(series.classSeries(exampleDocument()).labels, ["a", "b", "c"]);
  assert.deepEqual(series.classSeries(exampleDocument()).gaps, []);
});

test("before the first epoch every series is empty and nothing fails", () => {
  const document = exampleDocument({
    epochs: [], iterations: [], gradient_norms: null, per_class_accuracy: null, final_metrics: null,
    evidence: "measured", epsilon_spent: null, progress: { steps: 0, steps_total: 30 },
  });
  assert.deepEqual(series.trainingSeries(document).accuracy, []);
  assert.deepEqual(series.budgetSeries(document).spent, []);
  assert.deepEqual(series.classSeries(document).own, []);
  assert.equal(series.extremes(document), null);
});

test("worst and best class are named", () => {
  const { worst, best } = series.extremes(exampleDocument());
  assert.deepEqual([worst.label, worst.accuracy, best.accuracy], ["b", 0.6, 0.9]);
});

test("thinning keeps the ends, the marked points and the limit", () => {
  const points = Array.from({ length: 5000 }, (_, index) => ({ x: index, kept: index % 500 === 499 }));
  const thinned = series.thin(points);
  assert.ok(thinned.length <= series.MOST_POINTS, String(thinned.length));
  assert.equal(thinned[0], points[0]);
  assert.equal(thinned.at(-1), points.at(-1));
  assert.equal(thinned.filter(({ kept }) => kept).length, 10);
});

test("a replay shows the curve up to its share of the epochs", () => {
  const whole = series.trainingSeries(exampleDocument());
  assert.deepEqual(series.revealed(whole, 0.7).accuracy.map(({ x }) => x), [0.5, 1, 2]);
  assert.equal(series.revealed(whole, 1), whole);
});
