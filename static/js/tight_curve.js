/**
 * The band between two valid upper bounds on ε: Rényi (RDP, the headline) above, the privacy loss distribution (PLD, tighter
 * and slower) below. The server gives PLD for one number of epochs a call, so it is asked at a few and filled in between.
 */

export const MECHANISM = ["task", "dataset", "train_size", "sampling", "noise_multiplier", "batch_size", "epochs", "delta"];
const SHARES = [0, 1 / 8, 1 / 4, 1 / 2];

/** Return what tells one ε curve from another, as text. */
export const mechanismKey = (parameters) => JSON.stringify(MECHANISM.map((name) => parameters[name] ?? null));

/** Return the epochs before the last one at which PLD is asked for: the first, and fewer the later. */
export function epochsToAsk(epochs) {
  return [...new Set(SHARES.map((share) => Math.max(1, Math.round(share * epochs))))].filter((epoch) => epoch < epochs);
}

/**
 * Return the lower ends [{x, y}] of the band at the points of `planned`, [] where it is not known. Between two epochs that
 * were asked for, the ratio of the two bounds is taken as linear in the logarithm of the epoch; `tight` is {key, points: [{epoch, epsilon}]}.
 */
export function bandOf(planned, tight, parameters) {
  if (!tight || tight.points.length < 2 || tight.key !== mechanismKey(parameters)) return [];
  const bounds = new Map(planned.map(({ x, y }) => [x, y]));
  const known = tight.points
    .filter(({ epoch }) => bounds.get(epoch) > 0)
    .map(({ epoch, epsilon }) => ({ at: Math.log(epoch), ratio: Math.min(epsilon / bounds.get(epoch), 1) }));
  return planned.map(({ x, y }) => ({ x, y: x > 0 ? y * ratioAt(known, Math.log(x)) : 0 }));
}

function ratioAt(known, at) {
  const next = known.findIndex((point) => point.at >= at);
  if (next <= 0) return known.at(next).ratio; // at or before the first, or beyond the last
  const [first, second] = [known[next - 1], known[next]];
  return first.ratio + ((second.ratio - first.ratio) * (at - first.at)) / (second.at - first.at);
}

/**
 * Keep `state.tight` in step with the curve that is planned: ask(parameters, epochs) is called in turn for the epochs of a
 * mechanism whose last point is known, and stops as soon as `current()` is about another one.
 */
export async function followTightCurve({ ask, current, found }) {
  const { parameters, privacy } = current();
  const key = mechanismKey(parameters);
  const points = [{ epoch: parameters.epochs, epsilon: privacy.epsilon_pld }];
  for (const epoch of epochsToAsk(parameters.epochs)) {
    const epsilon = await ask(parameters, epoch);
    if (mechanismKey(current().parameters) !== key) return;
    if (epsilon === null) return;
    points.push({ epoch, epsilon });
  }
  found({ key, points: points.sort((first, second) => first.epoch - second.epoch) });
}

/** Return the PLD bounds that are known, by epoch: those that were asked for, and the document's own at its end. */
export function plannedPldOf(tight, { parameters, privacy }) {
  const asked = tight?.key === mechanismKey(parameters) ? tight.points : [];
  const end = privacy.epsilon_pld ?? null;
  const known = asked.map(({ epoch, epsilon }) => [epoch, epsilon]);
  return new Map(end === null ? known : [...known, [parameters.epochs, end]]);
}
