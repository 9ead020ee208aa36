import assert from "node:assert/strict";
import { test } from "node:test";

import { csvOf } from "../../static/js/chart_csv.js";
import { provenanceOf, settingsOf } from "../../static/js/provenance.js";
import { exampleDocument } from "./document_example.js";

/** Return CSV as an array of objects; the examples hold no quoted line breaks. */
function read(text) {
  const [head, ...lines] = text.trimEnd().split("\r\n").map((line) => line.split(","));
  return lines.map((cells) => Object.fromEntries(head.map((column, index) => [column, cells[index]])));
}

const shown = (changes) => [{ label: "shown", run: exampleDocument(changes) }];

test("the training CSV has every drawn point in full precision, with evidence and parameters in each row", () => {
  const rows = read(csvOf("training", shown({ final_metrics: { accuracy: 0.8 } })));
  assert.deepEqual(rows.map(({ iteration, epoch }) => [iteration, epoch]), [["5", ""], ["10", "1"], ["20", "2"], ["30", "3"]]);
  assert.equal(Number(rows.at(-1).accuracy), 0.5 + 3 / 10);
  for (const row of rows) assert.deepEqual([row.evidence, row.parameter_noise_multiplier, row.parameter_seed], ["simulated", "0.8", "1"]);
});

test("pinned runs follow the shown one in the files of the charts that draw them", () => {
  const runs = [...shown(), { label: "pinned 1: Optimal", run: exampleDocument({ evidence: "measured", id: "abc" }) }];
  const measured = read(csvOf("training", runs)).filter(({ run }) => run === "pinned 1: Optimal");
  assert.deepEqual(measured.map(({ evidence, run_id: id }) => [evidence, id]), Array(4).fill(["measured", "abc"]));
  assert.equal(read(csvOf("classes", runs)).length, 3, "the classes are those of the shown run");
});

test("ε is written as planned and as spent, never the one for the other", () => {
  const spent = exampleDocument().epochs.slice(0, 1);
  const rows = read(csvOf("privacy", shown({ evidence: "measured", epochs: spent })));
  assert.deepEqual(rows.map((row) => [row.epsilon_planned_rdp, row.epsilon_spent_rdp]), [["1", "1"], ["2", ""], ["3", ""]]);
  assert.deepEqual(read(csvOf("privacy", shown())).map((row) => row.epsilon_spent_rdp), ["", "", ""]);
});

test("the classes carry their gap to the baseline", () => {
  const baseline = { ...exampleDocument(), per_class_accuracy: [0.95, 0.9, 0.9] };
  const rows = read(csvOf("classes", shown({ baseline })));
  assert.deepEqual(rows.map((row) => [row.class, Number(row.accuracy), Number(Number(row.gap).toFixed(6))]), [["a", 0.9, 0.05], ["b", 0.6, 0.3], ["c", 0.9, 0]]);
});

test("the gradient chart saves the view that is shown", () => {
  const norms = read(csvOf("clipping", shown()));
  assert.equal(norms.length, 42);
  const total = (column) => norms.reduce((sum, row) => sum + Number(row[column]), 0);
  assert.ok(Math.abs(total("share_before") - 1) < 1e-9 && Math.abs(total("share_after") - 1) < 1e-9);
  assert.deepEqual(read(csvOf("clipping", shown(), { view: "clipped" })).map((row) => row.clipped_fraction), ["0.9", "0.9", "0.9"]);
});

test("a name is quoted, and none is run as a formula", () => {
  const text = csvOf("classes", [{ label: '=1+"1",2', run: exampleDocument() }]);
  assert.ok(text.split("\r\n")[1].startsWith(`"'=1+""1"",2",`), text.split("\r\n")[1]);
});

test("the provenance says what kind of result it is, of which data and which seed", () => {
  const document = exampleDocument({ parameters: { ...exampleDocument().parameters, train_size: 60000 } });
  const cases = [
    [{}, "SIMULATED · MNIST 60,000 · seed 1"],
    [{ evidence: "measured", parameters: { ...document.parameters, seed: null } }, "MEASURED · MNIST 60,000 · secret seed"],
    [{ evidence: "planned" }, "NOT RUN · MNIST 60,000"],
  ];
  for (const [changes, expected] of cases) assert.equal(provenanceOf({ ...document, ...changes }), expected);
  assert.match(settingsOf(document), /^C 1 · σ 0\.8 · B 100 · learning rate 0\.02 · 3 epochs · sgd · δ 1e-5/);
});
