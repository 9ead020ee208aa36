/** The stages of one update and what each says with its numbers. Pure. */

import * as format from "../format.js";

/** Return a vector as "(0.12, −0.30)". */
export const vector = (parts) => `(${parts.map(signed).join(", ")})`;

const signed = (number) => {
  const text = Math.abs(number).toFixed(3);
  return number < 0 && Number(text) !== 0 ? `−${text}` : text;
};

/**
 * The stages in their true order: [id, name, text(scene), numbers(scene)]. A scene is {update, weights, examples (how many),
 * expectedBatch, clippingNorm, noiseMultiplier, learningRate, spent: {before, after, delta}, updatesBefore}; ε null is infinite.
 */
export const STAGES = [
  ["sample", "Sample",
    ({ update, examples, expectedBatch }) => `Each of the ${examples} tosses its own coin and joins with probability ${expectedBatch}/${examples}. ${countOf(update)} joined; ${expectedBatch} are expected. Each dot is where one image would pull; the small ones sit this update out.`,
    ({ update, examples, expectedBatch }) => `q = ${expectedBatch}/${examples} = ${format.value(expectedBatch / examples)}, came ${update.rows.length}`],
  ["gradients", "One gradient for each example",
    ({ update }) => `Not one for the batch: each pull has to be known to be limited. The longest here is ${longest(update)}.`,
    () => "gradient = (p − label)·(middle, sides)"],
  ["clip", "Clip each to length C",
    ({ update, clippingNorm }) => `${clippedCount(update, clippingNorm)} of ${update.rows.length} are longer than C = ${format.value(clippingNorm)} and are shortened to the circle. Directions stay.`,
    () => "clipped = gradient · min(1, C / length)"],
  ["sum", "Sum",
    ({ clippingNorm }) => `Adding or removing any one image moves the thick arrow by at most C = ${format.value(clippingNorm)}.`,
    ({ update }) => `sum = ${vector(update.total)}`],
  ["noise", "Add noise to the sum, once",
    ({ clippingNorm, noiseMultiplier }) => (noiseMultiplier === 0
      ? "σ is 0: no noise, no privacy. Clipping alone protects nobody."
      : `A normal draw with standard deviation σ·C = ${format.value(Number((noiseMultiplier * clippingNorm).toPrecision(3)))} in each direction (shaded: one and two of them). It hides whether one arrow was there.`),
    ({ update }) => `noise = ${vector(update.noise)}, sum + noise = ${vector(update.noisy)}`],
  ["divide", "Divide by the expected batch",
    ({ update, expectedBatch }) => `By ${expectedBatch}, which is public, not by the ${update.rows.length} that came: how many came is private too.`,
    ({ update, expectedBatch }) => `(sum + noise) / ${expectedBatch} = ${vector(update.mean)}`],
  ["step", "Step",
    ({ learningRate }) => `The weights go the opposite way, ${format.value(learningRate)} times as far. Whatever is done with a private gradient costs no more privacy.`,
    ({ update, weights }) => `weights ${vector(weights)} → ${vector(update.weights)}`],
  ["epsilon", "ε ticks",
    ({ spent, updatesBefore }) => (spent.after === null
      ? "Without noise nothing bounds what the update gives away: ε is infinite."
      : `Update ${updatesBefore + 1}: ε ${format.epsilon(spent.before)} → ${format.epsilon(spent.after)} at δ = ${format.value(spent.delta)}. ${updatesBefore === 0 ? "The first costs most; later ones add less each." : "Each later one adds little."}`),
    ({ spent, examples }) => `δ below 1/N = ${format.value(Number((1 / examples).toPrecision(2)))}; ε = ${format.epsilon(spent.after)}`],
];

const countOf = ({ rows }) => (rows.length === 0 ? "Nobody" : String(rows.length));
const longest = ({ rows }) => (rows.length ? Math.max(...rows.map(({ norm }) => norm)).toFixed(3) : "none");
const clippedCount = ({ rows }, limit) => rows.filter(({ norm }) => norm > limit).length;

/** Return the table of an update: {caption, columns, rows} of text. */
export function tableOf({ rows }) {
  return {
    caption: "The images of this update",
    columns: ["Image", "Shows", "Middle, sides", "Gradient", "Length", "Clipped", "Length"],
    rows: rows.map(({ index, label, features, gradient, norm, clipped }) => [
      `No. ${index + 1}`, String(label), vector(features), vector(gradient), norm.toFixed(3), vector(clipped), Math.hypot(...clipped).toFixed(3),
    ]),
  };
}
