import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerLost, ServerProblem } from "../../static/js/api.js";
import { taskSettings } from "../../static/js/settings.js";
import { createSweepFollower } from "../../static/js/sweep/follower.js";
import { isActive } from "../../static/js/run_states.js";
import { forgetSweep, recalledSweeps, rememberSweep } from "../../static/js/sweep/memory.js";
import { readSeeds, readValues, restText, sensibleValues, sweepBody } from "../../static/js/sweep/plan.js";
import { about, costSentence, isTooLong, progressSentence, resultsTable, shareDone } from "../../static/js/sweep/words.js";
import { settingsAt, withoutSweep, withSweep } from "../../static/js/sweeps.js";
import { catalog } from "./catalog_example.js";

const SIGMA = { name: "noise_multiplier", label: "Noise multiplier σ", minimum: 0, maximum: 20 };
const BATCH = { name: "batch_size", label: "Batch size B", minimum: 16, maximum: 2048, integer: true };
const settings = () => ({ ...taskSettings(catalog, "mnist"), train_size: 1500 });

/** Return a sweep document; `states` are those of its runs. */
const document = ({ states = ["done", "done"], ...changes } = {}) => ({
  id: "s1", state: "running", mode: "real", parameter: "noise_multiplier", values: [1, 2], seeds: [1], eta_seconds: 130,
  parameters: { task: "mnist", dataset: "mnist", train_size: 1500, noise_multiplier: 1, delta: 1e-5 },
  runs: states.map((state) => ({ state })), points: [], pareto: [], notices: [], statement: "", ...changes,
});

test("values are read from a written list and put in order", () => {
  const cases = [["0.5, 1,2", [0.5, 1, 2]], ["4 2", [2, 4]], [" 1e-1;0 ", [0, 0.1]]];
  for (const [text, values] of cases) assert.deepEqual(readValues(text, SIGMA, settings()), { values }, text);
});

test("values that cannot be swept are refused by a sentence that names the parameter and the value", () => {
  const cases = [
    ["1, two", SIGMA, /Noise multiplier σ: “two” is not a number/], ["1, 99", SIGMA, /Noise multiplier σ lies between 0 and 20; 99/],
    ["1, 1.0", SIGMA, /Noise multiplier σ: 1 stands there twice/], ["1", SIGMA, /2 to 12 values, not 1/], ["", SIGMA, /not 0/],
    [Array.from({ length: 13 }, (_, index) => index + 1).join(), SIGMA, /not 13/], ["64, 100.5", BATCH, /Batch size B takes whole numbers; 100.5/],
    ["64, 2000", BATCH, /2000 is more than the 1500 training examples/],
  ];
  for (const [text, parameter, fault] of cases) assert.match(readValues(text, parameter, settings()).fault ?? "", fault, text);
});

test("seeds are 1 to the written number, and at most sixty runs in all", () => {
  assert.deepEqual(readSeeds("3", 6), { seeds: [1, 2, 3] });
  for (const text of ["", "0", "6", "1.5", "x"]) assert.match(readSeeds(text).fault ?? "", /whole number from 1 to 5/, text);
  assert.match(readSeeds("5", 13).fault, /65/);
});

test("a sweep starts with values around the band, the chosen one among them", () => {
  assert.deepEqual(sensibleValues("noise_multiplier", { ...settings(), noise_multiplier: 0.8 }), [0.5, 0.8, 1.1, 1.5, 2, 4]);
  assert.deepEqual(sensibleValues("noise_multiplier", { ...settings(), noise_multiplier: 1.3 }), [0.5, 0.8, 1.1, 1.3, 2, 4]);
  assert.ok(sensibleValues("batch_size", settings()).every((value) => value <= 1500));
  for (const name of ["clipping_norm", "learning_rate", "epochs"]) assert.ok(sensibleValues(name, settings()).length >= 5, name);
});

