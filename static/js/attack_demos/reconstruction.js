/**
 * Reading examples out of a gradient. Pure.
 *
 * In a first layer h = Wx + b, a unit's row of ∂L/∂W is ∂L/∂b times the input, so that their quotient *is* the input
 * (Phong, Aono, Hayashi, Wang, Moriai, 2018, §3). Over a batch the quotient is a mixture of the inputs on which the unit fired;
 * a unit that fired on one alone still gives that one exactly (Boenisch et al., 2023).
 */

import { correlation } from "./pictures.js";

const POWER_STEPS = 100;

/**
 * Return the attacker's candidate pictures from a gradient {weights, biases} of `hidden` units: each unit's quotient
 * (units with a bias gradient of 0 have none), and last the one that fits all units together.
 */
export function candidatesOf({ weights, biases }) {
  const inputs = weights.length / biases.length;
  const rows = Array.from(biases, (_, unit) => weights.subarray(unit * inputs, (unit + 1) * inputs));
  const quotients = rows.flatMap((row, unit) => (biases[unit] === 0 ? [] : [row.map((value) => value / biases[unit])]));
  return quotients.length === 0 ? [] : [...quotients, jointFit(rows, biases)];
}

/**
 * Return the input of the best approximation of [∂L/∂W, ∂L/∂b] by one example's δ·[x, 1] (Eckart, Young, 1936), which for a
 * single example under normal noise is the likeliest. Its sign is chosen so that the picture has ink.
 */
function jointFit(rows, biases) {
  const inputs = rows[0].length;
  let direction = Float64Array.from({ length: inputs + 1 }, () => 1);
  for (let step = 0; step < POWER_STEPS; step += 1) {
    const next = new Float64Array(inputs + 1);
    rows.forEach((row, unit) => {
      const along = row.reduce((sum, value, column) => sum + value * direction[column], biases[unit] * direction[inputs]);
      row.forEach((value, column) => { next[column] += along * value; });
      next[inputs] += along * biases[unit];
    });
    const norm = Math.hypot(...next);
    direction = next.map((value) => value / norm);
  }
  const picture = direction.subarray(0, inputs);
  const sign = picture.reduce((sum, value) => sum + value, 0) < 0 ? -1 : 1;
  return picture.map((value) => (sign * value) / Math.abs(direction[inputs]));
}

/** Return {candidate, resemblance}: the candidate that correlates most with `picture`, judged with it in hand. */
export function bestCandidate(picture, candidates) {
  let best = { candidate: null, resemblance: 0 };
  for (const candidate of candidates) {
    const resemblance = correlation(candidate, picture);
    if (best.candidate === null || resemblance > best.resemblance) best = { candidate, resemblance };
  }
  return best;
}
