import assert from "node:assert/strict";
import { test } from "node:test";

import { clippedSeries, normSeries, signalSeries } from "../../static/js/gradient_series.js";
import { gradientFinding } from "../../static/js/gradient_words.js";
import { binOf } from "../../static/js/histogram.js";
import { exampleDocument } from "./document_example.js";

/** Return a document whose epochs carry histograms: all norms at 0.5, then at 4, then at 50. */
function withHistograms() {
  const document = exampleDocument();
  const norms = [0.5, 4, 50];
  const epochs = document.epochs.map((point, index) => ({
    ...point, clipped_fraction: norms[index] > 1 ? 1 : 0, signal_norm: 0.1 / (index + 1), noise_norm: 0.5,
    gradient_norm_histogram: { before: [{ x: norms[index], y: 1 }], after: [{ x: Math.min(norms[index], 1), y: 1 }] },
  }));
  return { ...document, epochs };
}

const highest = (outline) => outline.reduce((first, second) => (second.y > first.y ? second : first)).bin;

test("the scrubber picks an epoch; without a choice it is the newest", () => {
  const cases = [[null, 3, 50, 100], [1, 1, 0.5, 0], [2, 2, 4, 100], [9, 3, 50, 100]];
  for (const [epoch, shown, norm, clipped] of cases) {
    const series = normSeries(withHistograms(), { epoch });
    assert.deepEqual([series.epoch, highest(series.before), series.clipped], [shown, binOf(norm), clipped], String(epoch));
  }
  assert.deepEqual(normSeries(withHistograms()).epochs, [1, 2, 3]);
});

test("a document without histograms of epochs shows its own one", () => {
  const series = normSeries(exampleDocument());
  assert.equal(series.epoch, null);
  assert.equal(highest(series.before), binOf(4));
  assert.equal(highest(series.after), binOf(1));
  assert.equal(series.clipped, 90);
});

test("trying another C redraws what is left after it and says how much it would clip", () => {
  const series = normSeries(exampleDocument(), { wouldBe: 10 });
  assert.deepEqual(series.wouldBe, { norm: 10, clipped: 0 });
  assert.equal(highest(series.after), binOf(4));
  assert.equal(Math.round(normSeries(exampleDocument(), { wouldBe: 0.05 }).wouldBe.clipped), 100);
  assert.equal(normSeries(exampleDocument(), { wouldBe: 1 }).wouldBe, null, "the document's own C is no trial");
});

test("before the first gradient there is a C but nothing to clip", () => {
  const document = exampleDocument({ epochs: [], gradient_norms: null });
  const series = normSeries(document, { wouldBe: 2 });
  assert.deepEqual([series.before, series.clipped, series.clippingNorm, series.wouldBe], [[], null, 1, { norm: 2, clipped: null }]);
  assert.deepEqual(clippedSeries(document).points, []);
  assert.equal(signalSeries(document).ratio, null);
});

test("the clipped share goes over epochs in per cent", () => {
  assert.deepEqual(clippedSeries(withHistograms()), { epochs: 3, points: [{ x: 1, y: 0 }, { x: 2, y: 100 }, { x: 3, y: 100 }] });
});

test("signal and noise stand between whole powers of ten, and their ratio is that of the last epoch", () => {
  const { low, high, ratio, signal, noise } = signalSeries(withHistograms());
  assert.deepEqual([low, high, signal.length, noise.length], [0.01, 1, 3, 3]);
  assert.ok(Math.abs(ratio - 15) < 1e-9);
});

test("the heading names the side that is larger", () => {
  const document = withHistograms();
  const finding = (changes) => gradientFinding({ view: "signal", ...signalSeries(document), ...changes }, document).title;
  assert.equal(finding({}), "Noise per step is 15× the signal");
  assert.equal(finding({ ratio: 0.25 }), "Signal per step is 4× the noise");
});

test("without noise there is nothing to compare", () => {
  const document = withHistograms();
  const silent = { ...document, epochs: document.epochs.map((point) => ({ ...point, noise_norm: 0 })) };
  assert.equal(signalSeries(silent).ratio, null);
});
