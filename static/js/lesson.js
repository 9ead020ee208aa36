/** What "Use Optimal Parameters" teaches, with the numbers of the two results it compares. */

import * as format from "./format.js";

const SHORT_NAMES = {
  clipping_norm: "C", noise_multiplier: "σ", batch_size: "B", learning_rate: "learning rate", epochs: "epochs",
  delta: "δ", privacy_budget: "target ε", optimizer: "", // its values speak for themselves
};
const SHORT_VALUES = { sgd: "SGD", momentum: "momentum", adam: "Adam" };

/** Return changes [{name, before, after}] as one line: "C 1 → 1.5 · SGD → momentum". */
export function changesLine(changes) {
  return changes.map(({ name, before, after }) => `${shortName(name)} ${word(before)} → ${word(after)}`.trim()).join(" · ");
}

/**
 * Return the lesson of a change as {result, reason}: what it did to ε and accuracy, and why.
 * `before` and `after` are final metrics; `optimizerBefore` tells which limit the old settings met.
 */
export function lessonOf({ before, after, evidence, optimizerBefore, optimizerAfter }) {
  const gained = after.accuracy - before.accuracy;
  const result =
    `ε ${format.epsilon(before.epsilon)} → ${format.epsilon(after.epsilon)} and accuracy ` +
    `${format.percent(before.accuracy)} → ${format.percent(after.accuracy)} (${format.points(gained)}, ${evidence}).`;
  if (!stepWasTheLimit({ gained, optimizerBefore, optimizerAfter })) return { result, reason: null };
  const both = (before.epsilon ?? Infinity) > (after.epsilon ?? Infinity);
  return { result, reason: `${both ? "Better privacy and better accuracy at once" : "More accuracy"}: ${STEP_LESSON}` };
}

const STEP_LESSON =
  "the step size was the limit, not the noise. Plain SGD at this learning rate ends before it arrives; " +
  "momentum 0.9 carries the same gradients up to ten times as far.";

function stepWasTheLimit({ gained, optimizerBefore, optimizerAfter }) {
  return optimizerBefore === "sgd" && optimizerAfter === "momentum" && gained > 0;
}

function shortName(name) {
  return SHORT_NAMES[name] ?? name;
}

function word(setting) {
  return SHORT_VALUES[setting] ?? (typeof setting === "number" ? format.value(setting) : String(setting));
}
