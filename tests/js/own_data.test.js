import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ServerLost, ServerProblem } from "../../static/js/api.js";
import { columnsOf, extremesOf, proposedUses } from "../../static/js/own_data/columns.js";
import { NotCsv, parseCsv } from "../../static/js/own_data/csv.js";
import { changed, faultsOf, filledFromFile, opened, requestOf } from "../../static/js/own_data/declaration.js";
import { SAMPLE_KNOWN } from "../../static/js/own_data/sample.js";
import { createTraining } from "../../static/js/own_data/training.js";
import { activityOf, limitsSentence, refusalOf, resultOf, takenSentences, togetherSentence, verdictOf } from "../../static/js/own_data/words.js";

const SAMPLE = readFileSync(new URL("../../static/data/sample_table.csv", import.meta.url), "utf-8");

for (const [name, text, rows] of [
  ["byte order mark and CRLF", "\ufeffa,b\r\n1,2\r\n", [["1", "2"]]],
  ["no line break at the end", "a,b\n1,2", [["1", "2"]]],
  ["semicolons", "a;b\n1;2,5", [["1", "2,5"]]],
  ["tabs", "a\tb\n1\t2", [["1", "2"]]],
  ["quotes", 'a,b\n"x, ""y""\nz",2', [['x, "y"\nz', "2"]]],
  ["blank lines", "\n\na,b\n\n1,2\n\n", [["1", "2"]]],
  ["an empty last cell", "a,b\n1,\n", [["1", ""]]],
  ["blanks", " a , b\n 1 , 2 ", [["1", "2"]]],
]) {
  test(`a file is read: ${name}`, () => assert.deepEqual(parseCsv(text), { header: ["a", "b"], rows }));
}

for (const [name, text, row] of [
  ["empty", "", 1],
  ["a header alone", "a,b\n", 1],
  ["one column", "a\n1", 1],
  ["a ragged row", "a,b\n1,2\n1", 3],
  ["an open quote", 'a,b\n1,2\n"1,2', 3],
  ["text behind a quote", 'a,b\n"1"x,2', 2],
  ["a name twice", "a,a\n1,2", 1],
]) {
  test(`a file is refused with its row: ${name}`, () => {
    assert.throws(() => parseCsv(text), (error) => error instanceof NotCsv && error.row === row);
  });
}

const FILE = parseCsv(["id,age,ward,note,sick", "1,30,A,hello,no", "2,40,B,you,yes", "3,40,,there,no"].join("\n"));

test("columns are told apart by what stands in them", () => {
  const [id, age, ward] = columnsOf(FILE);
  assert.deepEqual([id.isNumeric, id.isUnique, age.isNumeric, age.isUnique], [true, true, true, false]);
  assert.deepEqual([ward.isNumeric, ward.distinct], [false, ["A", "B"]]);
});

test("the last column of few words is proposed as the label, and a number of each person is not used", () => {
  assert.deepEqual(proposedUses(columnsOf(FILE)), ["skip", "numbers", "categories", "categories", "label"]);
  const numbers = parseCsv("x,y,z\n1,5,0\n2,5,1\n2,7,1");
  assert.deepEqual(proposedUses(columnsOf(numbers)), ["numbers", "numbers", "label"]);
});

test("nothing is filled in from the file unless that is asked for, and then it says so", () => {
  const empty = opened(FILE);
  assert.ok(empty.every(({ lowest, highest, values, fromData }) => lowest + highest + values === "" && !fromData));
  assert.deepEqual(faultsOf(empty).map(({ name }) => name), ["age", "ward", "note", "sick"]);
  const typed = changed(empty, "sick", { values: "no\nyes" });
  const filled = filledFromFile(typed, FILE);
  const [id, age, ward, , sick] = filled;
  assert.deepEqual([age.lowest, age.highest, age.fromData], ["30", "40", true]);
  assert.deepEqual([ward.values, ward.fromData, sick.fromData, id.fromData], ["A\nB", true, false, false]);
  assert.deepEqual(requestOf(filled, { csv: "…", empty: "leave_out" }).from_data, ["age", "ward", "note"]);
  assert.equal(changed(filled, "age", { lowest: "0" })[1].fromData, false, "who types a bound declares it");
});

