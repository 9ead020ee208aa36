/** The little statistics that the page itself does. */

const Z_95 = 1.959964;

/**
 * Return half the width of the 95 % Wilson interval of a proportion (a fraction), or null without trials.
 * `proportion` is 0..1 of `trials` test examples. Never 0, also at 0 % and 100 % (Wilson, 1927).
 */
export function binomialHalfWidth(proportion, trials) {
  if (!(trials > 0) || !(proportion >= 0 && proportion <= 1)) return null;
  const spread = (proportion * (1 - proportion)) / trials + Z_95 ** 2 / (4 * trials ** 2);
  return (Z_95 / (1 + Z_95 ** 2 / trials)) * Math.sqrt(spread);
}