test("the request has no field that a sweep decides or refuses", () => {
  const body = sweepBody({ ...settings(), seed: 7, target_epsilon: 3, baseline: true }, { parameter: "epochs", values: [1, 2], seeds: [1], mode: "real" });
  for (const name of ["seed", "epochs", "target_epsilon", "stop_at_budget", "baseline", "accountant", "table"]) assert.ok(!(name in body), name);
  assert.deepEqual([body.mode, body.parameter, body.values, body.seeds, body.engine], ["real", "epochs", [1, 2], [1], "fast"]);
  assert.ok(!("engine" in sweepBody(settings(), { parameter: "epochs", values: [1, 2], seeds: [1], mode: "simulation" })));
});

test("what stays is named without what is swept", () => {
  assert.ok(!restText(settings(), "noise_multiplier").includes("σ"));
  assert.match(restText(settings(), "noise_multiplier"), /C 1 · B /);
  assert.ok(!restText(settings(), "epochs").includes("epochs"));
});

test("the cost is told before the start", () => {
  const cost = { runs: 18, seconds: 234, source: "measured", limit_seconds: 3600 };
  assert.equal(costSentence(cost), "Measure: 18 runs, about 4 min.");
  assert.match(costSentence({ ...cost, source: "estimated" }), /estimated/);
  assert.match(costSentence({ ...cost, seconds: null, source: null }), /not known yet/);
  assert.match(costSentence({ ...cost, seconds: 7300 }), /about 2\.0 h: more than the about 60 min that this server allows/);
  assert.deepEqual([isTooLong(cost), isTooLong({ ...cost, seconds: 7300 }), isTooLong({ ...cost, seconds: null })], [false, true, false]);
  assert.deepEqual([about(0.2), about(40), about(234)], ["about 1 s", "about 40 s", "about 4 min"]);
});

test("progress and every end have their sentence", () => {
  const cases = [
    [document({ states: ["done", "running"] }), "1 of 2 done, about 2 min left."],
    [document({ state: "queued", states: ["queued", "queued"], eta_seconds: null }), "Queued: 0 of 2 done."],
    [document({ state: "done" }), "Measured: 2 of 2 runs."], [document({ state: "done", states: ["done", "failed"] }), "Measured: 1 of 2 runs; 1 failed."],
    [document({ state: "cancelled", states: ["done", "cancelled"] }), "Stopped: 1 of 2 runs were finished; what they measured is kept."],
    [{ ...document({ state: "cancelled" }), forgotten: true }, "The server no longer knows this sweep; what it measured until then is kept here."],
    [document({ state: "failed", states: ["failed", "failed"] }), "The sweep failed: no run of it could be finished."],
    [document({ mode: "simulation" }), "Simulated: 2 runs. Nothing was trained."],
  ];
  for (const [sweep, sentence] of cases) assert.equal(progressSentence(sweep), sentence);
  assert.match(progressSentence(document(), true), /retrying/);
  assert.equal(shareDone(document({ states: ["done", "running"] })), 0.5);
});

test("the table shows what was simulated beside what was measured, and marks the front", () => {
  const points = [{ value: 1, epsilon: null, runs: 2, accuracy: 0.95, accuracy_sd: 0.004, simulated_accuracy: 0.94, simulated_accuracy_sd: null }];
  const { columns, rows } = resultsTable(document({ points, pareto: [0] }), SIGMA);
  assert.deepEqual(columns, ["Noise multiplier σ", "ε of one run", "Measured", "Runs", "Simulated"]);
  assert.deepEqual(rows, [["1 ★", "∞", "95.0\u00a0% ± 0.4", "2 of 1", "94.0\u00a0%"]]);
  assert.equal(resultsTable(document({ mode: "simulation", points }), SIGMA).rows[0].length, 3);
});

test("the same sweep takes the place of its simulation, a fourth one that of the oldest", () => {
  const simulated = document({ id: null, mode: "simulation" });
  const first = withSweep([], simulated);
  const measured = withSweep(first, document());
  assert.deepEqual(measured.map(({ slot, document: { mode } }) => [slot, mode]), [[1, "real"]]);
  assert.equal(withSweep(measured, simulated), measured, "a measurement carries its simulation");
  const others = [[1, 3], [1, 4], [1, 5]].reduce((list, values) => withSweep(list, document({ values })), measured);
  assert.deepEqual(others.map(({ slot, document: { values } }) => [slot, values[1]]), [[2, 3], [3, 4], [1, 5]]);
  assert.deepEqual(withoutSweep(others, 3).map(({ slot }) => slot), [2, 1]);
  assert.deepEqual([isActive(document()), isActive(document({ state: "done" })), isActive(null)], [true, false, false]);
});

