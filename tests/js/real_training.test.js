import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { meaningOf } from "../../static/js/meanings.js";
import { titleOf } from "../../static/js/progress_words.js";
import { expectedSeconds, obstacleOf, secondsLeft } from "../../static/js/real_training.js";
import { bandSentence, boundsOf, headlineOf } from "../../static/js/result_words.js";
import { taskSettings } from "../../static/js/settings.js";
import { actionOf } from "../../static/js/shortcuts.js";
import { troubleOf } from "../../static/js/trouble.js";
import { catalog } from "./catalog_example.js";
import { exampleDocument } from "./document_example.js";

const settings = { ...taskSettings(catalog, "mnist"), mode: "real" };
const plain = (text) => text.replaceAll("\u00a0", " ");

test("what stands in the way of a real training is said with its cure, and what works instead", () => {
  const absent = { ...catalog, fallback_task: "digits", datasets: [{ name: "mnist", available: false, cure: "Put it there." }] };
  assert.equal(obstacleOf(catalog, settings), null);
  assert.deepEqual(obstacleOf(absent, settings), { reason: "MNIST is not on this server. Put it there.", instead: "digits" });
  const without = { ...catalog, real: { available: false, reason: "tensorflow is not installed" } };
  assert.match(obstacleOf(without, settings).reason, /: Tensorflow is not installed\.$/);
  const engines = [{ name: "fast", available: false, reason: "no" }];
  assert.match(obstacleOf({ ...catalog, engines }, settings).reason, /engine is not installed/);
});

test("the time of a training comes from the server's costs, and from nothing where it has none", () => {
  const timing = { examples_per_second: 1000, overhead_seconds: 1, model_cost: { tutorial_cnn: { mnist: { example: 1, step: 10, test: 0.1 } } } };
  const timed = { ...catalog, timing, datasets: [{ name: "mnist", test_examples: 100 }] };
  const one = { ...settings, epochs: 1, train_size: 1000, batch_size: 100 }; // 10 steps of 110, 3 measurements of 10
  assert.equal(expectedSeconds(timed, one), 1 + 1.13);
  assert.ok(Math.abs(expectedSeconds(timed, { ...one, baseline: true }) - (1 + 1.13 + 0.69)) < 1e-9);
  assert.equal(expectedSeconds(timed, { ...one, model: "unknown" }), null);
  assert.equal(expectedSeconds(catalog, settings), null);
});

test("the time to the end is the server's, goes down with every step, and else comes from the epochs", () => {
  const progress = { steps: 10, steps_total: 30 };
  const epochs = [{ iteration: 10, seconds: 2 }];
  assert.equal(secondsLeft({ epochs, progress }), 4);
  assert.equal(secondsLeft({ epochs, progress: { ...progress, eta_seconds: 9 } }), 9);
  assert.equal(secondsLeft({ epochs, progress: { ...progress, steps: 20, eta_seconds: 8, eta_steps: 10 } }), 4);
  assert.equal(secondsLeft({ epochs: [], progress }), null);
});

test("the title tells people in another tab how far a training is", () => {
  const run = exampleDocument({ state: "running", progress: { steps: 12, steps_total: 30 } });
  assert.equal(titleOf({ run }, "P"), "40 % · epoch 3 of 3 · P");
  assert.equal(titleOf({ run: { ...run, state: "queued" } }, "P"), "Queued · P");
  assert.equal(titleOf({ run: { ...run, state: "done" } }, "P"), "P");
});

