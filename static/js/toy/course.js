/** One training from its first step to its last, kept step by step, so that it can be watched afterwards. */

import { PARAMETERS } from "./network.js";
import { addNoise, clippedSum, descend } from "./private_training.js";

export class Course {
  /** `examples` are {x, y, label}, `recipe` is that of private_training.js; the schedule says how many steps there are. */
  constructor({ examples, schedule, recipe, initial }) {
    Object.assign(this, { examples, schedule, recipe, steps: schedule.sampled.length, taken: 0 });
    Object.assign(this, { used: 0, clipped: 0, sum: new Float64Array(PARAMETERS) });
    this.history = new Float64Array((this.steps + 1) * PARAMETERS);
    this.history.set(initial);
  }

  get done() {
    return this.taken === this.steps;
  }

  /** Return the parameters after `step` steps, 0..taken. */
  parametersAt(step) {
    return this.history.subarray(step * PARAMETERS, (step + 1) * PARAMETERS);
  }

  /** Return the share of gradients that were clipped so far, 0..1; 0 before the first. */
  get clippedShare() {
    return this.used === 0 ? 0 : this.clipped / this.used;
  }

  /** Take up to `count` more steps. */
  advance(count) {
    const last = Math.min(this.taken + count, this.steps);
    for (; this.taken < last; this.taken += 1) this.step(this.taken);
  }

  step(index) {
    const { examples, recipe, sum } = this;
    const sampled = this.schedule.sampled[index];
    const parameters = this.parametersAt(index + 1);
    parameters.set(this.parametersAt(index));
    this.clipped += clippedSum(parameters, { examples, sampled, clippingNorm: recipe.clippingNorm }, sum);
    this.used += sampled.length;
    addNoise(sum, this.schedule.unitNoise[index], recipe);
    descend(parameters, sum, recipe);
  }
}
