import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { freePlace } from "../../static/js/charts/placement.js";
import { pointsOf, settingText, tradeOffModel } from "../../static/js/trade_off/model.js";
import { publishedFor } from "../../static/js/trade_off/published.js";
import { tradeOffCsv, tradeOffFinding, tradeOffTable, tradeOffWalk } from "../../static/js/trade_off/words.js";
import { exampleDocument } from "./document_example.js";

const shipped = JSON.parse(readFileSync(new URL("../../static/data/measured_sweep.json", import.meta.url), "utf8"));

/** Return a run on all of MNIST. */
const run = (changes = {}) =>
  exampleDocument({ parameters: { ...exampleDocument().parameters, train_size: 60000 }, ...changes });

/** Return a sweep document of three values of C on all of MNIST. */
const sweep = (changes = {}) => ({
  id: null, state: "done", mode: "simulation", evidence: "simulated", parameter: "clipping_norm", values: [0.5, 1, 2], seeds: [1, 2],
  parameters: { task: "mnist", dataset: "mnist", train_size: 60000, model: "tutorial_cnn", optimizer: "sgd", noise_multiplier: 1, delta: 1e-5 },
  points: [0.5, 1, 2].map((value, index) => ({
    value, epsilon: index + 1, runs: 2, accuracy: 0.9 + index / 100, accuracy_sd: 0.01, simulated_accuracy: 0.9 + index / 100, simulated_accuracy_sd: 0.01,
  })),
  pareto: [0, 1, 2], statement: "", notices: [], runs: [], ...changes,
});

const layersOf = (model, kind) => model.layers.filter((layer) => layer.kind === kind);

test("the first paint has the shipped sweep with its error bars, the published points and both lines without privacy", () => {
  const model = tradeOffModel({ document: run(), shipped });
  const [measured] = layersOf(model, "measured");
  assert.deepEqual(measured.points.map(({ tag }) => tag), ["0.5", "0.8", "1.1", "1.5", "2", "4"]);
  for (const [index, point] of measured.points.entries()) {
    const { accuracy, accuracy_sd: sd, epsilon } = shipped.sweep.points[index];
    assert.equal(point.x, epsilon);
    assert.ok(Math.abs(point.y - 100 * accuracy) < 1e-9);
    assert.ok(Math.abs(point.high - point.y - 100 * sd) < 1e-9 && Math.abs(point.y - point.low - 100 * sd) < 1e-9);
  }
  assert.equal(layersOf(model, "published").flatMap(({ points }) => points).length, 16);
  assert.deepEqual(layersOf(model, "line").map(({ points }) => Number(points[0].y.toFixed(2))), [99, 99]);
  assert.equal(layersOf(model, "front")[0].points.length, shipped.sweep.pareto.length);
});

test("only what belongs to the shown data is drawn", () => {
  const small = exampleDocument(); // 1,000 examples
  const fashion = run({ parameters: { ...run().parameters, dataset: "fashion_mnist" } });
  const cases = [[small, 0, 0, 0], [fashion, 0, 8, 0], [run(), 1, 16, 1]];
  for (const [document, measured, published, simulated] of cases) {
    const model = tradeOffModel({ document, shipped, sweeps: [{ slot: 1, document: sweep() }], pins: [{ number: 1, name: "a", run: run() }] });
    assert.equal(layersOf(model, "measured").length, measured);
    assert.equal(layersOf(model, "published").flatMap(({ points }) => points).length, published);
    assert.equal(layersOf(model, "simulated").length, simulated);
    assert.equal(layersOf(model, "run").length, measured ? 2 : 1);
  }
});

test("a point at another δ than the published ones, or of shuffled batches, says so", () => {
  const { parameters } = run();
  const other = { number: 1, name: "a", run: run({ parameters: { ...parameters, delta: 1e-6, sampling: "shuffle" } }) };
  const model = tradeOffModel({ document: run(), pins: [other] });
  const [shown, pinned] = layersOf(model, "run").map(({ points: [point] }) => point.text);
  assert.doesNotMatch(shown, /δ|shuffled/);
  assert.match(pinned, /ε [\d.]+ at δ 1e-6, shuffled, /);
  const { columns, rows } = tradeOffTable(model);
  const cells = rows.map((row) => row[columns.indexOf("At")]);
  assert.equal(cells.filter((cell) => cell === "δ 1e-6, shuffled").length, 1);
  assert.equal(cells.filter((cell) => cell === "δ 1e-5").length, 17);
});

