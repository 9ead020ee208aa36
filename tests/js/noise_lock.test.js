import assert from "node:assert/strict";
import { test } from "node:test";

import { guaranteedEpsilon } from "../../static/js/privacy/accountant.js";
import { mechanismOf } from "../../static/js/privacy/mechanism.js";
import { requestBody } from "../../static/js/settings.js";
import { initialState, undone, withApplied, withChoice, withSetting } from "../../static/js/state.js";
import { catalog } from "./catalog_example.js";

const locked = () => withChoice(initialState(catalog), "target_epsilon");
const epsilonOf = ({ settings }) => guaranteedEpsilon(mechanismOf(settings));

test("choosing a target solves for the least σ that keeps it", () => {
  const { settings } = locked();
  assert.deepEqual([settings.target_epsilon, settings.privacy_budget], [3, 3]);
  assert.ok(epsilonOf({ settings }) <= 3 && epsilonOf({ settings }) > 2.99);
});

test("σ follows whatever moves the mechanism while the target is chosen", () => {
  for (const [name, value] of [["epochs", 30], ["batch_size", 512], ["delta", 1e-6], ["train_size", 30000], ["privacy_budget", 1]]) {
    const after = withSetting(locked(), name, value);
    const target = name === "privacy_budget" ? 1 : 3;
    assert.ok(epsilonOf(after) <= target && epsilonOf(after) > 0.99 * target, name);
  }
});

test("a target out of reach says the nearest ε and leaves σ alone", () => {
  const before = locked();
  const after = withSetting(before, "privacy_budget", 0.01);
  assert.match(after.faults.privacy_budget, /smallest reachable ε is/);
  assert.equal(after.settings.noise_multiplier, before.settings.noise_multiplier);
  assert.equal(withSetting(after, "privacy_budget", 2).faults.privacy_budget, undefined);
});

test("σ is chosen again by choosing it, by setting it, by a preset, and by shuffled batches", () => {
  assert.equal(withChoice(locked(), "noise_multiplier").settings.target_epsilon, null);
  assert.equal(withSetting(locked(), "noise_multiplier", 1).settings.target_epsilon, null);
  assert.equal(withSetting(locked(), "sampling", "shuffle").settings.target_epsilon, null);
  const applied = withApplied(locked(), { label: "x", change: { noise_multiplier: 1.1 } });
  assert.deepEqual([applied.settings.target_epsilon, applied.settings.noise_multiplier], [null, 1.1]);
  assert.equal(undone(applied).settings.target_epsilon, 3);
});

test("the server is asked for the σ that the page shows, not for a target of its own solving", () => {
  const body = requestBody(locked().settings, "real");
  assert.ok(!("target_epsilon" in body) && !("accountant" in body));
  assert.equal(body.noise_multiplier, locked().settings.noise_multiplier);
});
