import assert from "node:assert/strict";
import { test } from "node:test";

import { bandOf, epochsToAsk, followTightCurve, mechanismKey, plannedPldOf } from "../../static/js/tight_curve.js";

const parameters = { task: "mnist", noise_multiplier: 0.8, batch_size: 256, epochs: 8, delta: 1e-5, sampling: "poisson" };
const planned = [0, 1, 2, 4, 8].map((x) => ({ x, y: x === 0 ? 0 : 2 + x / 10 }));
const tight = { key: mechanismKey(parameters), points: [{ epoch: 1, epsilon: 1.05 }, { epoch: 8, epsilon: 2.8 }] };

test("few epochs are asked for, more of the early ones, never the last", () => {
  const cases = [[1, []], [2, [1]], [4, [1, 2]], [15, [1, 2, 4, 8]], [60, [1, 8, 15, 30]]];
  for (const [epochs, expected] of cases) assert.deepEqual(epochsToAsk(epochs), expected, String(epochs));
});

test("the band meets the bounds that are known and lies below the curve between them", () => {
  const band = bandOf(planned, tight, parameters);
  const at = (x) => band.find((point) => point.x === x).y;
  assert.ok(Math.abs(at(1) - 1.05) < 1e-12 && Math.abs(at(8) - 2.8) < 1e-12);
  for (const { x, y } of planned.slice(1)) assert.ok(at(x) <= y && at(x) > 0.49 * y, String(x));
  assert.ok(Math.abs(at(4) / 2.4 - (0.5 + 0.5 * (2 / 3))) < 1e-12, "linear in the logarithm of the epoch");
});

test("there is no band for another mechanism, nor from one bound alone", () => {
  assert.deepEqual(bandOf(planned, tight, { ...parameters, noise_multiplier: 1 }), []);
  assert.deepEqual(bandOf(planned, { ...tight, points: tight.points.slice(1) }, parameters), []);
  assert.deepEqual(bandOf(planned, null, parameters), []);
  assert.equal(bandOf(planned, tight, { ...parameters, clipping_norm: 5, learning_rate: 1 }).length, 5, "C and the learning rate change no ε");
});

test("a bound above the curve is cut to it", () => {
  const above = { ...tight, points: [{ epoch: 1, epsilon: 9 }, { epoch: 8, epsilon: 9 }] };
  assert.deepEqual(bandOf(planned, above, parameters).map(({ y }) => y), planned.map(({ y }) => y));
});

test("the bounds are asked for in turn, and dropped when the settings move on", async () => {
  const document = { parameters, privacy: { epsilon_pld: 2.8 } };
  const asked = [];
  const ask = async (_, epoch) => asked.push(epoch) && epoch / 10;
  let found = null;
  await followTightCurve({ ask, current: () => document, found: (curve) => { found = curve; } });
  assert.deepEqual(asked, [1, 2, 4]);
  assert.deepEqual(found.points.map(({ epoch, epsilon }) => [epoch, epsilon]), [[1, 0.1], [2, 0.2], [4, 0.4], [8, 2.8]]);

  let now = document;
  const moving = async () => { now = { ...document, parameters: { ...parameters, delta: 1e-6 } }; return 1; };
  await followTightCurve({ ask: moving, current: () => now, found: () => assert.fail("an old curve was kept") });
});

test("the table and the CSV know only bounds that were computed", () => {
  const document = { parameters, privacy: { epsilon_pld: 2.7 } };
  assert.deepEqual([...plannedPldOf(tight, document)], [[1, 1.05], [8, 2.7]]);
  assert.deepEqual([...plannedPldOf(null, document)], [[8, 2.7]]);
  assert.deepEqual([...plannedPldOf(null, { parameters, privacy: { epsilon_pld: null } })], []);
});
