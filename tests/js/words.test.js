import assert from "node:assert/strict";
import { test } from "node:test";

import * as format from "../../static/js/format.js";
import { changesLine, lessonOf } from "../../static/js/lesson.js";
import { activityOf, outcomeOf } from "../../static/js/progress_words.js";
import { badgeOf, contextOf, liveLine, uncertaintyOf } from "../../static/js/result_words.js";
import { findingsOf } from "../../static/js/sentences.js";
import { binomialHalfWidth } from "../../static/js/statistics.js";
import { tablesOf } from "../../static/js/tables.js";
import { catalog } from "./catalog_example.js";
import { exampleDocument } from "./document_example.js";

const plain = (text) => text.replaceAll("\u00a0", " ");

test("numbers are written as people write them", () => {
  const cases = [
    [format.epsilon, 2.7345, "2.73"], [format.epsilon, 0.0756, "0.076"], [format.epsilon, 12.44, "12.4"],
    [format.epsilon, 1234, "1,234"], [format.epsilon, null, "∞"], [format.epsilon, 0, "0"], [format.epsilon, 0.00042, "0.0004"],
    [format.percent, 0.8214, "82.1 %"], [format.percent, null, "–"], [format.percent, undefined, "–"],
    [format.value, 1e-5, "1e-5"], [format.value, 2.5e-7, "2.5e-7"], [format.value, 60000, "60,000"],
    [format.value, 0.1 + 0.2, "0.3"], [format.value, 0, "0"],
    [format.loss, 0.6234, "0.62"], [format.loss, 0.0312, "0.031"], [format.loss, NaN, "–"], [format.loss, 3620.1, "3,620"],
    [format.duration, 0.42, "0.4 s"], [format.duration, 185, "3 min 5 s"], [format.points, -0.0121, "−1.2 points"],
  ];
  for (const [write, value, expected] of cases) assert.equal(plain(write(value)), expected);
});

test("a simulation says how far it is from real runs, a measured run how many test examples it saw", () => {
  const simulated = exampleDocument({ simulation_error: { average_run: 1.94, single_run: 3.57, settings: 9 } });
  assert.equal(uncertaintyOf(simulated), "± 3.6, mean distance to real runs");
  const measured = exampleDocument({ simulation_error: null, evidence: "measured" });
  assert.equal(plain(uncertaintyOf(measured)), "± 0.8 (95 %, 10,000 test examples)");
});

test("where there is no accuracy it is said whether there will be one", () => {
  const unknown = (changes) => uncertaintyOf(exampleDocument({ final_metrics: null, epochs: [], evidence: "measured", ...changes }));
  assert.equal(unknown({ state: "running" }), "after the first epoch");
  assert.equal(unknown({ state: "cancelled" }), "no epoch ended");
  assert.equal(unknown({ state: "planned", evidence: "planned" }), "known once it is trained");
  const heading = (state) => findingsOf(exampleDocument({ epochs: [], evidence: "measured", state })).training.title;
  assert.deepEqual(["running", "failed"].map(heading), ["Waiting for the first epoch", "No epoch ended, so no accuracy is known"]);
});

test("the accuracy interval is Wilson's and never empty", () => {
  assert.ok(Math.abs(binomialHalfWidth(0.5, 10000) - 0.0098) < 1e-4);
  assert.ok(binomialHalfWidth(1, 360) > 0.004);
  assert.equal(binomialHalfWidth(0.5, 0), null);
});

test("a result says what it is: simulated or measured, data, optimizer and seed", () => {
  assert.equal(badgeOf(exampleDocument()), "SIMULATED");
  assert.equal(badgeOf(exampleDocument({ evidence: "measured" })), "MEASURED");
  assert.equal(contextOf(exampleDocument(), catalog), "MNIST, 1,000 examples · CNN · SGD · seed 1");
  const parameters = { ...exampleDocument().parameters, seed: null };
  assert.match(contextOf(exampleDocument({ parameters }), catalog), /secret seed$/);
});

test("headings state the finding and descriptions repeat the drawn numbers", () => {
  const { training, privacy, clipping, classes } = findingsOf(exampleDocument());
  assert.equal(plain(training.title), "80.0 % correct after 3 epochs");
  assert.equal(privacy.title, "ε reaches 3.00, over the budget of 2");
  assert.equal(plain(clipping.title), "90 % of gradients are longer than C = 1");
  assert.equal(plain(classes.title), "Hardest: “b”, 60 % correct");
  for (const { description } of [training, clipping, classes]) assert.match(description, /simulated/);
});

test("no noise is called no guarantee", () => {
  const document = exampleDocument({ privacy: { epsilon: null, reason: "there is no noise", per_epoch: [] } });
  assert.equal(findingsOf(document).privacy.title, "No privacy guarantee");
});

test("the live line shows what is planned in a simulation and what is spent in a measurement", () => {
  assert.equal(plain(liveLine(exampleDocument())), "SIMULATED · ε 3.00 of 2 · 80 %");
  assert.equal(plain(liveLine(exampleDocument({ evidence: "measured", epsilon_spent: 1.4 }))), "MEASURED · ε 1.40 of 2 · 80 %");
});

