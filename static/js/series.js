/** From a run document to the numbers that the charts draw. Pure; percentages are 0..100, x is in epochs. */

export const MOST_POINTS = 400; // Chart.js does not decimate dashed lines, so series are thinned here

const NEVER = 0.005; // an accuracy that is written as 0 %
const GUESSES = 10; // classes, where a document does not say

/** Return the training curves: {epochs, accuracy, loss, baselineAccuracy, baselineLoss, guessing}. */
export function trainingSeries(document) {
  const own = curve(document, document.parameters);
  const baseline = document.baseline ? curve(document.baseline, document.parameters) : { accuracy: [], loss: [] };
  return {
    epochs: document.parameters.epochs,
    accuracy: own.accuracy,
    loss: own.loss,
    baselineAccuracy: baseline.accuracy,
    baselineLoss: baseline.loss,
    guessing: 100 / (document.dataset?.classes ?? GUESSES),
  };
}

/** Return the ε curves: {epochs, planned, spent, budget, unlimited}; `unlimited` says why there is none, or is null. A simulation spends nothing, so its `spent` is empty. */
export function budgetSeries(document, planned = document) {
  const measured = document.evidence === "measured";
  return {
    epochs: Math.max(document.parameters.epochs, planned.parameters.epochs),
    planned: fromZero((planned.privacy.per_epoch ?? []).map(({ epoch, epsilon }) => ({ x: epoch, y: epsilon }))),
    spent: measured ? fromZero(spentPoints(document)) : [],
    budget: planned.parameters.privacy_budget,
    unlimited: planned.privacy.epsilon === null ? `no curve: ε is infinite (σ ${planned.parameters.noise_multiplier})` : null,
  };
}

/**
 * Return the gradient-norm histograms: {before, after, clippingNorm, clipped, top, below, pile} with shares in per cent.
 * `top` leaves room above the inner bins; `below` is the lowest bin where it is higher than that, else null;
 * `pile` is the share that lies in the bin of C after clipping, which is the highest one then.
 */
export function clippingSeries(document) {
  const norms = document.gradient_norms;
  const none = { before: [], after: [], clippingNorm: document.parameters.clipping_norm, clipped: 0, top: 10, below: null, pile: 0 };
  if (!norms) return none;
  const before = inPercent(norms.before);
  const inner = before.length > 2 ? before.slice(1, -1) : before; // the outer bins also hold all that lies beyond them
  const top = niceCeiling(1.3 * Math.max(1, ...inner.map(({ y }) => y)));
  const below = before[0]?.y > top ? before[0] : null;
  const after = inPercent(norms.after);
  const pile = after.findLast(({ y }) => y > 0)?.y ?? 0;
  const clipped = 100 * norms.clipped_fraction;
  return { before, after, clippingNorm: norms.clipping_norm, clipped, top, below, pile };
}

/** Return the test accuracy of each class: {labels, own, baseline} in per cent; baseline [] where there is none. */
export function classSeries(document) {
  const own = document.per_class_accuracy ?? [];
  const baseline = document.baseline?.per_class_accuracy ?? [];
  const labels = document.dataset?.class_names ?? own.map((_, index) => String(index));
  return { labels, own: own.map(hundredfold), baseline: baseline.map(hundredfold) };
}

/** Return {worst, best} of the classes as {label, accuracy} (fractions) and how many are `never` right, or null before there is a result. */
export function extremes(document) {
  const accuracies = document.per_class_accuracy;
  if (!accuracies?.length) return null;
  const { labels } = classSeries(document);
  const ranked = accuracies.map((accuracy, index) => ({ label: labels[index], accuracy }));
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

/** Return training curves cut off after a share 0..1 of the epochs, for a replay. */
export function revealed(series, share) {
  if (share >= 1) return series;
  const end = share * series.epochs;
  const cut = (points) => points.filter(({ x }) => x <= end);
  const { accuracy, loss, baselineAccuracy, baselineLoss } = series;
  return {
    ...series, accuracy: cut(accuracy), loss: cut(loss),
    baselineAccuracy: cut(baselineAccuracy), baselineLoss: cut(baselineLoss),
  };
}

function curve({ epochs = [], iterations = [] }, { batch_size: batchSize, train_size: trainSize, epochs: total }) {
  const ends = epochs.map((point) => ({ ...point, x: point.epoch, kept: true }));
  const taken = new Set(ends.map(({ iteration }) => iteration));
  const between = iterations
    .filter(({ iteration }) => !taken.has(iteration))
    .map((point) => ({ ...point, x: Math.min((point.iteration * batchSize) / trainSize, total) }));
  const points = thin([...between, ...ends].sort((first, second) => first.x - second.x));
  return {
    accuracy: points.map((point) => ({ x: point.x, y: hundredfold(point.accuracy), ...details(point) })),
    loss: points.map((point) => ({ x: point.x, y: point.loss, ...details(point) })),
  };
}

function details(point) {
  return point.kept ? { end: point } : {};
}

function spentPoints({ epochs, epsilon_spent: epsilonSpent, progress, parameters }) {
  const ends = epochs.map(({ epoch, epsilon }) => ({ x: epoch, y: epsilon }));
  const now = progress ? (progress.steps / progress.steps_total) * parameters.epochs : 0;
  const beyond = epsilonSpent !== null && now > (ends.at(-1)?.x ?? 0);
  return beyond ? [...ends, { x: now, y: epsilonSpent }] : ends;
}

function fromZero(points) {
  const finite = points.filter(({ y }) => y !== null);
  return finite.length ? [{ x: 0, y: 0 }, ...finite] : [];
}

function inPercent(points) {
  return points.map(({ x, y }) => ({ x, y: hundredfold(y) }));
}

function hundredfold(fraction) {
  return fraction === null || fraction === undefined ? null : fraction * 100;
}

function niceCeiling(number) {
  const step = number > 20 ? 10 : number > 8 ? 4 : 2;
  return Math.min(100, Math.ceil(number / step) * step);
}
