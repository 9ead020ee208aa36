import assert from "node:assert/strict";
import { test } from "node:test";

import { bandOf, faultOf, positionOf, stopsOf, valueAt } from "../../static/js/scale.js";
import { catalog } from "./catalog_example.js";

const named = (name) => catalog.parameters.find((parameter) => parameter.name === name);
const withSliders = catalog.parameters.filter(({ name }) => name !== "seed");

test("stops ascend strictly and reach from bound to bound", () => {
  for (const parameter of withSliders) {
    const stops = stopsOf(parameter);
    assert.equal(stops[0], parameter.minimum, parameter.name);
    assert.equal(stops.at(-1), parameter.maximum, parameter.name);
    assert.ok(stops.every((stop, index) => index === 0 || stop > stops[index - 1]), parameter.name);
  }
});

test("a slider can stand at every value that the guide and its presets name", () => {
  const values = {
    clipping_norm: [0.1, 1, 1.5, 2, 10], noise_multiplier: [0, 0.5, 0.6, 0.8, 1.1, 1.5, 2, 4],
    batch_size: [16, 64, 128, 256, 512, 2048], learning_rate: [0.001, 0.01, 0.02, 0.15, 0.5, 1],
    epochs: [1, 8, 10, 15, 20, 60], delta: [1e-9, 1e-6, 1e-5, 1e-3], privacy_budget: [1, 3, 8],
  };
  for (const [name, wanted] of Object.entries(values)) {
    const stops = stopsOf(named(name));
    assert.deepEqual(wanted.filter((value) => !stops.includes(value)), [], name);
  }
});

test("position and value are inverse at every stop", () => {
  for (const parameter of withSliders) {
    const stops = stopsOf(parameter);
    stops.forEach((stop, index) => assert.equal(valueAt(stops, positionOf(stops, stop)), stops[index]));
  }
});

test("an arrow key always moves the value, by at most a quarter (but for the step away from 0)", () => {
  for (const name of ["clipping_norm", "noise_multiplier", "batch_size", "learning_rate"]) {
    const stops = stopsOf(named(name)).filter((stop) => stop > 0);
    const ratios = stops.slice(1).map((stop, index) => stop / stops[index]);
    assert.ok(Math.max(...ratios) <= 1.251, `${name} ${Math.max(...ratios)}`);
  }
});

test("whole numbers stay whole", () => {
  for (const name of ["batch_size", "epochs"]) assert.ok(stopsOf(named(name)).every(Number.isInteger), name);
});

test("positions beyond the ends give the ends, values between stops lie between them", () => {
  const stops = [0, 1, 2, 4];
  assert.equal(valueAt(stops, -3), 0);
  assert.equal(valueAt(stops, 99), 4);
  assert.equal(positionOf(stops, 3), 2.5);
  assert.equal(positionOf(stops, 100), 3);
});

test("the recommended band lies on the track where its values are", () => {
  const parameter = named("epochs");
  const { start, end } = bandOf(parameter, stopsOf(parameter));
  assert.ok(Math.abs(start - 7 / 59) < 1e-9 && Math.abs(end - 19 / 59) < 1e-9);
  assert.equal(bandOf(named("delta"), stopsOf(named("delta"))), null);
});

test("a value is refused with the rule that it breaks", () => {
  const cases = [
    ["epochs", 15, null], ["epochs", 2.5, /whole/], ["epochs", 0, /between 1 and 60/], ["epochs", NaN, /number/],
    ["noise_multiplier", 0, null], ["noise_multiplier", -1, /between/], ["clipping_norm", Infinity, /number/],
  ];
  for (const [name, value, rule] of cases) {
    const fault = faultOf(named(name), value);
    if (rule === null) assert.equal(fault, null);
    else assert.match(fault, rule);
  }
});
