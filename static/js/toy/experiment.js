/**
 * The toy's experiment: the same training with and without you, ordinary and private, and the private one again with
 * fresh coins and noise. All start from the same parameters; with and without you share every coin and noise draw, so
 * that whatever differs between them is your doing.
 */

import { EXAMPLES, EXPECTED_BATCH, STEPS } from "./choices.js";
import { Course } from "./course.js";
import { createCrowd } from "./crowd.js";
import { createDice } from "./dice.js";
import { initialParameters } from "./network.js";
import { createSchedule } from "./schedule.js";

export const REDRAWS = 3; // private trainings with fresh coins and noise

const [CROWD_SEED, INITIAL_SEED, TEST_SEED, REDRAW_SEED] = [7, 101, 8, 1000];
const STEPS_BETWEEN_LOOKS = 20; // at the clock: about a quarter of a millisecond

export const crowd = createCrowd({ seed: CROWD_SEED, count: EXAMPLES - 1 });
export const strangers = createCrowd({ seed: TEST_SEED, count: 1000 }); // nobody trains on them

const initial = initialParameters(createDice(INITIAL_SEED));
const samplingProbability = EXPECTED_BATCH / EXAMPLES;

/** Return {name: {key, seed, you, recipe}} of every training that `choices` ask for; equal keys, equal trainings. */
function plan({ noiseMultiplier, clippingNorm, learningRate, seed, point }) {
  const common = { learningRate, expectedBatch: EXPECTED_BATCH };
  const ordinary = { ...common, clippingNorm: Infinity, noiseMultiplier: 0 };
  const secret = { ...common, clippingNorm, noiseMultiplier };
  const training = (recipe, you, from = seed) => ({ recipe, you, seed: from, key: JSON.stringify([Object.values(recipe).map(String), you, from]) });
  const redraws = Array.from({ length: REDRAWS }, (_, index) => [`redraw${index}`, training(secret, null, seed * REDRAW_SEED + index)]);
  return {
    plainWith: training(ordinary, point), privateWith: training(secret, point),
    plainWithout: training(ordinary, null), privateWithout: training(secret, null), ...Object.fromEntries(redraws),
  };
}

export class Experiment {
  constructor() {
    Object.assign(this, { courses: new Map(), schedules: new Map(), shown: null, pending: null, next: null });
  }

  /** Ask for `choices`. What is being trained is finished first, so that a point that is dragged is followed. */
  want(choices) {
    if (this.pending) this.next = choices;
    else this.pending = this.begin(choices);
  }

  get busy() {
    return this.pending !== null;
  }

  /** Train for about `milliseconds`; return whether there is a new result in `shown`, {choices, courses by name}. */
  work(milliseconds, now = () => performance.now()) {
    const end = now() + milliseconds;
    while (this.pending && now() < end) {
      const course = Object.values(this.pending.courses).find(({ done }) => !done);
      if (!course) return this.finish();
      course.advance(STEPS_BETWEEN_LOOKS);
    }
    return false;
  }

  begin(choices) {
    const entries = Object.entries(plan(choices)).map(([name, training]) => [name, this.course(training)]);
    return { choices, courses: Object.fromEntries(entries) };
  }

  finish() {
    this.shown = this.pending;
    this.pending = this.next && this.begin(this.next);
    this.next = null;
    this.forget();
    return true;
  }

  course({ key, seed, you, recipe }) {
    if (!this.courses.has(key)) {
      const examples = you ? [...crowd, you] : crowd;
      this.courses.set(key, new Course({ examples, schedule: this.schedule(seed), recipe, initial }));
    }
    return this.courses.get(key);
  }

  schedule(seed) {
    if (!this.schedules.has(seed)) {
      this.schedules.set(seed, createSchedule({ seed, steps: STEPS, examples: EXAMPLES, samplingProbability }));
    }
    return this.schedules.get(seed);
  }

  /** Keep only what is shown or under way: a dragged point would fill the memory. */
  forget() {
    const kept = new Set([this.shown, this.pending].filter(Boolean).flatMap(({ courses }) => Object.values(courses)));
    for (const [key, course] of this.courses) if (!kept.has(course)) this.courses.delete(key);
    const schedules = new Set([...kept].map(({ schedule }) => schedule));
    for (const [seed, schedule] of this.schedules) if (!schedules.has(schedule)) this.schedules.delete(seed);
  }
}
