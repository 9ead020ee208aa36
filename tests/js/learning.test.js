import assert from "node:assert/strict";
import { test } from "node:test";

import { epsilonAt, lotteryWords } from "../../static/js/learning/bells.js";
import { codeQuery, settingsOf } from "../../static/js/learning/code_settings.js";
import { standing } from "../../static/js/learning/compare.js";
import { comparisonOf } from "../../static/js/learning/concept_cards.js";
import { deepEnough, knownDepth } from "../../static/js/learning/depth.js";
import { browserVoice, spoken } from "../../static/js/learning/dialogue.js";
import { freshProgress, marked, readProgress, writtenProgress } from "../../static/js/learning/flash_progress.js";
import { laplace, published } from "../../static/js/learning/noisy_count.js";
import { scoreWords } from "../../static/js/learning/quiz.js";
import { createDice } from "../../static/js/toy/dice.js";
import { catalog } from "./catalog_example.js";

const plain = (text) => text.replaceAll("\u00a0", " ");

test("Laplace noise has mean absolute value 1/ε and is symmetric", () => {
  const { uniform } = createDice(3);
  const draws = Array.from({ length: 40000 }, () => laplace(uniform, 2));
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  const size = draws.reduce((sum, draw) => sum + Math.abs(draw), 0) / draws.length;
  assert.ok(Math.abs(mean) < 0.06 && Math.abs(size - 2) < 0.05, `${mean} ${size}`);
});

test("neighbouring polls never differ by more than a factor e^ε in any count, up to chance", () => {
  const times = 400000;
  const shares = (count) => published({ count, epsilon: 1, times, uniform: createDice(5, count).uniform });
  const [without, within] = [shares(12), shares(13)];
  const common = [...without].filter(([count, share]) => share > 0.005 && (within.get(count) ?? 0) > 0.005);
  assert.ok(common.length >= 5);
  const ratios = common.map(([count, share]) => Math.abs(Math.log(share / within.get(count))));
  assert.ok(Math.max(...ratios) < 1.05, String(ratios));
  assert.ok(Math.max(...ratios) > 0.9, "the promise is used up");
});

test("ε's slider goes by tenths of a decade", () => {
  assert.deepEqual([-20, 0, 3, 10].map(epsilonAt), [0.01, 1, 2, 10]);
});

test("the worst procedure of δ is told as what happens to people", () => {
  assert.equal(plain(lotteryWords({ delta: 1e-5, people: 10000 })), "Of 10,000 people, 0.1 are given away on average; with probability 9.5 % at least one is.");
  assert.match(lotteryWords({ delta: 1e-2, people: 100 }), /far too large/);
});

test("a known card leaves the pile, an unknown one goes to its end", () => {
  const start = freshProgress(["a", "b", "c"]);
  assert.deepEqual(marked(start, "a", true), { known: ["a"], order: ["b", "c"] });
  assert.deepEqual(marked(start, "a", false), { known: [], order: ["b", "c", "a"] });
});

test("progress is stored by names and read back; what is unreadable or gone is left out", () => {
  const progress = marked(freshProgress(["a", "b", "c"]), "b", true);
  assert.deepEqual(readProgress(writtenProgress(progress), ["a", "b", "c"]), progress);
  for (const text of [null, "", "{", "7", '["gone"]']) assert.deepEqual(readProgress(text, ["a", "b"]), freshProgress(["a", "b"]));
});

test("a score counts what is answered", () => {
  assert.equal(scoreWords({ right: 0, answered: 0, questions: 6 }), "");
  assert.equal(scoreWords({ right: 2, answered: 3, questions: 6 }), "2 of 3 right, 3 to go.");
  assert.equal(scoreWords({ right: 5, answered: 6, questions: 6 }), "5 of 6 right.");
});

test("Greek letters are spoken by their names, and the two speakers differ", () => {
  assert.equal(spoken({ speaker: "Teacher", text: "And δ?" }).text, "And delta?");
  assert.notEqual(spoken({ speaker: "Teacher", text: "" }).pitch, spoken({ speaker: "Learner", text: "" }).pitch);
  assert.equal(browserVoice({}), null);
});

test("an own ε is ranked among numbers, with the warning that units differ", () => {
  const words = standing(2.73, [1, 1.68, 2, 4, 13.69]);
  assert.match(words, /ε 2.73 is called good here. 3 of the 5 .* 2 as large/);
  assert.match(words, /another unit/);
});

test("a comparison shows ε at once and the simulated rest when it is there", () => {
  const document = { final_metrics: { accuracy: 0.82 }, gradient_norms: { clipped_fraction: 0.7 } };
  const { rows } = comparisonOf([{ name: "Before", epsilon: 2.73, document: null }, { name: "After", epsilon: null, document }]);
  assert.deepEqual(rows.map((row) => row.map(plain)), [["Before", "2.73", "–", "–"], ["After", "∞", "82.0 %", "70 %"]]);
});

test("depth is one of three, and a link into a deeper text deepens it", () => {
  assert.equal(knownDepth("detailed"), "detailed");
  assert.equal(knownDepth("abyss"), "standard");
  assert.equal(deepEnough("basic", "detailed"), "detailed");
  assert.equal(deepEnough("detailed", "standard"), "detailed");
});

test("the code panel takes the playground's settings from the address and asks for nothing else", () => {
  const settings = settingsOf(catalog, "?noise_multiplier=2&optimizer=adam&run=abc");
  assert.equal(settings.noise_multiplier, 2);
  const query = new URLSearchParams(codeQuery(settings, "opacus"));
  assert.equal(query.get("framework"), "opacus");
  assert.equal(query.get("noise_multiplier"), "2");
  assert.equal(query.get("optimizer"), "adam");
  for (const name of ["mode", "seed", "engine", "baseline", "privacy_budget", "stop_at_budget", "accountant", "target_epsilon", "run"]) {
    assert.equal(query.has(name), false, name);
  }
});

test("a chosen seed goes into the script", () => {
  assert.equal(new URLSearchParams(codeQuery(settingsOf(catalog, "?seed=7"), "opacus")).get("seed"), "7");
});