test("every published point says whose work and whose ε it is", () => {
  for (const { points, work, accountant } of publishedFor({ dataset: "mnist", train_size: 60000 }).sources) {
    assert.ok(points.length && work.length > 5 && /ε/.test(accountant));
  }
  const words = tradeOffWalk(tradeOffModel({ document: run() })).map(({ text }) => text).join(" ");
  assert.match(words, /TensorFlow Privacy tutorials: ε 1\.19, 95\.0\s% \(ε by RDP and its older conversion; today's RDP says 0\.96/);
});

test("a measured sweep has what was simulated beside it, a simulated one only that", () => {
  const both = tradeOffModel({ document: run(), sweeps: [{ slot: 2, document: sweep({ mode: "real", evidence: "measured" }) }] });
  assert.deepEqual(both.layers.filter(({ slot }) => slot === 2).map(({ kind }) => kind), ["measured", "simulated", "front"]);
  const one = tradeOffModel({ document: run(), sweeps: [{ slot: 2, document: sweep() }] });
  assert.deepEqual(one.layers.filter(({ slot }) => slot === 2).map(({ kind }) => kind), ["simulated", "front"]);
});

test("values that are not measured yet have no point, one seed has no error bar", () => {
  const [done, one, waiting] = sweep().points;
  const points = [done, { ...one, runs: 1, accuracy_sd: null }, { ...waiting, runs: 0, accuracy: null, accuracy_sd: null }];
  const model = tradeOffModel({ document: run(), sweeps: [{ slot: 1, document: sweep({ mode: "real", points, pareto: [0, 1] }) }] });
  const [measured] = layersOf(model, "measured");
  assert.deepEqual(measured.points.map(({ setting }) => setting), ["C 0.5", "C 1"]);
  assert.deepEqual(measured.points.map(({ high }) => high === undefined), [false, true]);
  assert.match(measured.points[1].text, /1 seed/);
});

test("an infinite ε stays null, so that it is told as ∞ and never as a number", () => {
  const endless = sweep({ points: sweep().points.map((point) => ({ ...point, epsilon: null })) });
  const model = tradeOffModel({ document: run(), sweeps: [{ slot: 1, document: endless }] });
  const walk = tradeOffWalk(model).filter(({ text }) => text.startsWith("Sweep 1"));
  assert.equal(walk.length, 3);
  for (const { text } of walk) assert.match(text, /ε ∞/);
});

test("a sweep's point and a pin can be taken, the shown run and published points cannot", () => {
  const model = tradeOffModel({ document: run(), shipped, pins: [{ number: 3, name: "mine", run: run() }] });
  const byKind = (kind) => pointsOf(model).filter(({ layer }) => layer.kind === kind);
  const apply = byKind("measured")[0].point.apply;
  assert.equal(apply.apply.noise_multiplier, 4); // the smallest ε comes first
  assert.deepEqual([apply.apply.optimizer, apply.apply.clipping_norm, apply.apply.dataset, "seed" in apply.apply], ["momentum", 1.5, "mnist", false]);
  assert.deepEqual(byKind("run").map(({ layer, point }) => [layer.number, Boolean(point.apply)]).sort(), [[3, true], [null, false]].sort());
  assert.ok(byKind("published").every(({ point }) => !point.apply));
});

test("a training that goes on stands where it is by now", () => {
  const going = run({ state: "running", evidence: "measured", final_metrics: null, epsilon_spent: 2.5 });
  const [{ points }] = layersOf(tradeOffModel({ document: going }), "run");
  assert.deepEqual([points[0].x, points[0].y], [2.5, 80]);
});

test("the axis ends at round accuracies around all that is drawn", () => {
  const cases = [[0.3, 20], [0.85, 80], [0.97, 80]];
  for (const [accuracy, floor] of cases) {
    const document = run({ final_metrics: { ...run().final_metrics, accuracy } });
    assert.equal(tradeOffModel({ document, shipped }).floor, floor, String(accuracy));
  }
  assert.equal(tradeOffModel({ document: run(), shipped }).ceiling, 99.5);
});

test("heading, badge, table and CSV say the same numbers", () => {
  const model = tradeOffModel({ document: run(), shipped });
  const { title, badge, description } = tradeOffFinding(model);
  const [last, first] = [shipped.sweep.points[0], shipped.sweep.points.at(-1)].map(({ accuracy }) => (100 * accuracy).toFixed(1));
  assert.ok(title.includes(`${first} to ${last} %`), title);
  assert.match(badge, /^MEASURED \+ SIMULATED · MNIST 60,000$/); // the shown example is simulated
  assert.match(description, /6 points of sweeps, 1 of single runs, 16 published/);
  const { rows, columns } = tradeOffTable(model);
  assert.ok(rows.every((row) => row.length === columns.length));
  assert.ok(rows.some(([what, setting, , , accuracy]) => what.startsWith("Shipped") && setting === "σ 0.5" && accuracy === `${last} %`));
  const lines = tradeOffCsv(model).trim().split("\r\n");
  assert.equal(lines.length, 1 + 6 + 1 + 16);
  assert.ok(lines.some((line) => line.includes(String(shipped.sweep.points[0].epsilon))), "in full precision");
});

test("settings are written with their short names", () => {
  const cases = [["noise_multiplier", 1.1, "σ 1.1"], ["epochs", 1, "1 epoch"], ["epochs", 5, "5 epochs"], ["batch_size", 2048, "B 2048"]];
  for (const [name, value, text] of cases) assert.equal(settingText(name, value), text);
});

test("a label takes the first free side, and none where there is no room unless it must", () => {
  const [area, size] = [{ left: 0, top: 0, right: 100, bottom: 100 }, { width: 30, height: 14 }];
  const place = (taken, options = {}) => freePlace({ x: 50, y: 50 }, size, { taken, area, sides: ["right", "left"], ...options });
  assert.equal(place([]).left, 60);
  assert.equal(place([{ left: 60, top: 45, right: 70, bottom: 55 }]).right, 40);
  const full = [{ left: 0, top: 0, right: 100, bottom: 100 }];
  assert.equal(place(full), null);
  assert.notEqual(place(full, { always: true }), null);
});
