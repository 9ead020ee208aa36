/** The standard normal distribution, to about twelve digits, also far out in its tails. */

const HALF_LOG_2PI = 0.9189385332046727; // log(2π)/2
const CENTRAL = 2.5; // standard deviations within which the series is used, beyond it the fraction

/** Return log Φ(x); exact in the lower tail, where Φ itself leaves the doubles. */
export function logCdf(x) {
  if (x < -CENTRAL) return logTail(-x);
  return x > CENTRAL ? Math.log1p(-Math.exp(logTail(x))) : Math.log(centralCdf(x));
}

/** Return Φ(x), 0..1. */
export const cdf = (x) => Math.exp(logCdf(x));

/** Φ(x) = 1/2 + φ(x)·(x + x³/3 + x⁵/(3·5) + …): Marsaglia 2004. */
function centralCdf(x) {
  let [sum, term] = [x, x];
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-(x * x) / 2 - HALF_LOG_2PI);
}

/** log(1 − Φ(x)) for x > 2.5 by the continued fraction φ(x)/(x + 1/(x + 2/(x + 3/…))), from its 120th term back. */
function logTail(x) {
  let fraction = x;
  for (let term = 120; term >= 1; term -= 1) fraction = x + term / fraction;
  return -(x * x) / 2 - HALF_LOG_2PI - Math.log(fraction);
}
