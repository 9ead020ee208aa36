import assert from "node:assert/strict";
import { test } from "node:test";

import { mechanismBody } from "../../static/js/forecast.js";
import { obstacleOf } from "../../static/js/real_training.js";
import { fits, isSimulated, taskSettings } from "../../static/js/settings.js";
import { withTableOf } from "../../static/js/table_task.js";
import { catalog } from "./catalog_example.js";

const TABLE = { train_examples: 960, test_examples: 240, inputs: 6, class_names: ["no", "yes"], from_data: [] };
const RUN = {
  parameters: { task: "table", dataset: "table", model: "logistic", optimizer: "adam", train_size: 960, table: TABLE },
  dataset: { title: "Your own table" },
};

test("a run on a table brings its task and its data into the catalog, once", () => {
  const known = withTableOf(withTableOf(catalog, RUN), RUN);
  assert.equal(known.tasks.filter(({ name }) => name === "table").length, 1);
  assert.equal(known.datasets.at(-1).classes, 2);
  const settings = taskSettings(known, "table");
  assert.deepEqual([settings.dataset, settings.model, settings.train_size], ["table", "logistic", 960]);
  assert.equal(isSimulated(known, settings), false);
  assert.ok(fits({ inputs: "any" }, known.datasets.at(-1)));
  assert.ok(!fits({ inputs: "images", minimum_side: 4 }, known.datasets.at(-1)));
});

test("a run on other data changes nothing", () => {
  assert.equal(withTableOf(catalog, { parameters: { table: null }, dataset: {} }), catalog);
});

test("the playground cannot train on the table again, and says where that can be done", () => {
  const known = { ...withTableOf(catalog, RUN), real: { available: true } };
  const { reason } = obstacleOf(known, { dataset: "table", engine: "fast", task: "table" });
  assert.match(reason, /Your table is not on this server\..*Learning Hub/);
});

test("of a table the server is asked by its numbers alone", () => {
  const settings = { task: "table", dataset: "table", train_size: 960, sampling: "poisson", noise_multiplier: 2, batch_size: 128, epochs: 5, delta: 1e-5 };
  assert.deepEqual(Object.keys(mechanismBody(settings)), ["train_size", "sampling", "noise_multiplier", "batch_size", "epochs", "delta"]);
  assert.equal(mechanismBody({ ...settings, task: "digits", dataset: "digits" }).task, "digits");
});
