/** What no attack can do, by the mechanism's own privacy curve and by (ε, δ) alone, as the rows of a table. Pure. */

import { accusedBelief } from "./attack_bounds.js";
import { interpret, roundedUp } from "./privacy/interpretation.js";

const PRIOR = 0.1;
const FALSE_ALARMS = 0.01;
const OF_THE_PAIR = "(ε, δ) alone"; // how an interpretation names where it comes from

/**
 * Return {columns, rows} of text: what an attacker may reach by `bounds`, the mechanism's own (null or from the pair: not
 * known, but where ε is 0 or infinite exact), by ε (null: infinite) and δ alone, and what guessing reaches.
 */
export function attackTable({ epsilon, delta, bounds = null }) {
  const pair = ofCurve(interpret({ epsilon, delta }));
  const own = bounds && (bounds.source !== OF_THE_PAIR || !epsilon) ? ofCurve(bounds) : null;
  const rows = ROWS.filter(({ name }) => !own || name in own).map(({ name, label, guessing }) => [
    label, own ? roundedUp(own[name]) : "–", roundedUp(pair[name]), guessing,
  ]);
  return { columns: ["At most", "here", "at this ε, δ", "guessing"], rows };
}

const ROWS = [
  { name: "guess", label: "Right guess, every second one a member", guessing: "50 %" },
  { name: "success", label: "Right guess, one in ten a member", guessing: "90 %" },
  { name: "advantage", label: "Advantage: caught less false alarms", guessing: "0 %" },
  { name: "onePercent", label: "Caught at 1 % false alarms", guessing: "1 %" },
  { name: "tenthPercent", label: "Caught at 0.1 % false alarms", guessing: "0.1 %" },
  { name: "belief", label: "Rightly accused then, one in ten a member", guessing: "10 %" },
];

function ofCurve({ advantage, tpr_at_1pct_fpr: onePercent, tpr_at_0_1pct_fpr: tenthPercent, success_at_10pct_prior: success }) {
  const belief = accusedBelief({ truePositives: onePercent, falsePositives: FALSE_ALARMS, prior: PRIOR });
  return { guess: (1 + advantage) / 2, ...(typeof success === "number" ? { success } : {}), advantage, onePercent, tenthPercent, belief };
}