test("a person is told what the training is doing and how it ended", () => {
  const run = (changes) => exampleDocument({ evidence: "measured", ...changes });
  const doing = (changes) => activityOf({ run: run(changes), sending: false, lost: false });
  assert.match(doing({ state: "queued", progress: { queue_position: 2 } }), /Queued, number 2 in line/);
  assert.equal(doing({ state: "running", progress: { phase: "loading data", steps: 0, steps_total: 30 } }), "Loading data…");
  assert.match(doing({ state: "running", progress: { phase: "training", steps: 15, steps_total: 30 } }), /step 15 of 30 · epoch 3 of 3/);
  assert.equal(doing({ state: "done" }), null);
  assert.match(activityOf({ run: null, sending: false, lost: true }), /kept/);
});

test("how a training ended says how far it came and what is spent, also before its first epoch and without noise", () => {
  const run = (changes) => outcomeOf(exampleDocument({ evidence: "measured", epsilon_spent: 1.4, ...changes }));
  const early = { epochs: [], progress: { steps: 4, steps_total: 30 } };
  assert.equal(run({ state: "cancelled" }), "Stopped after 3 of 3 epochs; ε 1.40 is spent.");
  assert.equal(run({ state: "cancelled", ...early, epsilon_spent: 0.9 }), "Stopped before the first epoch ended; ε 0.90 is spent.");
  const missing = run({ state: "failed", ...early, progress: { steps: 0 }, epsilon_spent: 0, error: { message: "MNIST is missing." } });
  assert.equal(missing, "MNIST is missing. Stopped before the first epoch ended; no ε is spent.");
  assert.match(run({ state: "cancelled", epsilon_spent: null }), /without noise nothing was protected/);
  assert.equal(plain(run({ final_metrics: { training_seconds: 12 } })), "Finished in 12 s.");
});

test("a retried run says which attempt it is, waiting and running", () => {
  const doing = (changes) => activityOf({ run: exampleDocument({ evidence: "measured", attempts: [{ attempt: 1 }], ...changes }) });
  assert.equal(doing({ state: "queued", attempt: 1, progress: {} }), "Attempt 2, the last was lost. Queued, waiting for the trainer");
  const training = { state: "running", attempt: 2, progress: { phase: "training", steps: 15, steps_total: 30 } };
  assert.match(doing(training), /^Attempt 2, the last was lost. Training: step 15 of 30/);
  assert.doesNotMatch(doing({ ...training, attempts: [] }), /Attempt/);
});

test("the lesson of the optimal settings holds the numbers of both results", () => {
  const before = { epsilon: 2.73, accuracy: 0.82 };
  const after = { epsilon: 1.28, accuracy: 0.953 };
  const lesson = lessonOf({ before, after, evidence: "simulated", optimizerBefore: "sgd", optimizerAfter: "momentum" });
  assert.equal(plain(lesson.result), "ε 2.73 → 1.28 and accuracy 82.0 % → 95.3 % (+13.3 points, simulated).");
  assert.match(lesson.reason, /the step size was the limit, not the noise/);
});

test("the step-size lesson is not told where it does not hold", () => {
  const [better, worse] = [{ epsilon: 1, accuracy: 0.9 }, { epsilon: 2, accuracy: 0.8 }];
  const reason = (changes) => lessonOf({ before: worse, after: better, evidence: "simulated", ...changes }).reason;
  assert.equal(reason({ optimizerBefore: "adam", optimizerAfter: "momentum" }), null);
  assert.equal(reason({ optimizerBefore: "sgd", optimizerAfter: "momentum", before: better, after: worse }), null);
});

test("more accuracy at a larger ε is not called better privacy", () => {
  const lesson = lessonOf({
    before: { epsilon: 1.1, accuracy: 0.62 }, after: { epsilon: 1.28, accuracy: 0.95 },
    evidence: "simulated", optimizerBefore: "sgd", optimizerAfter: "momentum",
  });
  assert.match(lesson.reason, /^More accuracy: /);
  assert.doesNotMatch(lesson.reason, /privacy/);
});

test("a stopped run is told by the ε that it spent, a running one by the ε that it plans", () => {
  const heading = (state) => findingsOf(exampleDocument({ evidence: "measured", state, epsilon_spent: 1.4 })).privacy.title;
  assert.equal(heading("running"), "ε 3.00 planned, over the budget of 2");
  assert.equal(heading("cancelled"), "ε 1.40 spent, within the budget of 2");
});

test("several classes that are never recognised are counted, not one of them named", () => {
  const { classes } = findingsOf(exampleDocument({ per_class_accuracy: [0.9, 0, 0.001] }));
  assert.equal(plain(classes.title), "2 of 3 classes: 0 % correct");
});

test("changes are listed before they are made", () => {
  const line = changesLine([{ name: "clipping_norm", before: 1, after: 1.5 }, { name: "optimizer", before: "sgd", after: "momentum" }]);
  assert.equal(line, "C 1 → 1.5 · SGD → momentum");
});

test("every chart is also a table with one row for each point", () => {
  const tables = tablesOf(exampleDocument());
  assert.deepEqual(Object.values(tables).map(({ rows }) => rows.length), [3, 3, 3, 3]);
  for (const { columns, rows } of Object.values(tables)) {
    assert.ok(rows.every((row) => row.length === columns.length && row.every((cell) => typeof cell === "string")));
  }
});
