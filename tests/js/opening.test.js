import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { leftOpening, withOpening } from "../../static/js/opening.js";
import { initialState, shownDocument, withSetting } from "../../static/js/state.js";
import { catalog } from "./catalog_example.js";
import { exampleDocument } from "./document_example.js";

const shipped = JSON.parse(readFileSync(new URL("../../static/data/measured_runs.json", import.meta.url)));
const opened = (changes = {}) => withOpening({ ...initialState(catalog), ...changes }, shipped);

test("the page opens with the shipped default run, says where it comes from, and pins the optimal one", () => {
  const { opening, pins } = opened();
  assert.equal(opening.final_metrics, shipped.runs.balanced.final_metrics);
  assert.match(opening.notices[0].text, /shipped with the page: measured on \d{4}-\d\d-\d\d in .* with TensorFlow/);
  assert.deepEqual(pins.map(({ name, run }) => [name, run.final_metrics.accuracy]), [["Optimal", shipped.runs.optimal.final_metrics.accuracy]]);
});

test("pins kept from before stay as they were, also when all had been taken away", () => {
  assert.deepEqual(withOpening(initialState(catalog), shipped, []).pins, []);
});

test("a shipped run that is not of today's settings or presets is not shown", () => {
  const other = withSetting(initialState(catalog), "epochs", 3);
  assert.equal(withOpening(other, shipped).opening, null);
  const presets = { mnist: [{ id: "optimal", parameters: { ...catalog.presets.mnist[1].parameters, epochs: 9 } }] };
  assert.deepEqual(opened({ catalog: { ...catalog, presets } }).pins, []);
});

test("it is shown until a setting changes; the mode is none, nor does a forecast take its place", () => {
  const first = opened();
  const simulated = { ...first, simulation: exampleDocument() };
  assert.equal(shownDocument(simulated), first.opening);
  const real = leftOpening(withSetting(simulated, "mode", "real"), simulated);
  assert.equal(shownDocument(real), first.opening);
  const moved = leftOpening(withSetting(real, "epochs", 16), real);
  assert.equal(shownDocument(moved), moved.simulation);
});
