/** From a run document to the curves and bars that the charts draw. Pure; percentages are 0..100. */

import { guaranteedEpsilon } from "./privacy/accountant.js";
import { mechanismOf, stepsAfter } from "./privacy/mechanism.js";
import { bandOf } from "./tight_curve.js";

export const MOST_POINTS = 400; // Chart.js does not decimate dashed lines, so series are thinned here

const NEVER = 0.005; // an accuracy that is written as 0 %
const GUESSES = 10; // classes, where a document does not say
const EARLY = [0, 1 / 16, 1 / 8, 1 / 4, 1 / 2]; // shares of the first epoch, in which ε rises steeply

/**
 * Return the training curves over epochs, or with `by` "iteration" over steps:
 * {by, length, accuracy, loss, baselineAccuracy, baselineLoss, guessing, pins}; `pins` are those of the pinned runs.
 */
export function trainingSeries(document, { by = "epoch", pins = [] } = {}) {
  const own = curve(document, { by });
  const baseline = document.baseline ? curve(document.baseline, { by, parameters: document.parameters }) : { accuracy: [], loss: [] };
  const lengths = [document, ...pins.map(({ run }) => run)].map((run) => (by === "epoch" ? run.parameters.epochs : stepsOf(run)));
  return {
    by, length: Math.max(...lengths), accuracy: own.accuracy, loss: own.loss,
    baselineAccuracy: baseline.accuracy, baselineLoss: baseline.loss,
    guessing: 100 / (document.dataset?.classes ?? GUESSES),
    pins: pins.map(({ number, name, run }) => ({ number, name, evidence: run.evidence, ...curve(run, { by }) })),
  };
}

/**
 * Return the ε curves: {epochs, planned, spent, band, budget, unlimited, pins}; `unlimited` says why there is none, or is
 * null. A simulation spends nothing, so its `spent` is empty. `band` are the lower ends of the band below `planned`, from `tight` (tight_curve.js).
 */
export function budgetSeries(document, planned = document, { tight = null, pins = [] } = {}) {
  const measured = document.evidence === "measured";
  const epochs = [document, planned, ...pins.map(({ run }) => run)].map(({ parameters }) => parameters.epochs);
  const curve = fromZero(plannedPoints(planned));
  return {
    epochs: Math.max(...epochs),
    planned: curve,
    spent: measured ? fromZero(spentPoints(document)) : [],
    band: bandOf(curve, tight, planned.parameters),
    budget: planned.parameters.privacy_budget,
    unlimited: planned.privacy.epsilon === null ? `no curve: ε is infinite (σ ${planned.parameters.noise_multiplier})` : null,
    pins: pins.map(({ number, name, run }) => ({
      number, name, evidence: run.evidence,
      points: fromZero(run.evidence === "measured" ? spentPoints(run) : plannedPoints(run)),
    })),
  };
}

/**
 * Return the test accuracy of each class: {labels, own, baseline, gaps} in per cent and points; baseline and gaps [] where
 * there is none. With a baseline the classes stand by their gap, the widest first.
 */
export function classSeries(document) {
  const accuracies = document.per_class_accuracy ?? [];
  const others = accuracies.length ? (document.baseline?.per_class_accuracy ?? []) : [];
  const names = document.dataset?.class_names ?? accuracies.map((_, index) => String(index));
  const gaps = others.map((other, index) => other - accuracies[index]);
  const order = accuracies.map((_, index) => index);
  if (gaps.length) order.sort((first, second) => gaps[second] - gaps[first] || first - second);
  return {
    labels: accuracies.length ? order.map((index) => names[index]) : names,
    own: order.map((index) => hundredfold(accuracies[index])),
    baseline: gaps.length ? order.map((index) => hundredfold(others[index])) : [],
    gaps: gaps.length ? order.map((index) => hundredfold(gaps[index])) : [],
  };
}

/** Return {worst, best} of the classes as {label, accuracy} (fractions) and how many are `never` right, or null before there is a result. */
export function extremes(document) {
  const accuracies = document.per_class_accuracy;
  if (!accuracies?.length) return null;
  const names = document.dataset?.class_names ?? accuracies.map((_, index) => String(index));
  const ranked = accuracies.map((accuracy, index) => ({ label: names[index], accuracy }));
  ranked.sort((first, second) => first.accuracy - second.accuracy);
  const never = accuracies.filter((accuracy) => accuracy < NEVER).length;
  return { worst: ranked[0], best: ranked.at(-1), never };
}

