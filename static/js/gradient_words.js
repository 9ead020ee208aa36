/** What the gradient chart's views and the class chart's caption say in words. Pure. */

import { baselineHint } from "./baseline_words.js";
import * as format from "./format.js";
import { extremes } from "./series.js";

const rounded = (number) => format.value(Number(number.toPrecision(2)));

/** Return {title, description} of a view of the gradients, or null for that of the norms at the end, which has its own. */
export function gradientFinding(model, { evidence }) {
  if (model.view === "clipped") return clippedFinding(model, evidence);
  if (model.view === "signal") return signalFinding(model, evidence);
  return model.chosen ? normsFinding(model, evidence) : null;
}

function normsFinding({ epoch, clipped, clippingNorm }, evidence) {
  const share = `${clipped.toFixed(0)}\u00a0%`;
  return {
    title: `Epoch ${epoch}: ${share} of gradients longer than C = ${format.value(clippingNorm)}`,
    description: `Histogram on a logarithmic axis, ${evidence}. In epoch ${epoch}, ${share} of the per-example gradients are longer than C = ${format.value(clippingNorm)} and are scaled down to it.`,
  };
}

function clippedFinding({ points }, evidence) {
  if (!points.length) return { title: "Share of clipped gradients", description: "No gradients yet." };
  const [first, last] = [points[0], points.at(-1)].map(({ y }) => `${y.toFixed(0)}\u00a0%`);
  const path = points.length > 1 ? `from ${first} in epoch ${points[0].x} to ${last} in epoch ${points.at(-1).x}` : `${last} in epoch ${points[0].x}`;
  return {
    title: points.length > 1 ? `Clipped: ${first} at first, ${last} now` : `Clipped: ${last}`,
    description: `Line chart, ${evidence}. The share of per-example gradients that are clipped goes ${path}.`,
  };
}

function signalFinding({ signal, noise, ratio }, evidence) {
  if (ratio === null) return { title: "Signal against noise", description: "No noise to compare with, or no gradients yet." };
  const title = ratio >= 1 ? `Noise per step is ${rounded(ratio)}× the signal` : `Signal per step is ${rounded(1 / ratio)}× the noise`;
  return {
    title,
    description: `Line chart on a logarithmic axis, ${evidence}. At the end the mean clipped gradient has norm ${rounded(signal.at(-1).y)}, the noise on it ${rounded(noise.at(-1).y)}. Noise changes from step to step and averages out; the signal adds up.`,
  };
}

/** Return the caption that names the worst and the best class, or "" before there is a result. */
export function classesCaption(document, { labels, gaps }) {
  const found = extremes(document);
  if (!found) return "";
  const { worst, best } = found;
  const ends = `Worst ${worst.label}: ${format.percent(worst.accuracy, 0)} · best ${best.label}: ${format.percent(best.accuracy, 0)}`;
  if (!gaps.length) return [ends, baselineHint(document)].filter(Boolean).join(" · ");
  return `${ends} · gap ${labels[0]}: ${gaps[0].toFixed(1)} points, ${labels.at(-1)}: ${gaps.at(-1).toFixed(1)}`;
}
