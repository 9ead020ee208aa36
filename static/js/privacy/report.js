/** The privacy report of settings as the page itself can give it, with the field names of POST /api/privacy. */

import { approximateEpsilon, budgetCurve, guaranteedEpsilon, renyiEpsilon, worstCaseEpsilon } from "./accountant.js";
import { interpret, interpretGaussian } from "./interpretation.js";
import { samplingProbabilityOf, stepsAfter } from "./mechanism.js";

const INFINITE_REASON = "without noise epsilon is infinite: nothing is guaranteed";
const SHUFFLE_EXPLANATION = "The Poisson number is not valid for shuffled batches, which can give away several times as much.";

/**
 * Return the report, or null where the mechanism is none (a batch larger than the data). What only the server knows,
 * the tighter PLD figure and the whole statement, is null.
 */
export function privacyReport(mechanism) {
  const { examples, batchSize, epochs, delta, noiseMultiplier, sampling } = mechanism;
  if (batchSize > examples) return null;
  const epsilon = guaranteedEpsilon(mechanism);
  const { epsilon: renyi, order } = renyiEpsilon(mechanism);
  return {
    epsilon, reason: epsilon === null ? INFINITE_REASON : null, valid: sampling === "poisson", delta,
    epsilon_rdp: Number.isFinite(renyi) ? renyi : null, order,
    epsilon_gdp: approximateEpsilon(mechanism),
    epsilon_pld: null, epsilon_pld_reason: "computed by the server, a moment later",
    examples, batch_size: batchSize, epochs, noise_multiplier: noiseMultiplier,
    sampling_probability: samplingProbabilityOf(mechanism), steps: stepsAfter(mechanism),
    per_epoch: budgetCurve(mechanism),
    ...(sampling === "shuffle" ? shuffledPart(mechanism, epsilon) : { shuffle: null, interpretation: interpretationAfter(mechanism) }),
    statement: null, warnings: null,
  };
}

/** Return what `steps` steps (by default all) of Poisson-sampled batches mean, by the whole curve of Rényi accounting. */
export function interpretationAfter(mechanism, steps = stepsAfter(mechanism)) {
  const epsilon = guaranteedEpsilon(mechanism, steps);
  const epsilonAt = epsilon > 0 ? (delta) => renyiEpsilon({ ...mechanism, delta }, steps).epsilon : null;
  return interpret({ epsilon, delta: mechanism.delta, epsilonAt });
}

function shuffledPart(mechanism, epsilon) {
  const shuffle = { worst_case_epsilon: epsilon, lower_bound_epsilon: null, explanation: SHUFFLE_EXPLANATION };
  return { shuffle, interpretation: interpretGaussian({ ...worstCaseEpsilon(mechanism), epsilon }) };
}
