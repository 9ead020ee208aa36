/** Where a network decides one way or the other: its logits on a grid, and the lines on which they are 0. */

import { REACH } from "./crowd.js";
import { logit } from "./network.js";

export const CELLS = 48; // along a side
export const NODES = CELLS + 1;

// A crossing is named by the edge it lies on: one to the right of its node, or one downwards, these after all those.
const DOWNWARDS = NODES * NODES;
const [TOP, RIGHT, BOTTOM, LEFT] = [0, 1, NODES, DOWNWARDS]; // from a cell's upper left node
// By which corners (1 upper left, 2 upper right, 4 lower right, 8 lower left) are above 0: the pairs of crossed sides.
const PAIRS = [
  [], [[LEFT, TOP]], [[TOP, DOWNWARDS + RIGHT]], [[LEFT, DOWNWARDS + RIGHT]], [[DOWNWARDS + RIGHT, BOTTOM]],
  [[LEFT, TOP], [DOWNWARDS + RIGHT, BOTTOM]], [[TOP, BOTTOM]], [[LEFT, BOTTOM]],
];
for (let corners = 8; corners < 16; corners += 1) PAIRS.push(PAIRS[15 - corners]);
PAIRS[10] = [[TOP, DOWNWARDS + RIGHT], [LEFT, BOTTOM]];

const links = new Int32Array(4 * DOWNWARDS); // two neighbours of each crossing, plus 1; 0 for none

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
 * Return the lines on which `grid` is 0 as arrays [x1, y1, x2, y2, …], in fractions 0..1 of the square from its upper
 * left corner (marching squares, linear between the nodes). A closed line ends where it begins.
 */
export function boundaryLines(grid) {
  const crossings = link(grid);
  const lines = [];
  for (const alone of [true, false]) { // first from the ends of open lines, then around the closed ones
    for (const crossing of crossings) {
      if (links[2 * crossing] && (links[2 * crossing + 1] === 0) === alone) lines.push(walk(grid, crossing));
    }
  }
  return lines;
}

function link(grid) {
  const crossings = [];
  links.fill(0);
  for (let row = 0; row < CELLS; row += 1) {
    for (let column = 0; column < CELLS; column += 1) {
      const node = row * NODES + column;
      const corners = (grid[node] > 0 ? 1 : 0) + (grid[node + 1] > 0 ? 2 : 0)
        + (grid[node + NODES + 1] > 0 ? 4 : 0) + (grid[node + NODES] > 0 ? 8 : 0);
      for (const [from, to] of PAIRS[corners]) {
        join(node + from, node + to);
        join(node + to, node + from);
        crossings.push(node + from, node + to);
      }
    }
  }
  return crossings;
}

const join = (from, to) => { links[2 * from + (links[2 * from] ? 1 : 0)] = to + 1; };

/** Return the line that begins at a crossing, and cut it out of the links. */
function walk(grid, start) {
  const line = [];
  for (let crossing = start; ; ) {
    pushPlace(grid, crossing, line);
    const next = (links[2 * crossing] || links[2 * crossing + 1]) - 1;
    if (next < 0) return line;
    cut(crossing, next);
    cut(next, crossing);
    crossing = next;
  }
}

function cut(from, to) {
  const slot = 2 * from + (links[2 * from] === to + 1 ? 0 : 1);
  links[slot] = 0;
}

function pushPlace(grid, crossing, line) {
  const down = crossing >= DOWNWARDS;
  const node = down ? crossing - DOWNWARDS : crossing;
  const share = grid[node] / (grid[node] - grid[node + (down ? NODES : 1)]);
  const [row, column] = [Math.floor(node / NODES), node % NODES];
  line.push((column + (down ? 0 : share)) / CELLS, (row + (down ? share : 0)) / CELLS);
}
