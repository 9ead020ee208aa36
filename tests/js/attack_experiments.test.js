import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as attribute from "../../static/js/attack_demos/attribute_experiment.js";
import * as gradient from "../../static/js/attack_demos/gradient_experiment.js";
import * as inversion from "../../static/js/attack_demos/inversion_experiment.js";
import { correlation, decodePictures, meanOf, mostAlike, PIXELS, shown, shuffled } from "../../static/js/attack_demos/pictures.js";
import { createDice } from "../../static/js/toy/dice.js";

const file = JSON.parse(readFileSync(new URL("../../static/data/digits_by_class.json", import.meta.url), "utf8"));
const pictures = decodePictures(file);
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const read = (setting) => SEEDS.map((seed) => gradient.experiment({ pictures, seed, batchSize: 1, clips: true, noiseMultiplier: 0, ...setting }));
const summaries = (setting) => read(setting).map(gradient.summary);

test("there are 80 pictures of each digit, none of them twice", () => {
  assert.deepEqual(pictures.map((ofClass) => ofClass.length), new Array(10).fill(80));
  assert.ok(pictures.flat().every((picture) => picture.length === PIXELS && picture.every((ink) => ink >= 0 && ink <= 1)));
  assert.equal(new Set(pictures.flat().map(String)).size, 800);
});

test("correlation ignores brightness and contrast, and an even picture resembles nothing", () => {
  const picture = pictures[3][0];
  assert.ok(Math.abs(correlation(picture, picture.map((ink) => 5 - 2 * ink)) + 1) < 1e-12);
  assert.equal(correlation(picture, new Array(PIXELS).fill(0.5)), 0);
  assert.deepEqual(mostAlike(picture, pictures[3]).index, 0);
  assert.deepEqual(shown([-1, 0.5, 7]), [0, 0.5, 1]);
  assert.deepEqual(shuffled([1, 2, 3, 4], createDice(1)).sort(), [1, 2, 3, 4]);
});

test("one picture's gradient gives the picture, with clipping and without", () => {
  for (const clips of [true, false]) {
    for (const { rows: [row] } of read({ clips })) {
      assert.ok(row.resemblance > 1 - 1e-12 && row.error < 1e-12, `r ${row.resemblance}, error ${row.error}`);
      assert.ok(row.norm > gradient.CLIPPING_NORM, "clipping has something to do");
    }
  }
});

test("averages leave mixtures, but single pictures still come out of them", () => {
  const exact = summaries({ batchSize: 8 }).map((one) => one.exact);
  assert.ok(exact.every((count) => count < 8));
  assert.ok(exact.filter((count) => count > 0).length > SEEDS.length / 2, String(exact));
  assert.ok(summaries({ batchSize: 8 }).every(({ leaks }) => leaks));
});

test("little noise still leaks, and the noise of DP-SGD drowns the picture", () => {
  const gap = (noiseMultiplier) => meanOf(summaries({ noiseMultiplier }).map(({ inside, outside }) => inside - outside));
  assert.ok(gap(0.02) > 0.3);
  assert.ok(gap(1) < 0.1);
  assert.ok(summaries({ noiseMultiplier: 1 }).filter(({ leaks }) => leaks).length <= 1);
  assert.ok(summaries({ noiseMultiplier: 1, batchSize: 8 }).every(({ exact }) => exact === 0));
});

test("a step's ε is that of one Gaussian, and there is none without noise or without clipping", () => {
  const epsilonOf = (setting) => read(setting)[0].epsilon;
  assert.ok(Math.abs(epsilonOf({ noiseMultiplier: 1 }) - 4.377) < 1e-3); // Balle, Wang 2018, μ = 1, δ = 1e-5
  assert.equal(epsilonOf({ noiseMultiplier: 0 }), null);
  assert.equal(epsilonOf({ noiseMultiplier: 1, clips: false }), null);
});

test("the same seed draws the same, and no picture is both in the batch and a stranger", () => {
  const setting = { pictures, seed: 5, batchSize: 8, clips: true, noiseMultiplier: 0 };
  const [first, second] = [gradient.experiment(setting), gradient.experiment(setting)];
  assert.deepEqual(first, second);
  assert.equal(new Set(first.rows.map(({ pixels }) => String(pixels))).size, 8);
  assert.ok(first.strangers.every((resemblance) => resemblance < 1 - 1e-9));
});

