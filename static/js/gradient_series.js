/** From a run document to the three views of its gradients. Pure; percentages are 0..100, x is a norm or an epoch. */

import { afterClipping, outlineOf, shareAbove, sharesOf } from "./histogram.js";

/**
 * Return the gradient-norm histograms of one epoch: {epoch, epochs, before, after, shares, clippingNorm, clipped,
 * wouldBe}. `epoch` picks one (null: the newest); `wouldBe` is a clipping norm that is being tried, or null.
 *
 * `before` and `after` are outlines in per cent. `clipped` is the document's own figure; that of `wouldBe`
 * {norm, clipped} is read off the histogram.
 */
export function normSeries(document, { epoch = null, wouldBe = null } = {}) {
  const measured = document.epochs.filter((point) => point.gradient_norm_histogram);
  const point = measured.find((candidate) => candidate.epoch === epoch) ?? measured.at(-1) ?? null;
  const histogram = point?.gradient_norm_histogram ?? document.gradient_norms;
  const clippingNorm = document.gradient_norms?.clipping_norm ?? document.parameters.clipping_norm;
  const tried = wouldBe !== null && wouldBe !== clippingNorm;
  const base = { epoch: point?.epoch ?? null, epochs: measured.map((own) => own.epoch), clippingNorm };
  if (!histogram) return { ...base, ...NOTHING, wouldBe: tried ? { norm: wouldBe, clipped: null } : null };
  const shares = sharesOf(histogram.before);
  const after = tried ? afterClipping(shares, wouldBe) : sharesOf(histogram.after);
  return {
    ...base, shares, before: outlineOf(shares), after: outlineOf(after),
    clipped: 100 * (point?.clipped_fraction ?? document.gradient_norms.clipped_fraction),
    wouldBe: tried ? { norm: wouldBe, clipped: 100 * shareAbove(shares, wouldBe) } : null,
  };
}

const NOTHING = { shares: [], before: [], after: [], clipped: null };

/** Return the clipped share over epochs: {epochs, points} with y in per cent. */
export function clippedSeries(document) {
  const points = document.epochs.filter(({ clipped_fraction: share }) => share !== null && share !== undefined);
  return { epochs: document.parameters.epochs, points: points.map((point) => ({ x: point.epoch, y: 100 * point.clipped_fraction })) };
}

/**
 * Return what a step follows and what hides it: {epochs, signal, noise, low, high, ratio} over epochs. Signal is the norm of
 * the mean clipped gradient, noise that of the noise on it; `ratio` is noise by signal at the end (null without either);
 * `low` and `high` are whole powers of ten around both.
 */
export function signalSeries(document) {
  const curve = (name) => document.epochs.filter((point) => point[name] > 0).map((point) => ({ x: point.epoch, y: point[name] }));
  const [signal, noise] = [curve("signal_norm"), curve("noise_norm")];
  const norms = [...signal, ...noise].map(({ y }) => y);
  return {
    epochs: document.parameters.epochs, signal, noise,
    low: norms.length ? 10 ** Math.floor(Math.log10(Math.min(...norms))) : 0.01,
    high: norms.length ? 10 ** Math.floor(Math.log10(Math.max(...norms)) + 1) : 1,
    ratio: signal.length && noise.length ? noise.at(-1).y / signal.at(-1).y : null,
  };
}
