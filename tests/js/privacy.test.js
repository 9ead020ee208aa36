import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as format from "../../static/js/format.js";
import { approximateEpsilon, budgetCurve, guaranteedEpsilon, renyiEpsilon, worstCaseEpsilon } from "../../static/js/privacy/accountant.js";
import { noiseMultiplierFor, unreachableSentence } from "../../static/js/privacy/calibration.js";
import { deltaOfGaussian, epsilonOfGaussian } from "../../static/js/privacy/gaussian.js";
import { interpret, interpretGaussian, levelOf } from "../../static/js/privacy/interpretation.js";
import { mechanismOf, passesBegun, stepsAfter } from "../../static/js/privacy/mechanism.js";
import { cdf, logCdf } from "../../static/js/privacy/normal.js";
import { ORDERS } from "../../static/js/privacy/orders.js";
import { interpretationAfter } from "../../static/js/privacy/report.js";
import { integerRdp, oneStepRdp } from "../../static/js/privacy/renyi.js";

// The origin of every number in it stands in the file; tests/privacy/test_accountant_grid.py ties it to the server.
const grid = JSON.parse(readFileSync(new URL("./privacy_grid.json", import.meta.url)));
const tutorial = { examples: 60000, batchSize: 256, noiseMultiplier: 0.8, epochs: 15, delta: 1e-5, sampling: "poisson" };

const mechanism = (row, sampling = "poisson") => mechanismOf({ train_size: row.examples, sampling, ...row });
const relative = (actual, expected) => Math.abs(actual / expected - 1);
const close = (actual, expected, tolerance, message) =>
  assert.ok(relative(actual, expected) <= tolerance, `${message ?? ""} ${actual} ≠ ${expected}`);

test("on 200 points ε is dp_accounting's to a millionth, printed alike, and never below the PLD's", () => {
  assert.equal(grid.poisson.length, 200);
  for (const row of grid.poisson) {
    const epsilon = guaranteedEpsilon(mechanism(row));
    close(epsilon, row.epsilon_rdp, 1e-6, JSON.stringify(row));
    assert.equal(format.epsilon(epsilon), format.epsilon(row.epsilon_rdp));
    assert.ok(epsilon >= row.epsilon_pld, JSON.stringify(row));
  }
});

test("the grid covers the ranges that the page lets people choose from", () => {
  const spread = (name) => [Math.min(...grid.poisson.map((row) => row[name])), Math.max(...grid.poisson.map((row) => row[name]))];
  assert.deepEqual(spread("noise_multiplier"), [0.3, 10]);
  assert.deepEqual(spread("batch_size"), [16, 2048]);
  assert.deepEqual(spread("epochs"), [1, 60]);
  assert.deepEqual([...new Set(grid.poisson.map(({ examples }) => examples))].sort((a, b) => a - b), [100, 1437, 10000, 60000]);
});

test("shuffled batches get the server's worst case and sentence", () => {
  for (const row of grid.shuffle) {
    const shuffled = mechanism(row, "shuffle");
    close(guaranteedEpsilon(shuffled), row.epsilon, 1e-9, JSON.stringify(row));
    assert.equal(interpretGaussian(worstCaseEpsilon(shuffled)).sentence, row.sentence);
  }
});

test("the noise multiplier for a target is the server's, meets it, and one step less does not", () => {
  for (const { target, solved_noise: expected, ...row } of grid.calibrations) {
    const { noiseMultiplier, epsilon, nearest } = noiseMultiplierFor(target, mechanism({ ...row, noise_multiplier: 1 }));
    assert.equal(noiseMultiplier, expected.value ?? null, JSON.stringify({ target, row }));
    if (noiseMultiplier === null) {
      close(nearest, expected.nearest, 1e-6);
      assert.ok(nearest > target);
      continue;
    }
    assert.ok(epsilon <= target && epsilon === guaranteedEpsilon({ ...mechanism(row), noiseMultiplier }));
    assert.ok(renyiEpsilon({ ...mechanism(row), noiseMultiplier: noiseMultiplier - 1e-4 }).epsilon > target);
  }
});

