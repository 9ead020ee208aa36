import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ServerLost } from "../../static/js/api.js";
import { caughtOn, successBound, successOn, truePositiveBound } from "../../static/js/attack_bounds.js";
import { choiceOfRun, readyChoices } from "../../static/js/audit/choices.js";
import { boundsCsv, boundsModel, boundsWalk, LEFT_EDGE, resultTable, rocCsv, rocModel, rocTable, rocWalk, rowsOf } from "../../static/js/audit/models.js";
import { createStarting } from "../../static/js/audit/starting.js";
import { firstState, isBusy, phasesOf, shownAudits } from "../../static/js/audit/state.js";
import { atLeast, atMost, boundsSentence, costSentence, FAILED, findingOf } from "../../static/js/audit/words.js";
import { cdf } from "../../static/js/privacy/normal.js";
import { catalog } from "./catalog_example.js";

const { audits, provenance } = JSON.parse(readFileSync("static/data/measured_audit.json", "utf8"));
const SHIPPED = Object.values(audits);
const failed = { ...audits.private, audit: { ...audits.private.audit, epsilon_lower_bound: 0 } };

test("bounds are rounded away from the truth, and never called ε itself", () => {
  assert.deepEqual([0, 0.599, 0.6, 3.2033].map(atLeast), ["0", "0.59", "0.60", "3.20"]);
  assert.deepEqual([2.7268, 2.73, 125.2, null].map(atMost), ["2.73", "2.73", "126", "∞"]);
  for (const document of [...SHIPPED, failed]) {
    assert.match(findingOf(document), /at least/i);
    assert.doesNotMatch(findingOf(document), /ε (is|=)/);
  }
  assert.match(boundsSentence(rowsOf([failed])), new RegExp(FAILED));
  assert.doesNotMatch(boundsSentence(rowsOf(SHIPPED)), new RegExp(FAILED));
});

test("an audit has a row for what was audited and one for the same without privacy", () => {
  const rows = rowsOf(SHIPPED);
  assert.deepEqual(rows.map(({ role }) => role), ["private", "baseline", "open"]);
  assert.deepEqual(rows.map(({ upper }) => upper === null), [false, true, true]);
  assert.equal(rows[1].lower, audits.private.audit.baseline.epsilon_lower_bound);
  assert.equal(rowsOf([audits.unprotected]).length, 1);
});

test("the axis has room for every measured bound, but not for an upper one that is far away", () => {
  const rows = rowsOf(SHIPPED);
  const { end } = boundsModel(rows);
  assert.ok(end > Math.max(...rows.map(({ lower }) => lower)) && end > audits.private.audit.epsilon_upper_bound);
  assert.ok(boundsModel([{ ...rows[0], upper: 400 }]).end < 10);
  assert.ok(boundsModel(rowsOf([failed])).end >= 1);
});

test("the walk says at least and at most of every row", () => {
  const walk = boundsWalk(boundsModel(rowsOf(SHIPPED)));
  assert.equal(walk.length, 3);
  assert.match(walk[0].text, /at least ε 0\.\d\d, at most 2\.73/);
  assert.match(walk[2].text, /nothing guaranteed/);
});

test("the ROC starts at the edge of its axis and carries both limits of the first audit", () => {
  const { series, pair, curve } = rocModel(rowsOf(SHIPPED), audits.private.limits);
  assert.equal(series.length, 3);
  for (const { points } of series) assert.ok(points.every(({ x }) => x >= LEFT_EDGE && x <= 1));
  assert.ok(pair.length > 40 && curve.length > 20 && curve[0].x <= LEFT_EDGE * 1.01);
  for (const { x, y } of curve) {
    assert.ok(y <= truePositiveBound({ epsilon: audits.private.audit.epsilon_upper_bound, delta: 1e-5, falsePositives: x }) + 1e-9);
  }
  assert.deepEqual(rocModel(rowsOf([audits.unprotected]), null).pair, []);
});

test("table and walk of the ROC read the measured steps at the same rates", () => {
  const model = rocModel(rowsOf(SHIPPED), audits.private.limits);
  const table = rocTable(model);
  const atOne = table.rows.find(([rate]) => rate.startsWith("1.0"));
  const exact = audits.private.audit.membership.roc.filter(({ fpr }) => fpr <= 0.01).at(-1).tpr;
  assert.equal(atOne[1].replace(/\s/g, " "), `${(100 * exact).toFixed(1)} %`);
  assert.equal(table.columns.length, atOne.length);
  assert.equal(rocWalk(model).length, table.rows.length);
});

