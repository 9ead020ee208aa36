/** The poll: counts published with Laplace noise, and how often each came out. Pure. */

/** Return a draw of Laplace's distribution with this scale; `uniform()` lies in [0, 1). */
export function laplace(uniform, scale) {
  const share = uniform() - 0.5;
  return -scale * Math.sign(share) * Math.log1p(-2 * Math.abs(share));
}

/** Return how often each whole number came out in `times` publications: Map(count → share), noise of scale 1/ε. */
export function published({ count, epsilon, times, uniform }) {
  const shares = new Map();
  for (let turn = 0; turn < times; turn += 1) {
    const outcome = Math.round(count + laplace(uniform, 1 / epsilon));
    shares.set(outcome, (shares.get(outcome) ?? 0) + 1 / times);
  }
  return shares;
}
