/** What the tiles, the meter and the badge say of a result. Pure. */

import { truePositiveBound } from "./attack_bounds.js";
import * as format from "./format.js";
import { levelOf, NO_PROTECTION_EPSILON, roundedUp } from "./privacy/interpretation.js";
import { mechanismOf } from "./privacy/mechanism.js";
import { interpretationAfter } from "./privacy/report.js";
import { hasEnded } from "./run_states.js";
import { named } from "./settings.js";
import { binomialHalfWidth } from "./statistics.js";

/** Return the badge that every result carries: SIMULATED, MEASURED, or NOT RUN where there is none yet. */
export const badgeOf = ({ evidence }) => (evidence === "planned" ? "NOT RUN" : evidence.toUpperCase());

/**
 * Return the ε to show and what it is: {epsilon, verb, note}. A simulation plans ε, a measured run has spent it; for
 * shuffled batches, which the Poisson analysis does not cover, it is the worst case. `accountant` "pld" shows the tighter
 * bound where it is known: for all that is planned, or of a run that has ended.
 */
export function headlineOf(document, accountant = "rdp") {
  const { privacy, evidence, epsilon_spent: spent, parameters } = document;
  const charged = chargedOf(document);
  const atDelta = `at δ ${format.value(parameters.delta)}`;
  if (privacy.valid === false) {
    const note = `${atDelta}, worst case: shuffled batches are not covered by the Poisson analysis`;
    return { epsilon: privacy.epsilon, verb: "in the worst case", note };
  }
  const measured = evidence === "measured";
  const [epsilon, verb] = measured ? [spent, "spent"] : [privacy.epsilon, "planned"];
  const tight = measured && !hasEnded(document) ? null : (privacy.epsilon_pld ?? null);
  const charge = charged === null ? "" : `; with lost attempts ε ${format.epsilon(charged)}`;
  if (accountant === "pld" && tight !== null) return { epsilon: tight, verb, note: `${atDelta} (PLD)${charge}` };
  return { epsilon, verb, note: `${atDelta} (RDP${accountant === "pld" ? "; PLD follows" : ""})${charge}` };
}

/** Return the ε (RDP) of all attempts of a run of which some were lost, as far as it is more than the last one's, else null. */
export function chargedOf({ attempts, epsilon_charged: charged, epsilon_spent: spent }) {
  return attempts?.length && charged > spent ? charged : null;
}

/**
 * Return the bounds on attacks on what has been spent or is planned (the fields of privacy.interpretation), or null where
 * ε and δ are all that is known: lost attempts are not in a run's own, and while it goes on its own are of the whole plan.
 */
export function boundsOf(document) {
  const { evidence, privacy, parameters, progress } = document;
  if (chargedOf(document) !== null) return null;
  if (evidence !== "measured" || hasEnded(document)) return privacy.interpretation ?? null;
  return privacy.valid === false ? null : interpretationAfter(mechanismOf(parameters), progress?.steps ?? 0);
}

const BANDS = { strong: "Strong", good: "Good", weak: "Weak", little: "Little formal protection" };
const FALSE_ALARMS = 0.01;

/**
 * Return what an ε at δ is worth in a word, and the bound that justifies it: no attack of any kind finds more members.
 * `bounds` = {level, tpr_at_1pct_fpr} of the same mechanism, where they are known, say more than ε and δ alone.
 */
export function bandSentence(epsilon, delta, bounds = null) {
  const alone = () => truePositiveBound({ epsilon: epsilon ?? Infinity, delta, falsePositives: FALSE_ALARMS });
  const caught = bounds?.tpr_at_1pct_fpr ?? alone();
  const word = epsilon === null || epsilon > NO_PROTECTION_EPSILON ? "No protection" : BANDS[bounds?.level ?? levelOf(epsilon)];
  return `${word}: at 1 % false alarms, an attacker finds at most ${roundedUp(caught)} of the members`;
}

/** Return how sure the accuracy is: by the test set for a measured run, by real runs that were held back for a simulation. */
export function uncertaintyOf(document) {
  const { final_metrics: metrics, dataset, simulation_error: error, evidence } = document;
  if (!metrics && evidence === "planned") return "known once it is trained";
  if (!metrics) return hasEnded(document) ? "no epoch ended" : "after the first epoch";
  if (error) return `± ${error.single_run.toFixed(1)}, mean distance to real runs`;
  const halfWidth = binomialHalfWidth(metrics.accuracy, dataset?.test_examples);
  if (!halfWidth) return "";
  return `± ${(100 * halfWidth).toFixed(1)} (95 %, ${format.count(dataset.test_examples)} test examples)`;
}

/** Return what was trained, "MNIST, 60,000 examples · tutorial CNN · SGD · seed 1". */
export function contextOf(document, catalog) {
  const { parameters, dataset, model } = document;
  const optimizer = named(catalog.optimizers, parameters.optimizer);
  const seed = document.evidence === "planned" ? [] : [parameters.seed === null ? "secret seed" : `seed ${parameters.seed}`];
  return [
    `${brief(dataset?.title ?? parameters.dataset)}, ${format.count(parameters.train_size)} examples`,
    brief(model?.title ?? parameters.model),
    optimizer?.title ?? parameters.optimizer,
    ...seed,
  ].join(" · ");
}

/** Return the short live line of the phone's bottom bar, "SIMULATED · ε 2.73 of 3 · 82 %". */
export function liveLine(document, accountant = "rdp") {
  const budget = format.value(document.parameters.privacy_budget);
  const accuracy = document.final_metrics ? format.percent(document.final_metrics.accuracy, 0) : "no epoch yet";
  return `${badgeOf(document)} · ε ${format.epsilon(headlineOf(document, accountant).epsilon)} of ${budget} · ${accuracy}`;
}

/** Return a title without its remark in brackets. */
function brief(title) {
  return title.replace(/ \(.*\)$/, "");
}