/** Return at most `limit` of the points, evenly chosen; the first, the last and those marked `kept` stay. */
export function thin(points, limit = MOST_POINTS) {
  if (points.length <= limit) return points;
  const marked = points.filter(({ kept }) => kept).length;
  const stride = Math.ceil(points.length / Math.max(limit - marked - 2, 1));
  return points.filter((point, index) => point.kept || index % stride === 0 || index === points.length - 1);
}

/** Return training curves cut off after a share 0..1 of their length, for a replay; pinned runs stay whole. */
export function revealed(series, share) {
  if (share >= 1) return series;
  const end = share * series.length;
  const cut = (points) => points.filter(({ x }) => x <= end);
  const { accuracy, loss, baselineAccuracy, baselineLoss } = series;
  return {
    ...series, accuracy: cut(accuracy), loss: cut(loss),
    baselineAccuracy: cut(baselineAccuracy), baselineLoss: cut(baselineLoss),
  };
}

function curve({ epochs = [], iterations = [], parameters: own }, { by, parameters = own }) {
  const { batch_size: batchSize, train_size: trainSize, epochs: total } = parameters;
  const place = (point) => {
    if (by === "iteration") return point.iteration;
    return point.epoch ?? Math.min((point.iteration * batchSize) / trainSize, total);
  };
  const ends = epochs.map((point) => ({ ...point, kept: true }));
  const taken = new Set(ends.map(({ iteration }) => iteration));
  const between = iterations.filter(({ iteration }) => !taken.has(iteration));
  const placed = [...between, ...ends].map((point) => ({ ...point, x: place(point) }));
  const points = thin(placed.sort((first, second) => first.x - second.x));
  return {
    accuracy: points.map((point) => ({ x: point.x, y: hundredfold(point.accuracy), ...details(point) })),
    loss: points.map((point) => ({ x: point.x, y: point.loss, ...details(point) })),
  };
}

/** Return what a point tells when it is pointed at: an epoch's `end`, or the step between two ends. */
function details({ kept, epoch, iteration, accuracy, loss, epsilon, clipped_fraction: clippedFraction, seconds }) {
  return kept ? { end: { epoch, iteration, accuracy, loss, epsilon, clippedFraction, seconds } } : { iteration };
}

function stepsOf({ parameters: { epochs, train_size: trainSize, batch_size: batchSize }, privacy }) {
  return privacy?.steps ?? Math.ceil((epochs * trainSize) / batchSize);
}

function plannedPoints({ parameters, privacy }) {
  const ends = (privacy.per_epoch ?? []).map(({ epoch, epsilon }) => ({ x: epoch, y: epsilon }));
  return [...earlyPoints({ parameters, privacy }), ...ends];
}

/** Return ε within the first epoch by the page's own accountant, from the first step on: the curve begins with a jump. */
function earlyPoints({ parameters, privacy }) {
  if (!(privacy.per_epoch?.[0]?.epsilon > 0)) return [];
  const mechanism = mechanismOf(parameters);
  const all = stepsAfter(mechanism, 1);
  const steps = [...new Set(EARLY.map((share) => Math.max(1, Math.round(share * all))))].filter((step) => step < all);
  return steps.map((step) => ({ x: step / all, y: guaranteedEpsilon(mechanism, step) }));
}

function spentPoints({ epochs, epsilon_spent: epsilonSpent, progress, parameters, privacy }) {
  const ends = epochs.map(({ epoch, epsilon }) => ({ x: epoch, y: epsilon }));
  const now = progress ? (progress.steps / progress.steps_total) * parameters.epochs : 0;
  const early = earlyPoints({ parameters, privacy }).filter(({ x }) => x < Math.max(now, ends.at(-1)?.x ?? 0));
  const beyond = epsilonSpent !== null && now > (ends.at(-1)?.x ?? 0);
  return [...early, ...ends, ...(beyond ? [{ x: now, y: epsilonSpent }] : [])];
}

function fromZero(points) {
  const finite = points.filter(({ y }) => y !== null);
  return finite.length ? [{ x: 0, y: 0 }, ...finite] : [];
}

function hundredfold(fraction) {
  return fraction === null || fraction === undefined ? null : fraction * 100;
}