test("a declaration becomes the body that the server takes", () => {
  let columns = opened(parseCsv(SAMPLE), SAMPLE_KNOWN);
  assert.deepEqual(faultsOf(columns), []);
  columns = changed(columns, "tutorial", { use: "skip" });
  assert.deepEqual(requestOf(columns, { csv: SAMPLE, empty: "refuse" }), {
    csv: SAMPLE, empty: "refuse", label: "passed", classes: ["yes", "no"], from_data: [],
    columns: { hours: { bounds: [0, 70] }, sleep: { bounds: [3, 11] }, commute: { bounds: [1, 150] } },
  });
});

test("the sample keeps to what is declared of it", () => {
  const table = parseCsv(SAMPLE);
  for (const [name, { bounds, values }] of Object.entries(SAMPLE_KNOWN)) {
    if (bounds) {
      const { lowest, highest } = extremesOf(table, name);
      assert.ok(bounds[0] <= lowest && highest <= bounds[1], name);
    } else {
      assert.deepEqual(columnsOf(table).find((column) => column.name === name).distinct.sort(), [...values].sort());
    }
  }
});

test("there is one label, and a new one takes its place", () => {
  const columns = changed(opened(FILE), "ward", { use: "label" });
  assert.deepEqual(columns.map(({ use }) => use), ["skip", "numbers", "label", "categories", "categories"]);
});

for (const [name, change, fault] of [
  ["no upper bound", { lowest: "0", highest: "" }, /lowest and highest/],
  ["words for bounds", { lowest: "a", highest: "b" }, /numbers/],
  ["bounds the wrong way", { lowest: "9", highest: "1" }, /below/],
  ["equal bounds", { lowest: "1", highest: "1" }, /below/],
]) {
  test(`a column is not sent with ${name}`, () => {
    const faults = faultsOf(changed(opened(FILE), "age", change));
    assert.match(faults.find((each) => each.name === "age").fault, fault);
  });
}

test("without a label or without anything to predict from, nothing is sent", () => {
  const none = opened(FILE).map((column) => ({ ...column, use: "skip" }));
  assert.deepEqual(faultsOf(none).map(({ name }) => name), [null, null]);
});

const RUN = {
  id: "r", state: "queued", last_event_id: 0, parameters: { epochs: 2, delta: 1e-5 }, progress: { steps: 0 }, epochs: [], iterations: [],
  notices: [], dataset: {}, epsilon_spent: 0,
};

function world({ runs = [RUN], failures = [], stream = () => {} } = {}) {
  const calls = [];
  const api = {
    sendTable: async (body) => (calls.push(["table", body]), { table: "t" }),
    deleteTable: async (id) => void calls.push(["delete", id]),
    startRun: async (body, key) => {
      calls.push(["start", body, key]);
      if (failures.length) throw failures.shift();
      return RUN;
    },
    getRun: async () => (runs.length > 1 ? runs.shift() : runs[0]),
    cancelRun: async (id) => void calls.push(["cancel", id]),
    eventsPath: (id, after) => `${id}/${after}`,
  };
  const openStream = (path, listeners) => {
    queueMicrotask(() => stream(listeners));
    return () => calls.push(["closed", path]);
  };
  let keys = 0;
  return { calls, training: createTraining({ api, openStream, wait: async () => {}, newKey: () => `key ${(keys += 1)}` }) };
}

const DONE = { ...RUN, state: "done", statement: "whole" };

test("a table is sent, its run followed by its stream, and the whole document told at the end", async () => {
  const stream = ({ event }) => {
    event({ id: 1, data: { kind: "started", attempt: 1 } });
    event({ id: 2, data: { kind: "finished", state: "done", steps: 9, training_seconds: 1, error: null } });
  };
  const { calls, training } = world({ runs: [RUN, DONE], stream });
  const states = [];
  const run = await training.train({ csv: "…" }, { epochs: 2 }, (news) => states.push(news.run?.state ?? "table"));
  assert.deepEqual(run, DONE);
  assert.deepEqual(states, ["table", "queued", "running", "done", "done"]);
  assert.deepEqual(calls[1], ["start", { mode: "real", dataset: "table", table: "t", epochs: 2 }, "key 1"]);
  assert.deepEqual(calls.at(-1), ["closed", "r/0"]);
});