test("the word for an ε comes with the worst case's true positives at 1 % false ones", () => {
  const cases = [[0.99, "Strong", "2.7 %"], [2, "Good", "7.4 %"], [3, "Good", "20.1 %"], [5, "Weak", "99.4 %"], [9, "Little formal protection", "100 %"]];
  for (const [epsilon, word, bound] of cases) {
    assert.equal(plain(bandSentence(epsilon, 1e-5)), `${word}: at 1 % false alarms, an attacker finds at most ${bound} of the members`);
  }
  assert.match(bandSentence(null, 1e-5), /^No protection: .* 100 %/);
  assert.match(bandSentence(50.1, 1e-5), /^No protection/);
  const bounds = { level: "strong", tpr_at_1pct_fpr: 0.0181 };
  assert.equal(plain(bandSentence(1.05, 1e-5, bounds)), "Strong: at 1 % false alarms, an attacker finds at most 1.9 % of the members");
});

test("bounds are those of what is quoted: the plan's, what a running run has spent, none over lost attempts", () => {
  const interpretation = { tpr_at_1pct_fpr: 0.5 };
  const parameters = { ...exampleDocument().parameters, sampling: "poisson" };
  const run = (changes) => exampleDocument({ evidence: "measured", epsilon_spent: 1, parameters, privacy: { epsilon: 3, valid: true, interpretation }, ...changes });
  assert.equal(boundsOf(exampleDocument({ privacy: { interpretation } })), interpretation);
  assert.equal(boundsOf(run({ state: "done" })), interpretation);
  const [early, late] = [5, 30].map((steps) => boundsOf(run({ state: "running", progress: { steps } })).tpr_at_1pct_fpr);
  assert.ok(early > 0.01 && late > early);
  assert.equal(boundsOf(run({ state: "done", attempts: [{ attempt: 1 }], epsilon_charged: 2 })), null);
  assert.equal(boundsOf(run({ state: "running", privacy: { valid: false, interpretation } })), null);
});

test("the ε tile of a retried run also tells what all attempts are charged", () => {
  const parameters = { delta: 1e-5 };
  const run = { privacy: { valid: true }, evidence: "measured", state: "done", epsilon_spent: 1, parameters, attempts: [{ attempt: 1 }], epsilon_charged: 1.5 };
  assert.equal(headlineOf(run).note, "at δ 1e-5 (RDP); with lost attempts ε 1.50");
  assert.equal(headlineOf({ ...run, epsilon_charged: 1 }).note, "at δ 1e-5 (RDP)"); // lost before its first step
});

test("the tighter accountant is shown where it is chosen and known", () => {
  const privacy = { epsilon: 3, epsilon_pld: 2.5, valid: true };
  const shown = (changes, accountant) => headlineOf(exampleDocument({ privacy, ...changes }), accountant);
  assert.deepEqual(shown({}, "rdp"), { epsilon: 3, verb: "planned", note: "at δ 1e-5 (RDP)" });
  assert.deepEqual(shown({}, "pld"), { epsilon: 2.5, verb: "planned", note: "at δ 1e-5 (PLD)" });
  const running = { evidence: "measured", state: "running", epsilon_spent: 1.2 };
  assert.equal(shown(running, "pld").epsilon, 1.2); // the report's PLD is of the whole plan
  assert.equal(shown({ ...running, state: "done" }, "pld").epsilon, 2.5);
});

test("every control says in a line what its value means", () => {
  const line = (name, changes) => plain(meaningOf(name, { ...settings, ...changes }, { catalog, shown: null }));
  const cases = [
    ["noise_multiplier", { noise_multiplier: 2, clipping_norm: 1.5 }, "Noise σ·C = 3 on each coordinate of the sum."],
    ["noise_multiplier", { noise_multiplier: 0 }, "No noise: nothing is protected."],
    ["noise_multiplier", { target_epsilon: 3, noise_multiplier: 1 }, "Least noise for ε ≤ 3; choose σ above to set it."],
    ["noise_multiplier", { target_epsilon: 0.03, noise_multiplier: 20, batch_size: 2048, epochs: 60 }, "Gives ε 0.26: no σ reaches 0.03."],
    ["privacy_budget", { target_epsilon: 3, privacy_budget: 3 }, "σ is solved for it: good protection."],
    ["batch_size", {}, "Each example joins a step with chance 0.43 %."],
    ["learning_rate", { optimizer: "momentum" }, "Without noise no step is longer than 0.2 (lr·C·10)."],
    ["epochs", {}, "3,516 steps in all; each one spends privacy."],
    ["delta", { delta: 1e-3 }, "Too large: not below 1/N = 1.7e-5, it allows giving one person away."],
    ["privacy_budget", { privacy_budget: 8 }, "Full mark of the meter: weak protection."],
    ["train_size", { train_size: 1500 }, "A fixed part of 60,000; fewer examples cost each more ε."],
  ];
  for (const [name, changes, expected] of cases) assert.equal(line(name, changes), expected);
  const shown = exampleDocument();
  assert.equal(plain(meaningOf("clipping_norm", settings, { catalog, shown })), "Shortens 90 % of gradients; typical norm 6.");
});

