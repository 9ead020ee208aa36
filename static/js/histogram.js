/**
 * Histograms of gradient norms over the bins that all runs share (app/events.py, HISTOGRAM_EDGES): six to a decade from
 * 1e-4 to 1e3, a norm on an edge in the lower one, the outer bins holding all that lies beyond them. Pure; shares are 0..1.
 */

const LOWEST_POWER = -4;
const PER_DECADE = 6;
const BINS = 42;
const ROUNDING = 1e-9; // edges are powers of ten that floating point only nearly meets

export const SHORTEST = 10 ** LOWEST_POWER;
export const LONGEST = 10 ** (LOWEST_POWER + BINS / PER_DECADE);

/** Return the edges [low, high] of a bin 0..41. */
export function edgesOf(bin) {
  return [bin, bin + 1].map((edge) => 10 ** (LOWEST_POWER + edge / PER_DECADE));
}

/** Return the bin that holds a norm; norms beyond the outer edges lie in the outer bins. */
export function binOf(norm) {
  const position = norm > 0 ? (Math.log10(norm) - LOWEST_POWER) * PER_DECADE : 0;
  return Math.min(Math.max(Math.ceil(position - ROUNDING) - 1, 0), BINS - 1);
}

/** Return the share of examples in each of the 42 bins from [{x: norm within the bin, y: share}]. */
export function sharesOf(points) {
  const shares = new Array(BINS).fill(0);
  for (const { x, y } of points) shares[binOf(x)] += y;
  return shares;
}

/** Return about how large a share is longer than `clippingNorm`; within its bin, lengths are taken as even on the log axis. */
export function shareAbove(shares, clippingNorm) {
  const bin = binOf(clippingNorm);
  const longer = shares.slice(bin + 1).reduce((sum, share) => sum + share, 0);
  const [low, high] = edgesOf(bin);
  const above = Math.log(high / clippingNorm) / Math.log(high / low);
  return longer + shares[bin] * Math.min(Math.max(above, 0), 1);
}

/** Return the shares after clipping at `clippingNorm`: everything longer lies in its bin. */
export function afterClipping(shares, clippingNorm) {
  const bin = binOf(clippingNorm);
  const longer = shares.slice(bin + 1).reduce((sum, share) => sum + share, 0);
  return shares.map((share, index) => (index < bin ? share : index === bin ? share + longer : 0));
}

/** Return the outline of a histogram as [{x, y, bin}], two points to a bin, y in per cent. */
export function outlineOf(shares) {
  return shares.flatMap((share, bin) => edgesOf(bin).map((x) => ({ x, y: 100 * share, bin })));
}
