import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { accuracyOf, aggregate, createClients, drawRounds, federate, localUpdate, START } from "../../static/js/interactives/federation.js";
import { guaranteedEpsilon } from "../../static/js/privacy/accountant.js";

// The origin of every number in it stands in the file; tests/toy/test_federation_rounds.py ties it to its script.
const fixture = JSON.parse(readFileSync(new URL("./federation_rounds.json", import.meta.url)));

const near = (actual, expected, tolerance = 1e-11) =>
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} ≠ ${expected}`);

const clients = createClients({ seed: 11, count: 600, each: 8 });
const strangers = createClients({ seed: 12, count: 250, each: 8 }).flat();
const draws = drawRounds({ seed: 1, rounds: 20, clients: 600, samplingProbability: 0.1 });
const recipe = { clippingNorm: 0.3, noiseMultiplier: 1.5, localRate: 0.1, localPasses: 3, expectedClients: 60 };
const plain = { ...recipe, clippingNorm: Infinity, noiseMultiplier: 0 };

test("the rounds are those of a loop over clients in numpy", () => {
  for (const kept of fixture.cases) {
    const history = federate({
      clients: kept.clients,
      draws: kept.draws.map(({ sampled, unit_noise: unitNoise }) => ({ sampled, unitNoise })),
      recipe: {
        clippingNorm: kept.recipe.clipping_norm, noiseMultiplier: kept.recipe.noise_multiplier, localRate: kept.recipe.local_rate,
        localPasses: kept.recipe.local_passes, expectedClients: kept.expected_clients,
      },
    });
    kept.stages.forEach(({ model, norms }, round) => {
      model.forEach((weight, k) => near(history[round + 1].model[k], weight));
      norms.forEach((norm, index) => near(history[round + 1].norms[index], norm));
      assert.equal(history[round + 1].norms.length, norms.length);
    });
  }
});

test("ε after some rounds is dp_accounting's, the unit being a client, and never below the PLD's", () => {
  for (const { noise_multiplier: noiseMultiplier, steps, epsilon_rdp: expected, epsilon_pld: tight } of fixture.epsilons) {
    const mechanism = { examples: 600, batchSize: 60, noiseMultiplier, epochs: 2, delta: fixture.delta, sampling: "poisson" };
    const epsilon = guaranteedEpsilon(mechanism, steps);
    near(epsilon, expected, 1e-6);
    assert.ok(epsilon >= tight);
  }
});

test("whatever one client sends moves the sum by at most C", () => {
  const updates = [[0.1, 0, 0], [0, -0.2, 0.1]];
  const sum = (all) => aggregate([0, 0, 0], all, [0, 0, 0], { ...recipe, expectedClients: 1 }).model;
  const without = sum(updates);
  for (const own of [[1e6, -1e6, 3], [0.01, 0, 0], [0, 0, 0]]) {
    const moved = Math.hypot(...sum([...updates, own]).map((part, k) => part - without[k]));
    assert.ok(moved <= recipe.clippingNorm * (1 + 1e-12), `${own} moved it by ${moved}`);
  }
});

test("as shipped, DP learns about as well as no DP, from the same wrong start", () => {
  const accuracies = [plain, recipe].map((each) => accuracyOf(federate({ clients, draws, recipe: each }).at(-1).model, strangers));
  assert.ok(accuracyOf(START, strangers) < 0.2);
  for (const accuracy of accuracies) assert.ok(accuracy > 0.88, `${accuracies}`); // measured 0.902 and 0.902
});

test("a few clients that send nonsense ruin the plain training, and the clipped one hardly notices", () => {
  const liars = new Set([4, 137, 248, 391, 502]);
  const sends = (client, update) => (liars.has(client) ? [-60, 60, 0] : update);
  const [ruined, kept] = [plain, recipe].map((each) => accuracyOf(federate({ clients, draws, recipe: each, sends }).at(-1).model, strangers));
  assert.ok(ruined < 0.3 && kept > 0.88, `${ruined} ${kept}`);
});

test("a client's update goes down its own loss", () => {
  const loss = (model, client) => client.reduce((sum, { x, y, label }) =>
    sum + Math.log(1 + Math.exp((label === 1 ? -1 : 1) * (model[0] * x + model[1] * y + model[2]))), 0);
  for (const client of clients.slice(0, 50)) {
    const moved = localUpdate(START, client, recipe).map((part, k) => part + START[k]);
    assert.ok(loss(moved, client) < loss(START, client));
  }
});