test("files carry every figure in full precision, with evidence and settings", () => {
  const rows = rowsOf(SHIPPED);
  const [head, first] = boundsCsv(rows).split("\r\n");
  assert.ok(head.includes("epsilon_at_least") && head.includes("parameter_noise_multiplier"));
  assert.ok(first.includes("measured") && first.includes(String(audits.private.audit.epsilon_lower_bound)));
  const lines = rocCsv(rows, audits.private.limits).trim().split("\r\n");
  const points = rows.reduce((sum, { found }) => sum + found.membership.roc.length, 0);
  assert.equal(lines.length, 1 + points + audits.private.limits.trade_off.length);
  assert.equal(resultTable(rows).rows[0].length, resultTable(rows).columns.length);
});

test("an audit whose coins all fell one way has a result without a curve", () => {
  const blind = { ...failed, audit: { ...failed.audit, membership: null, baseline: null } };
  assert.deepEqual(rocModel(rowsOf([blind]), null).series, []);
  assert.deepEqual(resultTable(rowsOf([blind])).rows[0].slice(-3), ["–", "–", "–"]);
});

test("MNIST is offered where it is, the embedded digits where not, nothing where nothing can train", () => {
  const has = (available) => ({ ...catalog, datasets: catalog.datasets.map((one) => (one.name === "mnist" ? { ...one, available } : one)) });
  assert.equal(readyChoices(has(true))[0].id, "mnist");
  assert.equal(readyChoices({ ...catalog, real: { available: false, reason: "no TensorFlow" } }).length, 0);
  const [choice] = readyChoices(has(true));
  assert.equal(choice.settings.baseline, true);
  assert.ok(choice.epsilon > 0);
});

test("a run by its id costs one training, a fresh one two, and both are told before", () => {
  const run = { id: "a1b2c3d4e5f6", parameters: { ...readyChoices(catalog)[0].settings }, privacy: { epsilon: 0 } }; // stopped at once
  const choice = choiceOfRun(catalog, run);
  assert.equal(choice.runId, run.id);
  assert.match(costSentence(choice), /trains the run again.*ε 2\.73/);
  assert.match(costSentence({ ...choice, runId: undefined, seconds: 62, epsilon: null }), /Two trainings.*About 62\ss/);
  assert.match(costSentence({ ...choice, seconds: null }), /not been measured/);
  const beside = (baseline, runId) => costSentence({ ...choice, runId, settings: { ...choice.settings, baseline } });
  assert.match(beside(true), /Each also trains once without privacy beside it; for that nothing is guaranteed\.$/);
  assert.match(beside(true, "1234"), /It also trains once without privacy beside it/);
  assert.doesNotMatch(beside(false), /also trains/);
});

test("the shipped audits are shown until an own one has found something", () => {
  const first = firstState({ catalog, choices: readyChoices(catalog), shipped: { audits, provenance } });
  assert.equal(shownAudits(first).isShipped, true);
  const waiting = { ...first, run: { id: "x", state: "queued", audit: { epsilon_lower_bound: null } } };
  assert.ok(isBusy(waiting) && shownAudits(waiting).isShipped);
  const own = { ...first, run: { ...audits.unprotected, id: "x" }, limits: { id: "y" } };
  assert.deepEqual(shownAudits(own), { documents: [own.run], limits: null, isShipped: false });
  const again = { ...own, previous: own.run, run: { ...waiting.run, id: "z" }, limits: { id: "x" } };
  assert.deepEqual(shownAudits(again), { documents: [own.run], limits: { id: "x" }, isShipped: false });
  assert.equal(shownAudits({ ...first, shipped: null }), null);
});