test("a value of a sweep stands for all of its settings", () => {
  assert.deepEqual(settingsAt(document(), 2), { task: "mnist", dataset: "mnist", train_size: 1500, noise_multiplier: 2, delta: 1e-5 });
});

/** Return a follower on a double of the server that gives `answers` one after the other, and what it told. */
function following(answers, { startSweep } = {}) {
  const told = [];
  const lost = [];
  const left = [...answers];
  const next = () => {
    const answer = left.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const api = { startSweep: startSweep ?? (async () => document()), getSweep: async () => next(), cancelSweep: async () => document({ state: "cancelled" }) };
  const follower = createSweepFollower({
    api, wait: async () => {}, newKey: () => "key", changed: ({ state }) => told.push(state), lost: (silent) => lost.push(silent),
  });
  return { follower, told, lost };
}

test("a sweep is followed to its end, also over a server that is silent or busy for a while", async () => {
  const busy = new ServerProblem(429, { detail: "busy" }, 3);
  const { follower, told, lost } = following([document(), new ServerLost("x"), busy, document({ state: "done" })]);
  await follower.start({});
  assert.deepEqual(told, ["running", "running", "done"]);
  assert.deepEqual(lost, [false, false, true, true, false]);
});

test("a lost answer to the start is asked for again under the same key", async () => {
  const keys = [];
  const startSweep = async (_, key) => {
    keys.push(key);
    if (keys.length < 3) throw new ServerLost("x");
    return document({ state: "done" });
  };
  const { follower, told } = following([], { startSweep });
  await follower.start({});
  assert.deepEqual([keys, told], [["key", "key", "key"], ["done"]]);
});

test("a sweep whose answer was lost for good is asked for under the same key again, another one under a new key", async () => {
  const keys = [];
  const startSweep = async (_, key) => {
    keys.push(key);
    if (keys.length <= 8) throw new ServerLost("x");
    return document({ state: "done" });
  };
  let made = 0;
  const follower = createSweepFollower({ api: { startSweep }, wait: async () => {}, newKey: () => String((made += 1)), changed: () => {}, lost: () => {} });
  for (const values of [[1, 2], [1, 2]]) await assert.rejects(follower.start({ values }), ServerLost);
  for (const values of [[1, 3], [1, 3]]) await follower.start({ values });
  assert.deepEqual(keys, [..."11111111", "2", "3"]);
});

test("a refusal is handed on, and a forgotten sweep keeps what it measured", async () => {
  const refusal = new ServerProblem(422, { detail: "too long" });
  await assert.rejects(following([], { startSweep: async () => { throw refusal; } }).follower.start({}), refusal);
  const { follower, told } = following([new ServerProblem(404, {})]);
  await follower.start({});
  assert.deepEqual(told, ["running", "cancelled"]);
});

test("ids are kept for a reload, the newest three, and nothing breaks without storage", () => {
  const kept = {};
  const storage = () => ({ getItem: (key) => kept[key] ?? null, setItem: (key, value) => { kept[key] = value; } });
  for (const id of ["a", "b", "c", "a", "d"]) rememberSweep(storage, id);
  assert.deepEqual(recalledSweeps(storage), ["c", "a", "d"]);
  forgetSweep(storage, "a");
  assert.deepEqual(recalledSweeps(storage), ["c", "d"]);
  kept.sweeps = '["../etc", "ok"]';
  assert.deepEqual(recalledSweeps(storage), ["ok"]);
  const none = () => { throw new Error("switched off"); };
  rememberSweep(none, "x");
  assert.deepEqual(recalledSweeps(none), []);
});
