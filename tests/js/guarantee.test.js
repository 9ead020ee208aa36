import assert from "node:assert/strict";
import { test } from "node:test";

import { accountantRows, accountantsSentence, samplingSentence } from "../../static/js/accountants.js";
import { attackTable } from "../../static/js/attack_rows.js";
import { baselineCost, baselineHint, baselineNote, baselineSentence } from "../../static/js/baseline_words.js";
import * as format from "../../static/js/format.js";
import { exampleDocument } from "./document_example.js";

const plain = (text) => text.replaceAll("\u00a0", " ");
const poisson = { valid: true, epsilon: 2.73, epsilon_rdp: 2.73, epsilon_pld: 2.27, epsilon_pld_reason: null, epsilon_gdp: 1.95 };
const shuffled = {
  ...poisson, valid: false, epsilon: 33.1, shuffle: { worst_case_epsilon: 33.1, lower_bound_epsilon: 18.1, explanation: "…" },
};
const byName = (rows) => Object.fromEntries(rows.map(({ name, ...row }) => [name, row]));

test("RDP is the headline, PLD a bound too, GDP is never called a guarantee", () => {
  const { RDP, PLD, GDP } = byName(accountantRows({ privacy: poisson }));
  assert.deepEqual([RDP.role, PLD.role, GDP.role], ["headline", "bound", "approximation"]);
  assert.match(RDP.note, /headline: an upper bound/);
  assert.match(GDP.note, /may lie below the truth, so it is never a guarantee/);
  assert.equal(RDP.share, 1);
  assert.ok(Math.abs(GDP.share - 1.95 / 2.73) < 1e-12);
});

test("a PLD that is missing is being computed, or says why there is none; an infinite ε fills its bar", () => {
  const privacy = { ...poisson, epsilon_pld: null, epsilon_pld_reason: "no meaningful privacy below noise multiplier 0.3: RDP only" };
  assert.equal(byName(accountantRows({ privacy, pending: true })).PLD.note, "computing…");
  const { PLD } = byName(accountantRows({ privacy }));
  assert.deepEqual([PLD.epsilon, PLD.share], [undefined, 0]);
  assert.match(PLD.note, /^not given: no meaningful privacy/);
  const without = byName(accountantRows({ privacy: { ...privacy, epsilon: null, epsilon_rdp: null, epsilon_gdp: null } }));
  assert.deepEqual([without.RDP.epsilon, without.RDP.share], [null, 1]);
});

test("of shuffled batches only the worst case is claimed; Poisson figures are called not valid", () => {
  const rows = byName(accountantRows({ privacy: shuffled }));
  assert.deepEqual(Object.keys(rows), ["Worst case", "At least", "RDP", "PLD", "GDP"]);
  assert.deepEqual([rows["Worst case"].role, rows["At least"].role], ["headline", "below"]);
  for (const name of ["RDP", "PLD", "GDP"]) assert.match(rows[name].note, /not valid for shuffled batches/);
  assert.equal(accountantsSentence(shuffled), "");
});

test("the differences are told with their direction, also where GDP is not the smallest", () => {
  assert.equal(plain(accountantsSentence(poisson)), "RDP is 20 % above PLD: both hold, RDP only proves less. GDP is 14 % below PLD: whoever reports it promises more than is proved.");
  assert.match(accountantsSentence({ ...poisson, epsilon_gdp: 540 }), /GDP happens to be 240 times PLD here/);
  assert.match(accountantsSentence({ ...poisson, epsilon_rdp: 2.2701 }), /RDP is as good as equal to PLD/);
  assert.equal(accountantsSentence({ ...poisson, epsilon_pld: null }), "");
  assert.equal(accountantsSentence({ ...poisson, epsilon_rdp: null }), "");
});