test("where the stream is refused, the run is asked for until it has ended", async () => {
  const { training } = world({ runs: [RUN, { ...RUN, state: "running" }, DONE, DONE], stream: ({ refused }) => refused() });
  assert.equal((await training.train({}, {}, () => {})).state, "done");
});

test("a lost answer is asked for again under the same key, and a refusal deletes the table", async () => {
  const lost = world({ runs: [DONE], failures: [new ServerLost("…"), new ServerLost("…")] });
  await lost.training.train({}, {}, () => {});
  assert.deepEqual(lost.calls.filter(([name]) => name === "start").map(([, , key]) => key), ["key 1", "key 1", "key 1"]);
  const refused = world({ failures: [new ServerProblem(503, { detail: "full" })] });
  await assert.rejects(refused.training.train({}, {}, () => {}), ServerProblem);
  assert.deepEqual(refused.calls.at(-1), ["delete", "t"]);
});

const FINAL = { accuracy: 0.8, epsilon: 2.9, delta: 1e-5 };
const ENDED = { ...DONE, dataset: { test_examples: 240, majority_accuracy: 0.6 }, final_metrics: FINAL, epsilon_charged: 3.1, baseline: null };

test("a result stands beside guessing, and beside the training without privacy where there is one", () => {
  assert.deepEqual(resultOf(ENDED).map(({ value }) => value), ["80.0\u00a0%", "60.0\u00a0%", "ε 3.10"]);
  assert.match(resultOf(ENDED)[0].note, /± 5\.1 points/);
  const compared = { ...ENDED, baseline: { final_metrics: { accuracy: 0.84 } } };
  assert.equal(resultOf(compared).length, 4);
  assert.deepEqual(resultOf({ ...ENDED, final_metrics: null }), []);
});

test("only what chance does not explain counts as better than guessing", () => {
  assert.match(verdictOf(ENDED), /20\.0 points better/);
  assert.match(verdictOf({ ...ENDED, final_metrics: { ...FINAL, accuracy: 0.63 } }), /not clearly better/);
});

test("trainings on one file add up", () => {
  assert.equal(togetherSentence([{ epsilon: 3, delta: 1e-5 }]), "");
  assert.match(togetherSentence([{ epsilon: 3, delta: 1e-5 }, { epsilon: 2, delta: 1e-5 }]), /at most ε 5\.00 at δ 2e-5/);
  assert.match(togetherSentence([{ epsilon: 3, delta: 1e-5 }, { epsilon: null, delta: 1e-5 }]), /ε ∞/);
});

test("what became of the rows is told, and where a run stands", () => {
  const columns = [{ name: "age", clipped: 3, constant: false }, { name: "ward", clipped: 0, constant: true }];
  const sentences = takenSentences({ rows: 1200, train_examples: 960, test_examples: 240, left_out: 2, columns });
  assert.deepEqual(sentences.length, 4);
  assert.match(sentences[2], /“age” in 3 rows/);
  assert.match(sentences[3], /“ward”/);
  assert.equal(activityOf({ ...RUN, progress: { queue_position: 3 } }), "Waiting, number 3 in the queue");
  assert.equal(activityOf({ ...RUN, state: "running", epochs: [{}] }), "Training: epoch 1 of 2");
  assert.match(limitsSentence({ max_bytes: 4 * 2 ** 20, least_rows: 200, most_rows: 60000, most_columns: 200 }), /4 MB, 200 to 60,000 rows/);
});

test("a refusal is told fault by fault", () => {
  const error = new ServerProblem(422, { detail: "…", errors: [{ field: "csv", message: "row 3: it has no value." }, { field: "label", message: "one." }] });
  assert.deepEqual(refusalOf(error), ["Row 3: it has no value.", "Label: one."]);
  assert.deepEqual(refusalOf(new ServerLost("The server does not answer.")), ["The server does not answer."]);
});
