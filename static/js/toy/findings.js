/** The toy's figures: what your point does to the maps, and what fresh noise does without you. */

import { guaranteedEpsilon } from "../privacy/accountant.js";
import { createGrid, disagreement, fillGrid } from "./boundary.js";
import { mechanismOf, STEPS } from "./choices.js";
import { REDRAWS, strangers } from "./experiment.js";
import { logit, probability } from "./network.js";

export const NAMES = ["plainWith", "plainWithout", "privateWith", "privateWithout", ...Array.from({ length: REDRAWS }, (_, index) => `redraw${index}`)];
const REDRAWN = NAMES.slice(4);

const contents = new WeakMap(); // what each grid was filled with last: a moved point leaves most maps as they are

/** Return {name: grid}, to be filled again and again. */
export const createGrids = () => Object.fromEntries(NAMES.map((name) => [name, createGrid()]));

/** Fill the grids with the maps after `step` steps of a shown experiment. */
export function fillGrids(grids, { courses }, step) {
  for (const name of NAMES) {
    const [grid, course, last] = [grids[name], courses[name], contents.get(grids[name])];
    if (last?.course === course && last.step === step) continue;
    fillGrid(grid, course.parametersAt(step));
    contents.set(grid, { course, step });
  }
}

/** Return the share of `people` whose class the network gets right, 0..1. */
export function accuracy(parameters, people) {
  return people.filter(({ x, y, label }) => logit(parameters, x, y) > 0 === (label === 1)).length / people.length;
}

/**
 * Return {plain, private, redrawn, epsilon} after `step` steps. `plain` and `private` are {changed, accuracy, with,
 * without}: the share of the map that you change, the accuracy on strangers with you in, and the probability of your
 * class at your place with you in and out. `redrawn` is the share that fresh coins and noise change without you.
 */
export function findingsAt({ choices, courses }, grids, step) {
  const redrawn = REDRAWN.map((name) => disagreement(grids.privateWithout, grids[name]));
  return {
    plain: influence(choices.point, { courses, grids, step, kind: "plain" }),
    private: influence(choices.point, { courses, grids, step, kind: "private" }),
    redrawn: redrawn.reduce((sum, share) => sum + share, 0) / REDRAWS,
    clippedShare: courses.privateWith.clippedShare,
    epsilon: epsilonAfter(choices, step),
  };
}

/** Return ε after `step` of the steps, by the accountant in the page; null where it is infinite. */
export const epsilonAfter = (choices, step = STEPS) => guaranteedEpsilon(mechanismOf(choices), step);

function influence(point, { courses, grids, step, kind }) {
  const [joined, absent] = [`${kind}With`, `${kind}Without`];
  const yours = (name) => {
    const one = probability(courses[name].parametersAt(step), point.x, point.y);
    return point.label === 1 ? one : 1 - one;
  };
  return {
    changed: disagreement(grids[joined], grids[absent]), with: yours(joined), without: yours(absent),
    accuracy: accuracy(courses[joined].parametersAt(step), strangers),
  };
}