test("one step of an audit is under way at a time", () => {
  const cases = [
    [{ state: "queued" }, { state: "running" }, "The training that is audited"],
    [{ state: "queued" }, null, "Queue"],
    [{ state: "running", progress: { phase: "training" } }, null, "Training with canaries"],
    [{ state: "running", progress: { phase: "training baseline" } }, null, "The same without privacy"],
    [{ state: "running", progress: { phase: "auditing" } }, null, "Guessing the coins"],
  ];
  for (const [run, training, expected] of cases) {
    const phases = phasesOf({ run: { parameters: { baseline: true }, ...run }, training });
    assert.deepEqual(phases.filter(({ isNow }) => isNow).map(({ title }) => title), [expected]);
    assert.equal(phases.some(({ title }) => title === "The training that is audited"), training !== null);
  }
});

function double({ audits: answers = [], training = { id: "t" } } = {}) {
  const calls = [];
  const next = (name, list) => (...given) => {
    calls.push([name, ...given]);
    const answer = list.length > 1 ? list.shift() : list[0];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const api = { startRun: next("train", [training]), startAudit: next("audit", answers), cancelRun: next("cancel", [{}]) };
  let key = 0;
  return { calls, starting: createStarting({ api, wait: () => Promise.resolve(), newKey: () => `k${++key}` }) };
}

test("an audit that is asked for with its training follows it; of a run that is there it is asked for alone", async () => {
  const settings = readyChoices(catalog)[0].settings;
  const both = double({ audits: [{ id: "a" }] });
  assert.deepEqual(await both.starting.start({ settings, canaries: "auto" }), { audit: { id: "a" }, training: "t" });
  assert.deepEqual(both.calls.map(([name]) => name), ["train", "audit"]);
  assert.deepEqual(both.calls[1].slice(1, 3), ["t", "auto"]);
  const alone = double({ audits: [{ id: "a" }] });
  assert.equal((await alone.starting.start({ runId: "r", settings, canaries: "dirac" })).training, null);
  assert.deepEqual(alone.calls.map(([name, id]) => [name, id]), [["audit", "r"]]);
});

test("a lost answer is asked for again under the same key; after a refusal no training is left behind", async () => {
  const settings = readyChoices(catalog)[0].settings;
  const lost = double({ audits: [new ServerLost("gone"), { id: "a" }] });
  await lost.starting.start({ runId: "r", settings, canaries: "auto" });
  assert.equal(lost.calls[0][3], lost.calls[1][3]);
  const refused = double({ audits: [new Error("the queue is full")] });
  await assert.rejects(refused.starting.start({ settings, canaries: "auto" }), /full/);
  assert.deepEqual(refused.calls.at(-1), ["cancel", "t"]);
});

test("the best guess at a prior, in closed form: randomised response, and a Gaussian shift", () => {
  for (const [epsilon, prior] of [[1, 0.5], [2, 0.1], [0.3, 0.9], [5, 0.5]]) {
    const scan = Array.from({ length: 10001 }, (_, index) => index / 10000)
      .map((falsePositives) => prior * truePositiveBound({ epsilon, delta: 1e-3, falsePositives }) + (1 - prior) * (1 - falsePositives));
    const told = successBound({ epsilon, delta: 1e-3, prior });
    assert.ok(told >= Math.max(...scan) - 1e-12 && told <= Math.max(...scan) + 1e-3, `${epsilon} ${prior}`);
  }
  const quantiles = Array.from({ length: 33 }, (_, index) => -4 + index / 4);
  for (const mu of [0.3, 1, 2]) {
    const curve = [{ fpr: 0, tpr: 0 }, ...quantiles.map((z) => ({ fpr: cdf(z), tpr: cdf(z + mu) })), { fpr: 1, tpr: 1 }];
    for (const prior of [0.1, 0.5, 0.8]) {
      const shift = Math.log((1 - prior) / prior) / mu;
      const exact = prior * cdf(mu / 2 - shift) + (1 - prior) * cdf(mu / 2 + shift);
      const told = successOn(curve, prior);
      assert.ok(told >= exact - 1e-9 && told <= exact + 0.01, `${mu} ${prior}: ${told} ${exact}`);
    }
  }
});

test("between two points of a curve the next one to the right is taken", () => {
  const curve = [{ fpr: 0, tpr: 0 }, { fpr: 0.01, tpr: 0.03 }, { fpr: 0.1, tpr: 0.2 }, { fpr: 1, tpr: 1 }];
  assert.deepEqual([0.01, 0.02, 0.1].map((rate) => caughtOn(curve, rate)), [0.03, 0.2, 0.2]);
});