test("a training that learns nothing is told with what to try", () => {
  const last = { epoch: 3, accuracy: 0.34, noise_norm: 14, signal_norm: 1 };
  const shown = (changes) => exampleDocument({ epochs: [last], parameters: { ...exampleDocument().parameters, clipping_norm: 10 }, ...changes });
  const trouble = (document) => troubleOf({ catalog, settings }, document, 3);
  assert.deepEqual(trouble(shown()), { text: "Not learning: the noise in a step is 14× the signal. Try C 1.0.", label: "C 1.0", change: { clipping_norm: 1 } });
  assert.equal(trouble(shown({ epochs: [{ ...last, accuracy: 0.6 }] })), null);
  assert.equal(trouble(shown({ state: "running", epochs: [{ ...last, epoch: 1 }] })), null); // too early to say
  const advised = shown({ parameters: exampleDocument().parameters, recommendations: [{ title: "Use momentum", apply: { optimizer: "momentum" } }] });
  assert.deepEqual(trouble(advised).change, { optimizer: "momentum" });
});

test("an ε that forbids nothing is told with the noise that would", () => {
  const { text, change } = troubleOf({ catalog, settings: { ...settings, noise_multiplier: 0.2 } }, null, 120);
  assert.match(text, /^ε 120 forbids an attacker practically nothing\. σ 0\.58 would give ε 8\.$/);
  assert.deepEqual(change, { noise_multiplier: 0.58 });
  assert.equal(troubleOf({ catalog, settings }, null, 50), null);
});

test("letters are shortcuts outside of fields only, and where they are switched on", () => {
  const on = { letters: true };
  const cases = [
    [{ key: "r", target: { tagName: "BODY" } }, on, "run"], [{ key: "R", target: { tagName: "BUTTON" } }, on, "run"],
    [{ key: "?", target: { tagName: "BODY" } }, on, "help"], [{ key: "r", target: { tagName: "INPUT", type: "number" } }, on, null],
    [{ key: "s", target: { tagName: "INPUT", type: "range" } }, on, "stop"], [{ key: "r", ctrlKey: true, target: {} }, on, null],
    [{ key: "Enter", ctrlKey: true, target: { tagName: "INPUT", type: "number" } }, { letters: false }, "run"],
    [{ key: "r", target: { tagName: "BODY" } }, { letters: false }, null], [{ key: "x", target: {} }, on, null],
  ];
  for (const [press, options, expected] of cases) assert.equal(actionOf(press, options), expected, JSON.stringify(press));
});

test("Help lists every shortcut, and no other", () => {
  const template = readFileSync(new URL("../../templates/index.html", import.meta.url), "utf-8");
  const keys = [...template.matchAll(/<kbd>(.*?)<\/kbd>/g)].map(([, text]) => text);
  const press = (text) => (text === "Ctrl + Enter" ? { key: "Enter", ctrlKey: true } : { key: text });
  const actions = keys.map((text) => actionOf(press(text), { letters: true }));
  assert.deepEqual(actions, ["run", "run", "stop", "optimal", "undo", "pin", "mode", "theme", "help"]);
});
