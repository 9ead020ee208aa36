import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, fromQuery, toQuery } from "../../static/js/address.js";
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
    ["?optimizer=evil", "optimizer", "sgd"], ["?sampling=", "sampling", "poisson"], ["?baseline=maybe", "baseline", false],
    ["?task=nope", "task", "mnist"], ["?mode=nope", "mode", "simulation"], ["?task=digits&batch_size=2000", "batch_size", 1437],
    ["?task=digits&train_size=60000", "train_size", 1437], ["?task=digits&model=tutorial_cnn", "model", "digits_cnn"],
  ];
  for (const [query, name, expected] of cases) {
    const { settings, refused } = read(query);
    assert.equal(settings[name], expected, query);
    assert.deepEqual(refused, [name], query);
  }
});

test("unknown names are ignored, and what is no run id is named", () => {
  const { settings, runId, refused } = read("?__proto__=1&evil=2&run=../../etc");
  assert.deepEqual(settings, defaults());
  assert.equal(runId, null);
  assert.deepEqual(refused, ["run"]);
});

test("an empty address opens the shipped run, so a simulation of the default settings names its mode", () => {
  const state = initialState(catalog);
  assert.equal(addressOf(catalog, state), "?mode=simulation");
  assert.equal(addressOf(catalog, { ...state, opening: { id: null } }), "");
  assert.equal(addressOf(catalog, withSetting(state, "epochs", 9)), "?epochs=9");
  assert.equal(read("?mode=simulation").settings.mode, "simulation");
});