function inverted({ each, noiseMultiplier, seed }) {
  const people = inversion.split(pictures, { seed, each });
  const parameters = inversion.emptyModel();
  const steps = [...inversion.trainModel(parameters, { members: people.members, seed, noiseMultiplier })];
  assert.equal(steps.length, inversion.STEPS);
  const found = inversion.findings(parameters, people);
  const overall = (name) => meanOf(found.map((one) => one[name]));
  return { found, accuracy: inversion.strangersAccuracy(parameters, people), mean: overall("mean"), difference: overall("members") - overall("strangers") };
}

test("of a class of many, inversion shows the class and no member more than a stranger", () => {
  for (const seed of [1, 2, 3]) {
    const { difference, mean, accuracy, found } = inverted({ each: inversion.MOST_EACH, noiseMultiplier: 0, seed });
    assert.ok(Math.abs(difference) < 0.03, `difference ${difference}`);
    assert.ok(mean > 0.6 && accuracy > 0.9);
    assert.ok(found.every(({ probability }) => probability >= 0.99));
  }
});

test("of a class of one, inversion shows that one, and DP-SGD hides it", () => {
  for (const seed of [1, 2, 3]) {
    assert.ok(inverted({ each: 1, noiseMultiplier: 0, seed }).difference > 0.2);
    const guarded = inverted({ each: 1, noiseMultiplier: 2, seed });
    assert.ok(Math.abs(guarded.difference) < 0.1 && guarded.accuracy < 0.4, JSON.stringify(guarded.difference));
  }
});

test("members and strangers of inversion share no picture", () => {
  const { members, strangers } = inversion.split(pictures, { seed: 4, each: inversion.MOST_EACH });
  members.forEach((ofClass, label) => {
    assert.equal(new Set([...ofClass, ...strangers[label]].map(String)).size, inversion.MOST_EACH + inversion.STRANGERS_EACH);
  });
});

test("both trainings' ε is the accountant's for q = 0.1, whatever the number of examples", () => {
  for (const each of [1, 7, 60]) assert.ok(Math.abs(inversion.epsilonOf({ each, noiseMultiplier: 2 }) - 3.6797) < 1e-4);
  for (const records of [30, 77, 1000]) assert.ok(Math.abs(attribute.epsilonOf({ records, noiseMultiplier: 2 }) - 2.5806) < 1e-4);
});

function guesses({ records, noiseMultiplier = 2, seed = 1 }) {
  const counts = attribute.noCounts();
  const tables = [...attribute.countRight(counts, { records, noiseMultiplier, seed })];
  assert.equal(tables.length, attribute.tablesOf(records));
  return attribute.intervalsOf(counts, records);
}

test("a model of few records gives away its members, and no stranger beyond what the population says", () => {
  const found = guesses({ records: 30 });
  assert.ok(found.plainMembers.low > found.imputation.high);
  assert.ok(found.plainStrangers.high < found.imputation.low);
  assert.ok(found.privateMembers.share < found.imputation.share);
});

test("a model of many records adds nothing that chance could not make", () => {
  const { plainMembers, plainStrangers, imputation } = guesses({ records: 1000 });
  assert.ok(Math.abs(plainMembers.share - plainStrangers.share) < 0.03);
  assert.ok(Math.abs(plainMembers.share - imputation.share) < 0.03);
});

test("members of private models stay below the bound, which is 1 without noise", () => {
  for (const noiseMultiplier of [2, 4, 8]) {
    const { privateMembers, privateStrangers } = guesses({ records: 30, noiseMultiplier });
    const epsilon = attribute.epsilonOf({ records: 30, noiseMultiplier });
    assert.ok(privateMembers.share <= attribute.memberBound({ epsilon, strangers: privateStrangers.share }));
  }
  assert.equal(attribute.memberBound({ epsilon: null, strangers: 0.5 }), 1);
});

test("another seed draws other tables", () => {
  assert.deepEqual(guesses({ records: 100 }), guesses({ records: 100 }));
  assert.notDeepEqual(guesses({ records: 100, seed: 2 }), guesses({ records: 100 }));
});
