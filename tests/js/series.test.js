import assert from "node:assert/strict";
import { test } from "node:test";

import * as series from "../../static/js/series.js";
import { exampleDocument } from "./document_example.js";

test("accuracy is in per cent over epochs, with the points between and each epoch's end once", () => {
  const { accuracy, loss, epochs, guessing } = series.trainingSeries(exampleDocument());
  assert.deepEqual(accuracy.map(({ x }) => x), [0.5, 1, 2, 3]);
  assert.deepEqual(accuracy.map(({ y }) => Math.round(y)), [40, 60, 70, 80]);
  assert.deepEqual(loss.map(({ y }) => y), [3.5, 3, 2, 1]);
  assert.deepEqual(accuracy.map(({ end }) => end?.epoch), [undefined, 1, 2, 3]);
  assert.equal(epochs, 3);
  assert.equal(guessing.toFixed(2), "33.33");
});

test("the last drawn point is the document's final accuracy to the last digit", () => {
  const document = exampleDocument();
  assert.equal(series.trainingSeries(document).accuracy.at(-1).end.accuracy, document.final_metrics.accuracy);
});

test("a simulation plans ε and spends none", () => {
  const { planned, spent, budget } = series.budgetSeries(exampleDocument());
  assert.deepEqual(planned, [{ x: 0, y: 0 }, { x: 1, y: 1 }, { x: 2, y: 2 }, { x: 3, y: 3 }]);
  assert.deepEqual(spent, []);
  assert.equal(budget, 2);
});

test("a measured run has spent up to its last step, also in the middle of an epoch", () => {
  const document = exampleDocument({
    evidence: "measured", state: "running", epochs: exampleDocument().epochs.slice(0, 1), epsilon_spent: 1.4,
    progress: { phase: "training", steps: 15, steps_total: 30 },
  });
  assert.deepEqual(series.budgetSeries(document).spent, [{ x: 0, y: 0 }, { x: 1, y: 1 }, { x: 1.5, y: 1.4 }]);
});

test("without noise there is no ε curve instead of a false one", () => {
  const perEpoch = [{ epoch: 1, iteration: 10, epsilon: null }];
  const document = exampleDocument({ privacy: { epsilon: null, reason: "no noise", per_epoch: perEpoch } });
  assert.deepEqual(series.budgetSeries(document).planned, []);
});

test("histograms are shares in per cent with room above the tallest bar before clipping", () => {
  const { before, after, clippingNorm, top } = series.clippingSeries(exampleDocument());
  assert.deepEqual(before, [{ x: 0.5, y: 10 }, { x: 4, y: 90 }]);
  assert.equal(after.reduce((total, { y }) => total + y, 0), 100);
  assert.equal(clippingNorm, 1);
  assert.equal(top, 100);
  assert.equal(series.clippingSeries(exampleDocument()).pile, 90);
});

test("a lowest bin that holds all shorter norms is flagged instead of flattening the others", () => {
  const shares = [0.5, 0.02, 0.03, 0.45];
  const before = shares.map((y, index) => ({ x: 10 ** (index - 4), y }));
  const after = [{ x: 1e-4, y: 0.5 }, { x: 0.002, y: 0.5 }, { x: 0.1, y: 0 }];
  const norms = { clipping_norm: 0.002, clipped_fraction: 0.48, before, after };
  const { top, below, pile } = series.clippingSeries(exampleDocument({ gradient_norms: norms }));
  assert.ok(top < 10, String(top));
  assert.equal(below.y, 50);
  assert.equal(pile, 50);
});

test("before the first epoch every series is empty and nothing fails", () => {
  const document = exampleDocument({
    epochs: [], iterations: [], gradient_norms: null, per_class_accuracy: null, final_metrics: null,
    evidence: "measured", epsilon_spent: null, progress: { steps: 0, steps_total: 30 },
  });
  assert.deepEqual(series.trainingSeries(document).accuracy, []);
  assert.deepEqual(series.budgetSeries(document).spent, []);
  assert.deepEqual(series.clippingSeries(document).before, []);
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
