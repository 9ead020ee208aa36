/** How sure a counted share is, and the difference of two. Pure. */

import { binomialHalfWidth } from "../statistics.js";

const Z_95 = 1.959964;

/** Return {share, low, high}: the 95 % Wilson interval (1927) of `right` out of `trials` > 0 independent guesses. */
export function wilsonInterval(right, trials) {
  const share = right / trials;
  const middle = (share + Z_95 ** 2 / (2 * trials)) / (1 + Z_95 ** 2 / trials);
  const half = binomialHalfWidth(share, trials);
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** Return {share, low, high} of first − second, by Newcombe's interval of two Wilson intervals (1998, method 10). */
export function differenceInterval(first, second) {
  const share = first.share - second.share;
  return {
    share,
    low: share - Math.hypot(first.share - first.low, second.high - second.share),
    high: share + Math.hypot(first.high - first.share, second.share - second.low),
  };
}
