import assert from "node:assert/strict";
import { test } from "node:test";

import { pressed, released, RESTING, stepped, whereIs } from "../../static/js/draw/pen.js";
import { LOOKS, pictureOf } from "../../static/js/draw/picture.js";
import { answerSentence, datasetOf, failureOf, headsOf, situationOf } from "../../static/js/draw/words.js";
import { catalog } from "./catalog_example.js";

const plain = (text) => text.replaceAll("\u00a0", " ");
const line = (...points) => points.map(([x, y]) => ({ x, y }));
const SEVEN = [line([0.3, 0.2], [0.7, 0.2], [0.45, 0.85])];
const moved = (strokes, scale, across, down) => strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: x * scale + across, y: y * scale + down })));

function centreOfMass(rows) {
  const cells = rows.flatMap((row, y) => row.map((shade, x) => ({ x: x + 0.5, y: y + 0.5, shade })));
  const mass = cells.reduce((sum, { shade }) => sum + shade, 0);
  return ["x", "y"].map((axis) => cells.reduce((sum, cell) => sum + cell[axis] * cell.shade, 0) / mass);
}

function extent(rows) {
  const places = rows.flatMap((row, y) => row.flatMap((shade, x) => (shade > 0 ? [{ x, y }] : [])));
  return ["x", "y"].map((axis) => 1 + Math.max(...places.map((at) => at[axis])) - Math.min(...places.map((at) => at[axis])));
}

test("MNIST's picture is 28 by 28, its digit 20 high, in greys of sixteenths, about its centre of mass", () => {
  const rows = pictureOf(SEVEN, LOOKS.mnist);
  assert.deepEqual([rows.length, ...new Set(rows.map((row) => row.length))], [28, 28]);
  assert.ok(rows.flat().every((shade) => shade >= 0 && shade <= 1 && Number.isInteger(16 * shade)));
  assert.ok(rows.flat().some((shade) => shade > 0 && shade < 1), "antialiased");
  const [, height] = extent(rows);
  assert.ok(height === 20 || height === 21, `${height}: the box may lie across a pixel's edge`);
  centreOfMass(rows).forEach((place) => assert.ok(Math.abs(place - 14) <= 0.13, `${place}`));
});

test("where on the board a digit is drawn, and how large, does not matter", () => {
  for (const look of Object.values(LOOKS)) {
    const shown = pictureOf(SEVEN, look);
    const small = pictureOf(moved(SEVEN, 0.4, 0.55, 0.02), look);
    const unlike = shown.flat().filter((shade, place) => Math.abs(shade - small.flat()[place]) > 1 / 16).length;
    assert.ok(unlike <= 2, `${unlike} pixels differ by more than rounding`);
  }
});

test("the ink of a digit is about that of the data: 103 pixels for MNIST, 20 for the 8x8 digits", () => {
  const eight = [Array.from({ length: 49 }, (_, step) => ({ x: 0.5 + 0.16 * Math.sin((step * Math.PI) / 12), y: 0.5 - 0.32 * Math.cos((step * Math.PI) / 24) }))];
  const inkOf = (look) => pictureOf(eight, look).flat().reduce((a, b) => a + b);
  assert.ok(Math.abs(inkOf(LOOKS.mnist) - 103) < 40, `${inkOf(LOOKS.mnist)}`);
  assert.ok(Math.abs(inkOf(LOOKS.digits) - 20) < 7, `${inkOf(LOOKS.digits)}`);
});

test("a dot and a straight line are shown as such", () => {
  const inked = (strokes) => extent(pictureOf(strokes, LOOKS.mnist));
  assert.ok(inked([line([0.9, 0.1])]).every((size) => size <= 4));
  const [width, height] = inked([line([0.5, 0.1], [0.5, 0.9])]);
  assert.ok(width <= 4 && height >= 20);
});

test("the 8x8 digits fill their field", () => {
  assert.equal(extent(pictureOf(SEVEN, LOOKS.digits))[1], 8);
});

