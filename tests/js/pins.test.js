import assert from "node:assert/strict";
import { test } from "node:test";

import { recalledPins, rememberPins } from "../../static/js/pin_store.js";
import * as pins from "../../static/js/pins.js";
import { exampleDocument } from "./document_example.js";

/** Return a finished result with its own σ, so that results differ. */
const result = (sigma, changes = {}) =>
  exampleDocument({ parameters: { ...exampleDocument().parameters, noise_multiplier: sigma }, ...changes });

const four = () => [1, 2, 3, 4].reduce((list, sigma) => pins.withPin(list, result(sigma)), []);

test("up to four results are pinned, in their order, each with a number of its own", () => {
  assert.deepEqual(four().map(({ number }) => number), [1, 2, 3, 4]);
  assert.equal(pins.withPin(four(), result(5)).length, 4);
  assert.match(pins.whyNotPinned(four(), result(5)), /Only 4/);
});

test("the same result is pinned once: a measured run by its id, a simulation by its parameters", () => {
  const list = pins.withPin([], result(1));
  assert.equal(pins.withPin(list, result(1)).length, 1);
  const cases = [
    ["another seed", result(1, { parameters: { ...result(1).parameters, seed: 2 } }), 2],
    ["another budget of the meter", result(1, { parameters: { ...result(1).parameters, privacy_budget: 9 } }), 1],
    ["a measured run of the same settings", result(1, { evidence: "measured", id: "abc" }), 2],
  ];
  for (const [name, document, count] of cases) assert.equal(pins.withPin(list, document).length, count, name);
  const measured = pins.withPin([], result(1, { evidence: "measured", id: "abc" }));
  assert.equal(pins.withPin(measured, result(7, { evidence: "measured", id: "abc" })).length, 1);
});

test("what has no result, or goes on, is not pinned", () => {
  const cases = [
    ["nothing", null], ["a plan", result(1, { final_metrics: null })], ["a running run", result(1, { state: "running", evidence: "measured" })],
  ];
  for (const [name, document] of cases) assert.notEqual(pins.whyNotPinned([], document), null, name);
  assert.equal(pins.whyNotPinned([], result(1)), null);
});

test("unpinning frees a number, and the others keep theirs", () => {
  const list = pins.withPin(pins.withoutPin(four(), 2), result(9));
  assert.deepEqual(list.map(({ number, run }) => [number, run.parameters.noise_multiplier]), [[1, 1], [3, 3], [4, 4], [2, 9]]);
});

test("names are tidied, and an empty one gives back that of the settings", () => {
  const list = pins.withPin([], result(1), { name: "  my\n run " });
  assert.equal(list[0].name, "my run");
  assert.equal(pins.withName(list, 1, "x".repeat(99))[0].name.length, 40);
  assert.equal(pins.withName(list, 1, " ")[0].name, "sgd 0.02, C 1, σ 1");
});

test("the reference of the tiles is the first pin", () => {
  assert.deepEqual(pins.withReference(four(), 3).map(({ number }) => number), [3, 1, 2, 4]);
});

test("nothing changes the list that was handed in", () => {
  const list = Object.freeze(four());
  pins.withoutPin(list, 1);
  pins.withName(list, 1, "other");
  pins.withReference(list, 4);
  assert.deepEqual(list, four());
});

test("a pin keeps what comparisons draw and drops the histograms", () => {
  const histogram = { before: [{ x: 1, y: 1 }], after: [{ x: 1, y: 1 }] };
  const epochs = result(1).epochs.map((point) => ({ ...point, gradient_norm_histogram: histogram }));
  const [{ run }] = pins.withPin([], result(1, { epochs }));
  assert.equal(run.epochs.length, 3);
  assert.ok(!JSON.stringify(run).includes("gradient_norm_histogram"));
  assert.deepEqual(run.final_metrics, result(1).final_metrics);
});

test("pins survive their text, and text that is not theirs gives none", () => {
  assert.deepEqual(pins.fromText(pins.toText(four())), four());
  const broken = [null, "", "{", "[]", "null", '{"version":2,"pins":[]}', '{"version":1,"pins":[{"number":1}]}', '{"version":1,"pins":[{"number":7,"name":"a","key":"b","run":{}}]}'];
  for (const text of broken) assert.equal(pins.fromText(text), null, String(text));
});

test("the session's storage may be missing or full without harm", () => {
  const kept = new Map();
  const storage = () => ({ getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text) });
  assert.equal(recalledPins(storage), null);
  rememberPins(storage, four());
  assert.deepEqual(recalledPins(storage), four());
  const refusing = () => { throw new Error("SecurityError"); };
  rememberPins(refusing, four());
  assert.equal(recalledPins(refusing), null);
});
