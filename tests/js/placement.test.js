import assert from "node:assert/strict";
import { test } from "node:test";

import { beside, clearHeight, spanBetween, textSpan } from "../../static/js/charts/placement.js";

const plot = { top: 0, bottom: 200 };

test("a label takes the nearest height that no line crosses", () => {
  const cases = [
    ["nothing in the way", [], 86],
    ["a line above it", [[75, 90]], 114],
    ["lines on both sides", [[75, 90], [108, 116]], 128],
    ["a line that is elsewhere", [[]], 86],
  ];
  for (const [name, taken, expected] of cases) assert.equal(clearHeight([86, 114, 80, 128], { lines: taken }, plot), expected, name);
});

test("a label never leaves the plot, and covers as little as it can where nothing is free", () => {
  assert.equal(clearHeight([-30], { lines: [] }, plot), 7);
  assert.equal(clearHeight([230], { lines: [] }, plot), 193);
  assert.equal(clearHeight([50, 150], { lines: [[0, 100], [148, 200]] }, plot), 150);
});

test("two labels at one place are kept apart", () => {
  const first = clearHeight(beside(100, -1), { lines: [[96, 104]] }, plot);
  const second = clearHeight(beside(100, -1), { lines: [[96, 104]], texts: [textSpan(first)] }, plot);
  assert.ok(Math.abs(first - second) >= 14);
  const crowded = { lines: [[0, 200]], texts: [[0, 100]] };
  assert.equal(clearHeight([50, 150], crowded, plot), 150, "a line is covered before a text is");
});

test("the span of a line counts what crosses the edges between its points", () => {
  const line = [{ x: 0, y: 100 }, { x: 100, y: 0 }];
  assert.deepEqual(spanBetween(line, 40, 60), [36, 64]);
  assert.deepEqual(spanBetween(line, 80, 100), [-4, 24]);
  assert.deepEqual(spanBetween(line, 120, 140), []);
});