test("the keyboard's pen draws while Space is held, and after a tap until the next", () => {
  const keys = new Set(["ArrowLeft", "ArrowDown"]);
  const held = stepped(pressed(RESTING), keys);
  assert.ok(held.x < RESTING.x && held.y > RESTING.y, "diagonally");
  assert.equal(released(held).down, false);
  const tapped = released(pressed(RESTING));
  assert.equal(tapped.down, true);
  assert.equal(pressed(stepped(tapped, keys)).down, false);
  let pen = RESTING;
  for (let step = 0; step < 100; step += 1) pen = stepped(pen, new Set(["ArrowRight"]));
  assert.equal(whereIs(pen), "Pen up, 96 % from the left, 25 % from the top.");
});

test("what is said depends on the run that the page follows", () => {
  const real = { real: { available: true, reason: null } };
  const run = { id: "a", state: "done", baseline: {}, parameters: { dataset: "mnist" } };
  const cases = [
    [{ run: null, opening: {} }, null, /not on this server\. Train for real first; then draw\./, true],
    [{ run: null, opening: null }, null, /simulation has no model/, true],
    [{ run: { ...run, state: "running" } }, null, /when it has finished/, false],
    [{ run: null, sending: true }, null, /when it has finished/, false],
    [{ run: { ...run, state: "cancelled" } }, null, /broke off/, true],
    [{ run }, "a", /^$/, false],
    [{ run: { ...run, baseline: null } }, "a", /switch on the baseline/, true],
    [{ run: { ...run, parameters: { dataset: "fashion_mnist" } } }, "a", /photographs/, false],
    [{ run: null, catalog: { real: { available: false, reason: "No TensorFlow." } } }, null, /not possible here: No TensorFlow\./, false],
  ];
  for (const [state, runId, text, offer] of cases) {
    const told = situationOf({ catalog: real, ...state });
    assert.deepEqual([told.runId, told.offer], [runId, offer]);
    assert.match(told.text, text);
  }
});

test("a drawing is made for the run's dataset, or the settings' where there is none", () => {
  const settings = { task: "digits", dataset: "auto" };
  assert.equal(datasetOf({ catalog, run: null, settings }).name, "digits");
  assert.equal(datasetOf({ catalog, run: null, settings: { ...settings, dataset: "mnist" } }).name, "mnist");
  assert.equal(datasetOf({ catalog, run: { parameters: { dataset: "mnist" } }, settings }).name, "mnist");
});

test("answers are told in words, and never as certain", () => {
  const opinion = (label, share) => ({ label, probabilities: [share, 1 - share] });
  assert.equal(plain(answerSentence({ private: opinion("7", 0.834), baseline: opinion("7", 0.9999) })), "Private model: 7 (83 %). Without privacy: 7 (> 99 %).");
  assert.equal(plain(answerSentence({ private: opinion("7", 0.5), baseline: null })), "Private model: 7 (50 %).");
});

test("the columns name the models by their ε and their share of the test set, once they are there", () => {
  const done = { state: "done", final_metrics: { accuracy: 0.821, epsilon: 2.73 }, baseline: { final_metrics: { accuracy: 0.989 } } };
  const heads = headsOf(done);
  assert.deepEqual(heads.private.map(plain), ["Private model", "ε 2.73 · 82.1 % of the test set"]);
  assert.deepEqual(heads.baseline.map(plain), ["Without privacy", "98.9 % of the test set"]);
  assert.deepEqual(headsOf({ ...done, state: "running" }).private, ["Private model", ""]);
  assert.deepEqual(headsOf(null).baseline, ["Without privacy", ""]);
});

test("a failed question is asked again where that can help", () => {
  const cases = [
    [{ status: 409, detail: "broke off" }, "broke off", null], [{ status: 429, detail: "slow down", retryAfter: 12 }, "slow down", 12],
    [{ status: 503, detail: "busy", retryAfter: null }, "busy", 5],
  ];
  for (const [error, text, again] of cases) assert.deepEqual(failureOf(error), { text, again });
  assert.match(failureOf(new Error()).text, /drawing is kept/);
  assert.equal(failureOf(new Error()).again, 3);
});