test("a target out of reach is told with the nearest that can be had", () => {
  const { nearest } = noiseMultiplierFor(0.01, tutorial);
  const sentence = unreachableSentence({ target: 0.01, nearest });

test("the nearest that can be had is itself within reach: it is rounded up", () => {
  for (const batchSize of [64, 128, 200, 256, 500, 1000]) { // rounded to the nearest digit, each was refused again
    const mechanism = { ...tutorial, batchSize };
    const { nearest } = noiseMultiplierFor(0.001, mechanism);
    const named = Number(unreachableSentence({ target: 0.001, nearest }).match(/reachable ε is ([\d.]+):/)[1]);
    assert.notEqual(noiseMultiplierFor(named, mechanism).noiseMultiplier, null, `${batchSize}: ${named}`);
  }
});
  assert.match(sentence, /ε 0\.01 needs a noise multiplier above 20; the smallest reachable ε is 0\.04006/);
  for (const wrong of [0, -1, 50.1, NaN]) assert.throws(() => noiseMultiplierFor(wrong, tutorial), RangeError);
});

test("the sentence about attackers is the server's, word for word", () => {
  for (const { epsilon, delta, sentence } of grid.sentences) assert.equal(interpret({ epsilon, delta }).sentence, sentence);
  assert.match(interpret({ epsilon: null, delta: 1e-5 }).sentence, /^No protection: .* at most 100 % success/);
});

test("the whole curve of Rényi accounting gives the server's figures", () => {
  // Those of tests/privacy/test_interpretation.py and of the same function on the server.
  const cases = [
    [tutorial, 3516, [0.2878509475398848, 0.043828562099963525, 0.006769152885487249, 0.9000133352143217, 0.3274978181953841]],
    [{ examples: 1500, batchSize: 128, noiseMultiplier: 4.4, epochs: 15, delta: 1e-5, sampling: "poisson" }, 176,
      [0.15436242198161007, 0.021646250926495608, 0.002608538131732336, 0.9000000001, 0.19388247027432046]],
    [{ ...tutorial, noiseMultiplier: 0.5, delta: 1e-7 }, 2344, [0.6684138416949665, 0.2896231991777006, 0.09926862311260853, 0.9237137370566165, 0.762922813476762]],
  ];
  for (const [settings, steps, expected] of cases) {
    const found = interpretationAfter(settings, steps);
    const figures = [found.advantage, found.tpr_at_1pct_fpr, found.tpr_at_0_1pct_fpr, found.success_at_10pct_prior, found.posterior_at_10pct_prior];
    figures.forEach((figure, index) => close(figure, expected[index], 1e-6));
    assert.equal(found.source, "Rényi accounting (whole curve)");
  }
  assert.equal(interpretationAfter({ ...tutorial, noiseMultiplier: 0 }).advantage, 1);
  assert.equal(interpretationAfter(tutorial, 0).level, "strong");
});

test("the words for an ε change at 1, 3 and 8", () => {
  const cases = [[0.99, "strong"], [1, "good"], [3, "good"], [3.01, "weak"], [8, "weak"], [8.01, "little"], [null, "little"]];
  for (const [epsilon, expected] of cases) assert.equal(levelOf(epsilon), expected, String(epsilon));
});

test("without noise nothing is guaranteed, by either sampling; without steps nothing is spent", () => {
  for (const sampling of ["poisson", "shuffle"]) {
    assert.equal(guaranteedEpsilon({ ...tutorial, sampling, noiseMultiplier: 0 }), null);
    assert.equal(guaranteedEpsilon({ ...tutorial, sampling }, 0), 0);
    assert.equal(guaranteedEpsilon({ ...tutorial, sampling, noiseMultiplier: 0 }, 0), 0);
  }
  assert.equal(approximateEpsilon({ ...tutorial, noiseMultiplier: 0 }), null);
});

