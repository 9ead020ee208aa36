/**
 * Rényi divergence of one Poisson-sampled Gaussian step at fractional orders, by the trapezoid rule.
 *
 * w(z) = 1 − q + q·exp((2z − 1)/(2σ²)), z ~ N(0, σ²): Mironov, Talwar, Zhang 2019, theorem 4. Because E[w] = 1,
 * E[w^a] − 1 equals E[w^a − 1 − a(w − 1)], whose integrand is never negative: no digits cancel however small q is.
 * A spacing of at most σ²/2 leaves an error of 1e-16 (see app/privacy/renyi.py).
 */

const MARGIN = 10; // standard deviations around the integrand's bumps, which sit at 0 and at z = a
const NEAR = 1e-4; // |log w| below which the series takes over

/** Return log E[w^a]/(a − 1) in nats for each order a > 1; 0 < q < 1, σ ≥ 0.05. */
export function quadratureRdp({ samplingProbability, noiseMultiplier, orders }) {
  const grid = gridOf(samplingProbability, noiseMultiplier, Math.max(...orders));
  return orders.map((order) => logMoment(grid, order) / (order - 1));
}

/** Return everything of the integrand that does not depend on the order, at points `spacing` apart. */
function gridOf(q, sigma, largest) {
  const spacing = Math.min(sigma, sigma ** 2) / 2;
  const start = -MARGIN * sigma;
  const size = Math.ceil((largest + 2 * MARGIN * sigma) / spacing);
  const arrays = ["logW", "excess", "logDensity", "density", "product"].map((name) => [name, new Float64Array(size)]);
  const grid = { spacing, start, size, sigma, ...Object.fromEntries(arrays) };
  for (let index = 0; index < size; index += 1) fillPoint(grid, index, q);
  return grid;
}

function fillPoint(grid, index, q) {
  const variance = grid.sigma ** 2;
  const z = grid.start + index * grid.spacing;
  const exponent = (2 * z - 1) / (2 * variance);
  const logW = logMixture(q, exponent);
  const logDensity = -(z ** 2) / (2 * variance) - Math.log(grid.sigma * Math.sqrt(2 * Math.PI));
  grid.logW[index] = logW;
  grid.excess[index] = Math.expm1(Math.min(logW, 1)); // w − 1, used where log w ≤ 1
  grid.logDensity[index] = logDensity;
  grid.density[index] = Math.exp(logDensity);
  grid.product[index] = Math.exp(logW + logDensity); // w times the density, which stays finite where w does not
}

/** log(1 − q + q·e^x) without cancellation near 0 and without overflow. */
function logMixture(q, x) {
  const [absent, present] = [Math.log1p(-q), Math.log(q) + x];
  const top = Math.max(absent, present);
  const logW = top + Math.log1p(Math.exp(Math.min(absent, present) - top));
  return Math.abs(logW) < 0.5 ? Math.log1p(q * Math.expm1(x)) : logW;
}

/** Return log E[w^a], summed over the two bumps; `top` keeps w^a in the range of doubles. */
function logMoment(grid, order) {
  const windows = windowsOf(grid, order);
  const top = topOf(grid, windows, order);
  let sum = 0;
  for (const [first, end] of windows) sum += sumOver(grid, first, end, order, top);
  const log = top + Math.log(sum * grid.spacing);
  return log > 0 ? log + Math.log1p(Math.exp(-log)) : Math.log1p(Math.exp(log));
}

function topOf({ logW, logDensity }, windows, order) {
  let top = 0;
  for (const [first, end] of windows) {
    for (let index = first; index < end; index += 1) top = Math.max(top, order * logW[index] + logDensity[index]);
  }
  return top;
}

/** Return the index ranges around 0 and `order`; one range where they meet. */
function windowsOf({ spacing, start, size, sigma }, order) {
  const indexOf = (z) => Math.min(size, Math.max(0, Math.ceil((z - start) / spacing)));
  const reach = MARGIN * sigma;
  if (2 * reach >= order) return [[0, indexOf(order + reach)]];
  return [[0, indexOf(reach)], [indexOf(order - reach), indexOf(order + reach)]];
}

/** Sum (w^a − 1 − a(w − 1))·density·e^−top. */
function sumOver({ logW, excess, logDensity, density, product }, first, end, order, top) {
  const scale = Math.exp(-top);
  let sum = 0;
  for (let index = first; index < end; index += 1) {
    const log = logW[index];
    if (log > 1) {
      const power = Math.exp(order * log + logDensity[index] - top);
      sum += power - scale * (order * product[index] - (order - 1) * density[index]);
    } else if (Math.abs(log) < NEAR) {
      sum += scale * density[index] * series(log, order);
    } else {
      sum += scale * density[index] * (Math.expm1(order * log) - order * excess[index]);
    }
  }
  return sum;
}

/** The first terms of w^a − 1 − a(w − 1) in log w, free of cancellation. */
function series(log, order) {
  return ((order * log ** 2) / 2) * (order - 1 + ((order ** 2 - 1) * log) / 3 + ((order ** 3 - 1) * log ** 2) / 12);
}
