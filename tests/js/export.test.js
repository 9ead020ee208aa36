import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { csvText } from "../../static/js/export/csv.js";
import { runCsv, runFileName, runJson } from "../../static/js/export/run_files.js";
import { copied, linkOf, restoresSentence } from "../../static/js/export/share.js";
import { exampleDocument } from "./document_example.js";

const shipped = JSON.parse(readFileSync(new URL("../../static/data/measured_runs.json", import.meta.url)));

test("a run's CSV says in every row what its numbers are worth: evidence, all parameters, seed and ε", () => {
  const run = shipped.runs.balanced;
  const [head, ...rows] = runCsv(run).trim().split("\r\n").map((line) => line.split(","));
  const column = (name) => rows.map((row) => row[head.indexOf(name)]);
  assert.deepEqual(column("accuracy").map(Number), run.epochs.map(({ accuracy }) => accuracy));
  assert.deepEqual(column("epsilon").map(Number), run.epochs.map(({ epsilon }) => epsilon));
  for (const [name, value] of Object.entries(run.parameters)) {
    assert.deepEqual(column(`parameter_${name}`), run.epochs.map(() => (value === null ? "" : String(value))), name);
  }
  assert.ok(column("evidence").every((word) => word === "measured"));
  assert.ok(!head.includes("gradient_norm_histogram"));
});

test("a run's CSV has what the training without privacy reached in the same epoch, where there was one", () => {
  const run = shipped.runs.balanced;
  const [head, first] = runCsv(run).split("\r\n").map((line) => line.split(","));
  assert.equal(Number(first[head.indexOf("baseline_accuracy")]), run.baseline.epochs[0].accuracy);
  assert.equal(Number(first[head.indexOf("baseline_test_loss")]), run.baseline.epochs[0].test_loss);
  assert.ok(!runCsv({ ...run, baseline: null }).includes("baseline_accuracy"));
});

test("a run without a finished epoch is a header line that still names the parameters", () => {
  const lines = runCsv(exampleDocument({ epochs: [] })).trim().split("\r\n");
  assert.equal(lines.length, 1);
  assert.match(lines[0], /^id,evidence,state,parameter_/);
});

test("text is quoted where it must be and never run by a spreadsheet", () => {
  assert.equal(csvText([{ a: 'say "1,2"', b: null, c: "=1+1", d: -1 }]), "a,b,c,d\r\n\"say \"\"1,2\"\"\",,'=1+1,-1\r\n");
});

test("the JSON is the document, without what the page notes for itself", () => {
  const run = exampleDocument();
  assert.deepEqual(JSON.parse(runJson({ ...run, privacyIsWhole: true })), JSON.parse(JSON.stringify(run)));
});

test("a file is named after its run: task, evidence, ε, and id or seed", () => {
  const name = (changes) => runFileName(exampleDocument(changes), "csv");
  const { parameters } = exampleDocument();
  assert.equal(runFileName(shipped.runs.optimal, "json"), "dpsgd-mnist-measured-epsilon-1.28-seed-1.json");
  assert.match(name({ id: "r1", evidence: "measured", epsilon_spent: 2.7268 }), /-measured-epsilon-2\.73-r1\.csv$/);
  assert.match(name({ id: null, parameters: { ...parameters, seed: null }, privacy: { epsilon: null } }), /no-privacy\.csv$/);
});

test("a link is the page's own address with the state in its query", () => {
  assert.equal(linkOf({ origin: "http://x:1", pathname: "/" }, "?epochs=20"), "http://x:1/?epochs=20");
  const [run, opening] = [{ id: "r1" }, { id: null }];
  assert.match(restoresSentence({ run, opening: null }), /this measured run/);
  assert.match(restoresSentence({ run: null, opening }), /as you see it/);
  assert.match(restoresSentence({ run: null, opening: null }), /this very simulated curve/);
});

test("where the clipboard is refused or missing the link is there to be copied by hand", async () => {
  const texts = [];
  assert.equal(await copied({ writeText: async (text) => texts.push(text) }, "link"), true);
  assert.deepEqual(texts, ["link"]);
  assert.equal(await copied({ writeText: async () => { throw new DOMException("no", "NotAllowedError"); } }, "link"), false);
  assert.equal(await copied(undefined, "link"), false);
});
