import assert from "node:assert/strict";
import { test } from "node:test";

import { forecast, plannedDocument, plannedOf, promptPrivacy, quotedOf } from "../../static/js/forecast.js";
import { initialState, withSetting, withSimulation } from "../../static/js/state.js";
import { catalog } from "./catalog_example.js";
import { exampleDocument } from "./document_example.js";

const simulationOf = ({ settings }) => exampleDocument({ parameters: { ...settings }, privacy: promptPrivacy(settings) });

function simulated() {
  const state = initialState(catalog);
  return withSimulation(state, simulationOf(state));
}

test("a moved slider has its ε at once, beside the curve that has not caught up", () => {
  const before = simulated();
  const after = withSetting(before, "noise_multiplier", 1.1);
  const plan = plannedOf(after);
  assert.ok(Math.abs(plan.privacy.epsilon - 1.2813) < 1e-4);
  assert.equal(plan.privacy.per_epoch.length, 15);
  assert.equal(plan.parameters.noise_multiplier, 1.1);
  assert.equal(plan.epochs, before.simulation.epochs);
  assert.match(plan.privacy.interpretation.sentence, /^Good protection: /);
  assert.equal(plannedOf(after), plan); // worked out once
});

test("what is no matter of privacy leaves the report as it is; the target moves at once", () => {
  const before = simulated();
  assert.equal(plannedOf(withSetting(before, "learning_rate", 0.1)), before.simulation);
  const plan = plannedOf(withSetting(before, "privacy_budget", 5));
  assert.equal(plan.parameters.privacy_budget, 5);
  assert.equal(plan.privacy, before.simulation.privacy);
});

test("a batch larger than the data is no mechanism: the last forecast stays", () => {
  const before = simulated();
  assert.equal(plannedOf(withSetting(withSetting(before, "train_size", 100), "batch_size", 200)).parameters.batch_size, 256);
  assert.equal(promptPrivacy({ ...before.settings, train_size: 100 }), null);
});

test("ε is quoted from a measured run itself, from the plan otherwise, and nothing before there is one", () => {
  const state = simulated();
  const measured = exampleDocument({ evidence: "measured" });
  assert.equal(quotedOf(state, measured), measured);
  assert.equal(quotedOf(state, state.simulation), state.simulation);
  assert.equal(plannedOf(initialState(catalog)), null);
});

test("without noise ε is infinite, by either sampling, with its reason", () => {
  const { settings } = initialState(catalog);
  for (const sampling of ["poisson", "shuffle"]) {
    const report = promptPrivacy({ ...settings, sampling, noise_multiplier: 0 });
    assert.equal(report.epsilon, null);
    assert.match(report.reason, /without noise/);
    assert.equal(report.valid, sampling === "poisson");
  }
});

test("settings that no simulation is fitted for get a plan without asking the server for ε", async () => {
  const { settings } = withSetting(initialState(catalog), "train_size", 5000);
  const document = await forecast({}, catalog, settings);
  assert.deepEqual([document.evidence, document.epochs, document.final_metrics], ["planned", [], null]);
  assert.deepEqual(document, plannedDocument(catalog, settings, promptPrivacy(settings)));
  assert.ok(document.privacy.epsilon > 0);
});
