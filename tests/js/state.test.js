import assert from "node:assert/strict";
import { test } from "node:test";

import { withAttachedRun } from "../../static/js/following_state.js";
import { changesBetween, isSimulated, presetsOf, requestBody } from "../../static/js/settings.js";
import * as state from "../../static/js/state.js";
import { catalog } from "./catalog_example.js";
import { exampleDocument } from "./document_example.js";

const fresh = () => state.initialState(catalog);
const measured = (changes = {}) => exampleDocument({ id: "r1", evidence: "measured", ...changes });

test("the first settings are the defaults of the default task", () => {
  const { settings } = fresh();
  assert.equal(settings.task, "mnist");
  assert.deepEqual([settings.clipping_norm, settings.noise_multiplier, settings.optimizer], [1, 0.8, "sgd"]);
  assert.equal(settings.mode, "simulation");
});

test("a new task brings its own defaults and keeps mode and seed", () => {
  const before = state.withSetting(state.withSetting(fresh(), "mode", "real"), "seed", 7);
  const { settings } = state.withSetting(before, "task", "digits");
  assert.deepEqual([settings.noise_multiplier, settings.batch_size, settings.optimizer], [2, 128, "adam"]);
  assert.deepEqual([settings.mode, settings.seed], ["real", 7]);
});

test("changes never touch the state they start from", () => {
  const before = fresh();
  const copy = structuredClone(before);
  state.withSetting(before, "epochs", 3);
  state.withApplied(before, { label: "x", change: { epochs: 4 } });
  state.withFault(before, "epochs", "no");
  assert.deepEqual(before, copy);
});

test("a simulation always carries a seed and no engine, a real run a seed only where one is chosen", () => {
  const { settings } = fresh();
  const simulated = requestBody(settings, "simulation");
  assert.equal(typeof simulated.seed, "number");
  assert.ok(!("engine" in simulated));
  assert.ok(!("seed" in requestBody(settings, "real")));
  assert.equal(requestBody({ ...settings, seed: 0 }, "real").seed, 0);
});

test("applying the optimal preset changes what it names, and undo takes exactly that back", () => {
  const before = state.withSetting(fresh(), "delta", 1e-6);
  const { optimal } = presetsOf(before);
  const after = state.withApplied(before, { label: "optimal", change: optimal.parameters });
  assert.deepEqual(changesBetween(before.settings, after.settings).map(({ name }) => name),
    ["clipping_norm", "noise_multiplier", "optimizer"]);
  assert.equal(after.settings.delta, 1e-6);
  assert.deepEqual(state.undone(after).settings, before.settings);
  assert.equal(state.undone(before), before);
});

test("an applied change takes over settings only, nothing else that a document may name", () => {
  const after = state.withApplied(fresh(), { label: "x", change: { epochs: 5, mode: "real", evil: 1 } });
  assert.equal(after.settings.epochs, 5);
  assert.equal(after.settings.mode, "simulation");
  assert.ok(!("evil" in after.settings));
});

test("the page shows the measured run in real mode, and a simulation until there is one", () => {
  const simulation = exampleDocument();
  let current = state.withSimulation(fresh(), simulation);
  assert.equal(state.shownDocument(current), simulation);
  current = state.withSetting(current, "mode", "real");
  assert.equal(state.shownDocument(current), simulation);
  const run = measured();
  current = state.withRun(current, run, current.settings);
  assert.equal(state.shownDocument(current).id, "r1");
  assert.equal(state.shownDocument(state.withSetting(current, "mode", "simulation")), simulation);
});

test("a measured run is stale as soon as a setting differs, and fresh again when it is put back", () => {
  const real = state.withSetting(fresh(), "mode", "real");
  const current = state.withRun(real, measured(), real.settings);
  assert.equal(state.isStale(current), false);
  const changed = state.withSetting(current, "noise_multiplier", 2);
  assert.equal(state.isStale(changed), true);
  assert.equal(state.isStale(state.withSetting(changed, "noise_multiplier", 0.8)), false);
});

test("a target moves the meter's mark, not the result, unless the training stops there", () => {
  const real = state.withSetting(fresh(), "mode", "real");
  const current = state.withRun(real, measured(), real.settings);
  const moved = state.withSetting(current, "privacy_budget", 8);
  assert.equal(state.isStale(moved), false);
  assert.equal(state.shownDocument(moved).parameters.privacy_budget, 8);
  assert.equal(state.isStale(state.withSetting(moved, "stop_at_budget", true)), true);
});

test("another dataset comes whole, with a model that can take it", () => {
  const { settings } = state.withSetting(fresh(), "dataset", "digits");
  assert.deepEqual([settings.dataset, settings.train_size, settings.model, settings.task], ["digits", 1437, "digits_cnn", "mnist"]);
  assert.equal(isSimulated(catalog, settings), false);
});

test("a preset of another task brings that task along", () => {
  const { settings } = state.withApplied(fresh(), { label: "Small data", change: { task: "digits", noise_multiplier: 2 } });
  assert.deepEqual([settings.task, settings.train_size, settings.model, settings.optimizer], ["digits", 1437, "digits_cnn", "adam"]);
});

test("a run found by its id sets the controls and is not stale", () => {
  const run = measured({ parameters: { ...exampleDocument().parameters, noise_multiplier: 3, seed: null } });
  const current = withAttachedRun(fresh(), run);
  assert.equal(current.settings.noise_multiplier, 3);
  assert.equal(current.settings.mode, "real");
  assert.equal(state.isStale(current), false);
});

test("training lasts from the click to the end of the run", () => {
  const cases = [["queued", true], ["running", true], ["done", false], ["failed", false], ["cancelled", false]];
  for (const [name, expected] of cases) assert.equal(state.isTraining({ sending: false, run: measured({ state: name }) }), expected);
  assert.equal(state.isTraining({ sending: true, run: null }), true);
});

test("a refused field is shown at the field, any other failure as one sentence", () => {
  const atField = state.withFailure(fresh(), { detail: "d", errors: [{ field: "batch_size", message: "too big" }] });
  assert.deepEqual([atField.faults.batch_size, atField.problem], ["too big", null]);
  const elsewhere = state.withFailure(fresh(), { detail: "No data.", errors: [{ field: "body", message: "Too small." }] });
  assert.equal(elsewhere.problem, "No data. Too small.");
  assert.equal(state.withFailure(fresh(), { detail: "The queue is full." }).problem, "The queue is full.");
  assert.deepEqual(state.withSetting(atField, "batch_size", 64).faults, {});
});

test("the store tells its listeners of changes only", () => {
  const store = state.createStore(1);
  const seen = [];
  store.subscribe((now, before) => seen.push([before, now]));
  store.update((number) => number);
  store.update((number) => number + 1);
  assert.deepEqual(seen, [[1, 2]]);
});
