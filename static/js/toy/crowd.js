/** The people of the toy: points in four clusters whose class is the exclusive or of their signs. */

import { createDice } from "./dice.js";

export const REACH = 1.6; // half the side of the square that is shown

const CLUSTER_SPREAD = 0.22; // standard deviation around (±1, ±1)

/** Return the true class at (x, y): 1 where the signs differ, else 0. */
export const trueClass = (x, y) => (x * y < 0 ? 1 : 0);

/** Return `count` people {x, y, label}, one quarter in each cluster, the same for the same seed. */
export function createCrowd({ seed, count }) {
  const dice = createDice(seed);
  return Array.from({ length: count }, (_, index) => {
    const [side, height] = [index & 1 ? 1 : -1, index & 2 ? 1 : -1];
    const [x, y] = [side + CLUSTER_SPREAD * dice.normal(), height + CLUSTER_SPREAD * dice.normal()];
    return { x, y, label: trueClass(side, height) };
  });
}