test("how batches are drawn is told with what the other way would guarantee", () => {
  const parameters = { train_size: 60000, batch_size: 256, noise_multiplier: 0.8, epochs: 15, delta: 1e-5, sampling: "poisson" };
  assert.match(samplingSentence(parameters, true), /Poisson sampling.*with shuffled batches these settings guarantee only ε 33\.1/);
  assert.doesNotMatch(samplingSentence({ ...parameters, noise_multiplier: 0 }, true), /guarantee/);
  assert.match(samplingSentence({ ...parameters, sampling: "shuffle" }, false), /does not hold for them/);
});

test("what no attack can do: by the own curve, by the pair alone, and by guessing", () => {
  const bounds = { source: "privacy loss distribution (whole curve)", advantage: 0.19, tpr_at_1pct_fpr: 0.035, tpr_at_0_1pct_fpr: 0.0052, success_at_10pct_prior: 0.9 };
  const { columns, rows } = attackTable({ epsilon: 2.73, delta: 1e-5, bounds });
  assert.equal(columns.length, 4);
  assert.deepEqual(rows.map(([, here]) => here), ["59.5 %", "90 %", "19 %", "3.5 %", "0.6 %", "28 %"]);
  assert.deepEqual(rows.map(([, , pair]) => pair), ["93.9 %", "93.9 %", "87.8 %", "15.4 %", "1.6 %", "63.1 %"]);
  for (const [label, here, pair, guessing] of rows) {
    assert.ok(parseFloat(guessing) <= parseFloat(here) && parseFloat(here) <= parseFloat(pair), label);
  }
});

test("a curve that is not known is a dash, except where there is nothing to know", () => {
  const alone = { source: "(ε, δ) alone", advantage: 1, tpr_at_1pct_fpr: 1, tpr_at_0_1pct_fpr: 1, success_at_10pct_prior: 1 };
  const here = (epsilon, bounds) => attackTable({ epsilon, delta: 1e-5, bounds }).rows[0][1];
  assert.equal(here(2, alone), "–");
  assert.equal(here(2, null), "–");
  assert.equal(here(null, alone), "100 %");
  const old = attackTable({ epsilon: 2, delta: 1e-5, bounds: { source: "x", advantage: 0.1, tpr_at_1pct_fpr: 0.02, tpr_at_0_1pct_fpr: 0.002 } });
  assert.equal(old.rows.length, 5); // a report of before has no figure for a prior
});

test("a baseline is shown beside the private result and never called private", () => {
  const baseline = { ...exampleDocument(), final_metrics: { accuracy: 0.984, loss: 0.06 } };
  const document = exampleDocument({ baseline, evidence: "measured" });
  assert.equal(plain(baselineNote(document, "accuracy", format.percent)), "98.4 % without privacy");
  assert.equal(baselineNote(exampleDocument(), "accuracy", format.percent), "");
  const sentence = plain(baselineSentence(document));
  assert.match(sentence, /98\.4 % correct, measured.*same initial weights.*same batches.*same seed.*Nothing is guaranteed of it: its ε is infinite/);
  const secret = { ...document, parameters: { ...document.parameters, seed: null } };
  assert.doesNotMatch(baselineSentence(secret), /same seed/);
  assert.match(baselineSentence({ ...document, evidence: "simulated" }), /stands for a training that starts/);
  assert.equal(baselineSentence(exampleDocument()), "");
});

test("a result without a baseline says where to switch it on, one that has asked for it does not", () => {
  assert.match(baselineHint(exampleDocument()), /tick “Also without privacy”/);
  assert.equal(baselineHint(exampleDocument({ baseline: exampleDocument() })), "");
  assert.equal(baselineHint(exampleDocument({ parameters: { baseline: true } })), "");
  assert.equal(baselineHint(exampleDocument({ per_class_accuracy: null })), "");
});

test("what a baseline costs is told before it is trained", () => {
  assert.equal(plain(baselineCost("real", 15.2)), "+15 s");
  assert.equal(baselineCost("real", null), "up to 2× time");
  assert.equal(baselineCost("simulation", 15), "");
});
