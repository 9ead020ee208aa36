import assert from "node:assert/strict";
import { test } from "node:test";

import { afterClipping, binOf, edgesOf, LONGEST, outlineOf, shareAbove, sharesOf, SHORTEST } from "../../static/js/histogram.js";

const near = (actual, expected, words) => assert.ok(Math.abs(actual - expected) < 1e-9, `${words ?? ""} ${actual} is not ${expected}`);

test("the bins are those of app/events.py: 42, six to a decade, from 1e-4 to 1e3", () => {
  near(SHORTEST, 1e-4);
  near(LONGEST, 1e3);
  near(edgesOf(24)[0], 1);
  near(edgesOf(41)[1], 1e3);
});

test("a norm on an edge lies in the lower bin, one beyond the outer edges in the outer bin", () => {
  const cases = [[1, 23], [1.0001, 24], [0.1, 17], [1e-4, 0], [1e-9, 0], [0, 0], [1e3, 41], [1e6, 41]];
  for (const [norm, bin] of cases) assert.equal(binOf(norm), bin, String(norm));
});

test("points within bins become shares, whatever their place in the bin", () => {
  const shares = sharesOf([{ x: 0.9, y: 0.25 }, { x: 1, y: 0.25 }, { x: 700, y: 0.5 }]);
  assert.equal(shares[23], 0.5);
  assert.equal(shares[41], 0.5);
  near(shares.reduce((sum, share) => sum + share, 0), 1);
});

test("the share above C goes from all to none and is exact on the edges", () => {
  const shares = sharesOf([{ x: 0.5, y: 0.25 }, { x: 5, y: 0.75 }]);
  near(shareAbove(shares, 1), 0.75, "between the two");
  near(shareAbove(shares, 0.05), 1, "below both");
  near(shareAbove(shares, 20), 0, "above both");
  const [low, high] = edgesOf(binOf(5));
  near(shareAbove(shares, Math.sqrt(low * high)), 0.375, "half of a bin at its middle");
});

test("a larger C never clips more", () => {
  const shares = sharesOf([{ x: 0.2, y: 0.3 }, { x: 2, y: 0.3 }, { x: 9, y: 0.4 }]);
  const clipped = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 9, 20].map((norm) => shareAbove(shares, norm));
  assert.deepEqual(clipped, [...clipped].sort((first, second) => second - first));
});

test("clipping piles everything longer into the bin of C and loses nobody", () => {
  const shares = sharesOf([{ x: 0.5, y: 0.25 }, { x: 0.9, y: 0.25 }, { x: 5, y: 0.5 }]);
  const after = afterClipping(shares, 1);
  assert.equal(after[binOf(1)], 0.75);
  assert.equal(after[binOf(5)], 0);
  assert.equal(after[binOf(0.5)], 0.25);
});

test("an outline has both edges of every bin, in per cent", () => {
  const outline = outlineOf(sharesOf([{ x: 1, y: 0.5 }]));
  assert.equal(outline.length, 84);
  const bar = outline.filter(({ y }) => y > 0);
  assert.deepEqual(bar.map(({ y, bin }) => [y, bin]), [[50, 23], [50, 23]]);
  near(bar[1].x, 1);
});
