import assert from "node:assert/strict";
import { test } from "node:test";

import { differencesTable, tileDifferences } from "../../static/js/differences.js";
import { withPin } from "../../static/js/pins.js";
import { exampleDocument } from "./document_example.js";

function result({ accuracy = 0.8, loss = 1, epsilon = 3, clipped = 0.9, parameters = {}, ...changes } = {}) {
  const document = exampleDocument(changes);
  const epochs = document.epochs.map((point) => ({ ...point, clipped_fraction: clipped }));
  return {
    ...document, epochs, parameters: { ...document.parameters, ...parameters },
    final_metrics: { ...document.final_metrics, accuracy, loss, epsilon }, privacy: { ...document.privacy, epsilon },
  };
}

const pinOf = (document) => withPin([], document, { name: "Optimal" })[0];

test("the tiles tell the difference to the pinned run", () => {
  const pin = pinOf(result({ accuracy: 0.953, loss: 0.29, epsilon: 1.28, clipped: 0.15, parameters: { noise_multiplier: 1.1 } }));
  assert.deepEqual(tileDifferences(pin, result({ accuracy: 0.821, loss: 0.69, epsilon: 2.73, clipped: 0.68 })), {
    name: "Optimal", number: 1, accuracy: "−13.2 points", loss: "+0.40", epsilon: "+1.45", clipped: "+53.0 points",
  });
});

test("a tile has no difference where one of the two is not known, and none to itself", () => {
  const pin = pinOf(result());
  assert.equal(tileDifferences(pin, result()), null);
  assert.equal(tileDifferences(undefined, result()), null);
  const unlimited = tileDifferences(pin, result({ epsilon: null, parameters: { noise_multiplier: 0 } }));
  assert.equal(unlimited.epsilon, null);
  assert.equal(unlimited.accuracy, "+0.0 points");
});

test("a tile is not compared with a pin of other data", () => {
  const pin = pinOf(result({ parameters: { noise_multiplier: 2 } }));
  assert.equal(tileDifferences(pin, result({ parameters: { dataset: "fashion_mnist" } })), null);
  assert.notEqual(tileDifferences(pin, result({ parameters: { train_size: 500 } })), null);
  const own = (label) => result({ parameters: { dataset: "table", table: { label } } });
  assert.equal(tileDifferences(pinOf(own("a")), own("b")), null);
});

test("a baseline has its rows: its accuracy and what privacy costs", () => {
  const baseline = { ...exampleDocument(), final_metrics: { accuracy: 0.95 } };
  const pins = withPin([], result({ baseline, parameters: { epochs: 4 } }));
  const table = Object.fromEntries(differencesTable(result(), pins).rows.map(([label, ...cells]) => [label, cells]));
  assert.deepEqual(table["Without privacy"], ["–", "95.0\u00a0%"]);
  assert.deepEqual(table["Privacy costs"], ["–", "15.0 points"]);
});

test("the table lists the settings that differ and only those, and every result", () => {
  const shown = result({ accuracy: 0.821, epsilon: 2.73 });
  const pins = withPin([], result({ accuracy: 0.953, epsilon: 1.28, evidence: "measured", id: "r", epsilon_spent: 1.28, parameters: { noise_multiplier: 1.1, optimizer: "momentum" } }), { name: "Optimal" });
  const { columns, rows } = differencesTable(shown, pins);
  assert.deepEqual(columns, ["Setting or result", "Shown", "1 Optimal"]);
  const table = Object.fromEntries(rows.map(([label, ...cells]) => [label, cells]));
  assert.deepEqual(Object.keys(table), ["Evidence", "Optimizer", "Noise multiplier σ", "Test accuracy", "Training loss", "ε (RDP)", "Clipped gradients"]);
  assert.deepEqual(table.Evidence, ["SIMULATED", "MEASURED"]);
  assert.deepEqual(table["Noise multiplier σ"], ["0.8", "1.1"]);
  assert.deepEqual(table["Test accuracy"], ["82.1\u00a0%", "95.3\u00a0% (+13.2 points)"]);
  assert.deepEqual(table["ε (RDP)"], ["2.73", "1.28 (−1.45)"]);
});

test("a difference that the test sets cannot tell is said to be within their error", () => {
  const cases = [["0.2 points on 10,000 examples", 0.802, true], ["5 points", 0.85, false]];
  for (const [name, accuracy, within] of cases) {
    const pins = withPin([], result({ accuracy, parameters: { epochs: 4 } }));
    const { rows } = differencesTable(result(), pins);
    assert.equal(rows.find(([label]) => label === "Test accuracy")[2].includes("within their error"), within, name);
  }
});