test("the budget curve rises to the headline, and each of its points is the ε of those steps", () => {
  for (const sampling of ["poisson", "shuffle"]) {
    const curve = budgetCurve({ ...tutorial, sampling });
    assert.deepEqual(curve.map(({ epoch }) => epoch), Array.from({ length: 15 }, (_, index) => index + 1));
    curve.forEach(({ iteration, epsilon }) => assert.equal(epsilon, guaranteedEpsilon({ ...tutorial, sampling }, iteration)));
    assert.equal(curve.at(-1).epsilon, guaranteedEpsilon({ ...tutorial, sampling }));
    assert.ok(curve.every(({ epsilon }, index) => index === 0 || epsilon > curve[index - 1].epsilon));
  }
});

test("steps are ⌈epochs·N/B⌉ and passes of shuffled batches leave the rest out", () => {
  assert.equal(stepsAfter(tutorial), 3516);
  assert.equal(stepsAfter({ ...tutorial, batchSize: 60000 }, 7), 7);
  assert.equal(passesBegun({ examples: 60000, batchSize: 256 }, 234), 1);
  assert.equal(passesBegun({ examples: 60000, batchSize: 256 }, 235), 2);
});

test("divergences: the whole batch has a/(2σ²), an empty one 0, and more noise is never worse", () => {
  const whole = oneStepRdp({ samplingProbability: 1, noiseMultiplier: 2 });
  ORDERS.forEach((order, index) => close(whole[index], order / 8, 1e-12));
  assert.ok(oneStepRdp({ samplingProbability: 0, noiseMultiplier: 1 }).every((value) => value === 0));
  let last = null;
  for (const noiseMultiplier of [0, 1e-7, 0.01, 0.049, 0.05, 0.1, 0.3, 1, 5, 20]) {
    const rdp = oneStepRdp({ samplingProbability: 0.01, noiseMultiplier });
    assert.ok(rdp.every((value, index) => value >= 0 && (last === null || value <= last[index])), String(noiseMultiplier));
    last = rdp;
  }
});

test("fractional orders by quadrature lie between their integer neighbours, which are in closed form", () => {
  for (const [q, sigma] of [[0.3, 0.5], [0.004, 1.1], [1e-4, 20], [0.9, 0.06]]) {
    const rdp = oneStepRdp({ samplingProbability: q, noiseMultiplier: sigma });
    assert.deepEqual(ORDERS.filter((_, index) => index > 0 && rdp[index] < rdp[index - 1] * (1 - 1e-9)), []);
    close(integerRdp(q, sigma)[0], Math.log1p(q ** 2 * Math.expm1(sigma ** -2)), 1e-9); // the closed form at order 2
  }
});

test("the normal distribution holds far out in its tails", () => {
  const cases = [[-40, -804.6084420137539], [-8, -35.01343715991456], [-2.5, -5.081648277278691], [0, Math.log(0.5)], [2.6, -0.004672085236439401]];
  for (const [x, expected] of cases) close(logCdf(x), expected, 1e-9, String(x));
  for (const x of [0.3, 1, 2.4999, 2.5001, 4]) close(cdf(x) + cdf(-x), 1, 1e-14);
});

test("Gaussian ε and δ are each other's inverse, and the limits hold", () => {
  for (const mu of [0.05, 0.5, 3, 20]) close(deltaOfGaussian({ epsilon: epsilonOfGaussian({ mu, delta: 1e-5 }), mu }), 1e-5, 1e-6);
  assert.equal(epsilonOfGaussian({ mu: 0, delta: 1e-5 }), 0);
  assert.equal(epsilonOfGaussian({ mu: 1e-6, delta: 1e-5 }), 0);
  assert.equal(epsilonOfGaussian({ mu: Infinity, delta: 1e-5 }), Infinity);
});
