/**
 * What the arrow keys say at each point of a chart: [{text, elements}], `elements` being Chart.js's
 * {datasetIndex, index} of what is pointed at. Pure; the models are those that the charts draw.
 */

import * as format from "./format.js";
import { edgesOf } from "./histogram.js";

/** Return the walk over the ends of epochs of a training chart. */
export function trainingWalk({ series: { accuracy } }) {
  return accuracy.flatMap(({ end }, index) => {
    if (!end) return [];
    const words = [
      `Epoch ${end.epoch}: test accuracy ${format.percent(end.accuracy)}`, `training loss ${format.loss(end.loss)}`,
      `ε so far ${format.epsilon(end.epsilon)}`, `clipped ${format.percent(end.clippedFraction, 0)}`,
    ];
    return [{ text: `${words.join(", ")}.`, elements: [{ datasetIndex: 0, index }, { datasetIndex: 1, index }] }];
  });
}

/** Return the walk over the ε curve: what is spent where a run is measured, else what is planned. */
export function budgetWalk({ planned, spent, band }) {
  const [points, datasetIndex, verb] = spent.length ? [spent, 1, "spent"] : [planned, 0, "planned"];
  return points.flatMap(({ x, y }, index) => {
    if (x === 0 || (!Number.isInteger(x) && index < points.length - 1)) return []; // whole epochs, and how far it is now
    const tight = band.find((point) => point.x === x);
    const bound = tight ? `; tightest known bound about ${format.epsilon(tight.y)}` : "";
    return [{ text: `After ${epochsText(x)}: ε ${format.epsilon(y)} ${verb}${bound}.`, elements: [{ datasetIndex, index }] }];
  });
}

const epochsText = (epochs) => (epochs === 1 ? "1 epoch" : `${format.value(epochs)} epochs`);

/** Return the walk over the bins that hold anything, before or after clipping. */
export function normsWalk({ before, after }) {
  return before.flatMap(({ y, bin }, index) => {
    const clipped = after[index];
    if (index % 2 || (y === 0 && clipped.y === 0)) return [];
    const [low, high] = edgesOf(bin).map((edge) => format.value(Number(edge.toPrecision(2))));
    const text = `Norm ${low} to ${high}: ${y.toFixed(1)} % of examples before clipping, ${clipped.y.toFixed(1)} % after.`;
    return [{ text, elements: [{ datasetIndex: 0, index }, { datasetIndex: 1, index }] }];
  });
}

/** Return the walk over the clipped share by epoch. */
export function clippedWalk({ points }) {
  return points.map(({ x, y }, index) => ({ text: `Epoch ${x}: ${y.toFixed(1)} % clipped.`, elements: [{ datasetIndex: 0, index }] }));
}

/** Return the walk over signal and noise by epoch. */
export function signalWalk({ signal, noise }) {
  const rounded = (norm) => format.value(Number(norm.toPrecision(2)));
  return signal.map(({ x, y }, index) => {
    const other = noise[index];
    const against = other ? `, noise ${rounded(other.y)}` : "";
    const elements = [{ datasetIndex: 0, index }, ...(other ? [{ datasetIndex: 1, index }] : [])];
    return { text: `Epoch ${x}: signal ${rounded(y)}${against}.`, elements };
  });
}

/** Return the walk over the classes, as they stand. */
export function classesWalk({ labels, own, baseline, gaps }) {
  return own.map((accuracy, index) => {
    const beside = gaps.length ? `, ${baseline[index].toFixed(1)} % without privacy, gap ${gaps[index].toFixed(1)} points` : "";
    const elements = [{ datasetIndex: 0, index }, ...(gaps.length ? [{ datasetIndex: 1, index }] : [])];
    return { text: `Class ${labels[index]}: ${accuracy.toFixed(1)} %${beside}.`, elements };
  });
}

/** The walks by the figure, and those of the gradients by their view. */
export const WALKS = {
  training: trainingWalk, privacy: budgetWalk, classes: classesWalk,
  clipping: (model) => ({ norms: normsWalk, clipped: clippedWalk, signal: signalWalk })[model.view](model),
};
