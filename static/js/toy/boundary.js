/** Where a network decides one way or the other: its logits on a grid, and the line on which they are 0. */

import { REACH } from "./crowd.js";
import { logit } from "./network.js";

export const CELLS = 48; // along a side
const NODES = CELLS + 1;

/** Return a grid for `fillGrid`: the logits at NODES × NODES places, rows from the top (largest y) down. */
export const createGrid = () => new Float64Array(NODES * NODES);

/** Write the logits of `parameters` over the shown square into `grid` and return it. */
export function fillGrid(grid, parameters) {
  for (let row = 0; row < NODES; row += 1) {
    const y = REACH * (1 - (2 * row) / CELLS);
    for (let column = 0; column < NODES; column += 1) {
      grid[row * NODES + column] = logit(parameters, REACH * ((2 * column) / CELLS - 1), y);
    }
  }
  return grid;
}

/** Return the share of the square, 0..1, in which two grids decide differently. */
export function disagreement(first, second) {
  let differing = 0;
  for (let node = 0; node < first.length; node += 1) if (first[node] > 0 !== second[node] > 0) differing += 1;
  return differing / first.length;
}

/**
 * Call `segment(x1, y1, x2, y2)` for every piece of the line on which `grid` is 0, in fractions 0..1 of the square from
 * its upper left corner (marching squares, linear between the nodes).
 */
export function traceBoundary(grid, segment) {
  for (let row = 0; row < CELLS; row += 1) {
    for (let column = 0; column < CELLS; column += 1) traceCell(grid, row, column, segment);
  }
}

function traceCell(grid, row, column, segment) {
  const [a, b, c, d] = [[0, 0], [0, 1], [1, 1], [1, 0]].map(([down, across]) => grid[(row + down) * NODES + column + across]);
  if (a > 0 === b > 0 && b > 0 === c > 0 && c > 0 === d > 0) return;
  const crossings = [];
  const cross = (from, to, x, y, dx, dy) => {
    if (from > 0 === to > 0) return;
    const share = from / (from - to);
    crossings.push((column + x + dx * share) / CELLS, (row + y + dy * share) / CELLS);
  };
  cross(a, b, 0, 0, 1, 0);
  cross(b, c, 1, 0, 0, 1);
  cross(c, d, 1, 1, -1, 0);
  cross(d, a, 0, 1, 0, -1);
  for (let at = 0; at + 3 < crossings.length; at += 4) segment(...crossings.slice(at, at + 4));
}
