/** What chance decides before a training begins: who is sampled in each step, and the noise of each step. */

import { createDice } from "./dice.js";
import { PARAMETERS } from "./network.js";

/**
 * Return {sampled, unitNoise}: for each of `steps` steps the indices 0..examples − 1 that their own coins let in, each
 * with probability `samplingProbability` (Poisson sampling), and a standard normal draw. The last index is you: its coins
 * come from dice of their own, so that nobody else's fall otherwise with or without you.
 */
export function createSchedule({ seed, steps, examples, samplingProbability }) {
  const [crowdDice, yourDice, noiseDice] = [1, 2, 3].map((stream) => createDice(seed, stream));
  const sampled = Array.from({ length: steps }, () => {
    const joined = [];
    for (let index = 0; index < examples - 1; index += 1) if (crowdDice.uniform() < samplingProbability) joined.push(index);
    if (yourDice.uniform() < samplingProbability) joined.push(examples - 1);
    return joined;
  });
  const unitNoise = Array.from({ length: steps }, () => Float64Array.from({ length: PARAMETERS }, noiseDice.normal));
  return { sampled, unitNoise };
}
