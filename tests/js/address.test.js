import assert from "node:assert/strict";
import { test } from "node:test";

import { fromQuery, toQuery } from "../../static/js/address.js";
import { initialState, withSetting } from "../../static/js/state.js";
import { catalog } from "./catalog_example.js";

const defaults = () => initialState(catalog).settings;
const read = (query) => fromQuery(catalog, defaults(), query);

test("default settings need no query", () => {
  assert.equal(toQuery(catalog, defaults()), "");
});

test("what the address says is read back the same", () => {
  let current = withSetting(initialState(catalog), "task", "digits");
  for (const [name, value] of [["clipping_norm", 0.3], ["seed", 0], ["baseline", true], ["delta", 1e-7], ["mode", "real"], ["optimizer", "sgd"]]) {
    current = withSetting(current, name, value);
  }
  const { settings, runId, refused } = read(toQuery(catalog, current.settings, "a1b2"));
  assert.deepEqual(settings, current.settings);
  assert.equal(runId, "a1b2");
  assert.deepEqual(refused, []);
});

test("a run's id stays out of a simulation's address", () => {
  assert.equal(toQuery(catalog, defaults(), "a1b2"), "");
});

test("bad values are clamped or dropped and named", () => {
  const cases = [
    ["?epochs=1000", "epochs", 60], ["?epochs=2.4", "epochs", 2], ["?noise_multiplier=-3", "noise_multiplier", 0],
    ["?epochs=abc", "epochs", 15], ["?epochs=", "epochs", 15], ["?epochs=1e999", "epochs", 15],
    ["?optimizer=evil", "optimizer", "sgd"], ["?sampling=", "sampling", "poisson"],
  ];
  for (const [query, name, expected] of cases) {
    const { settings, refused } = read(query);
    assert.equal(settings[name], expected, query);
    assert.deepEqual(refused, [name], query);
  }
});

test("unknown names, tasks and run ids are ignored", () => {
  const { settings, runId } = read("?__proto__=1&evil=2&task=nope&run=../../etc");
  assert.deepEqual(settings, defaults());
  assert.equal(runId, null);
});
