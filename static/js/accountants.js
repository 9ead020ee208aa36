/** What each accountant says of a mechanism, which of them is claimed, and how they differ, in words. Pure. */

import * as format from "./format.js";
import { worstCaseEpsilon } from "./privacy/accountant.js";
import { mechanismOf } from "./privacy/mechanism.js";

const NOT_VALID = "for Poisson sampling only; not valid for shuffled batches";

/**
 * Return the rows of the comparison: [{name, epsilon (null: infinite, undefined: not known), share, note, role}]; `share`
 * 0..1 is the length of a bar, `role` "headline", "bound", "below" (a lower bound), "approximation" or "invalid".
 * `pending` says that the slower accountant has not answered yet.
 */
export function accountantRows({ privacy, pending = false }) {
  const rows = privacy.valid === false ? shuffledRows(privacy) : poissonRows(privacy, pending);
  const longest = Math.max(...rows.map(({ epsilon }) => (Number.isFinite(epsilon) ? epsilon : 0)));
  const share = ({ epsilon }) => (epsilon === null ? 1 : epsilon === undefined || longest === 0 ? 0 : epsilon / longest);
  return rows.map((row) => ({ ...row, share: share(row) }));
}

function poissonRows(privacy, pending) {
  const missing = pending ? "computing…" : `not given: ${privacy.epsilon_pld_reason ?? "not computed"}`;
  const tight = privacy.epsilon_pld;
  return [
    { name: "RDP", epsilon: privacy.epsilon_rdp, role: "headline", note: "the headline: an upper bound, quick enough to follow a slider and never below PLD" },
    { name: "PLD", epsilon: tight ?? undefined, role: "bound", note: tight === null ? missing : "an upper bound too, the tightest known; verdicts use it" },
    { name: "GDP", epsilon: privacy.epsilon_gdp, role: "approximation", note: "a central-limit approximation: it may lie below the truth, so it is never a guarantee" },
  ];
}

/** Return the rows for shuffled batches: only the worst case holds; the accountants of Poisson sampling do not apply. */
function shuffledRows({ epsilon, shuffle, ...privacy }) {
  const lower = shuffle?.lower_bound_epsilon;
  const poisson = [["RDP", privacy.epsilon_rdp], ["PLD", privacy.epsilon_pld], ["GDP", privacy.epsilon_gdp]];
  return [
    { name: "Worst case", epsilon, role: "headline", note: "the headline: an upper bound, each pass as one unhidden use of the example" },
    ...(typeof lower === "number" ? [{ name: "At least", epsilon: lower, role: "below", note: "no analysis that allows arbitrary gradients can prove less" }] : []),
    ...poisson.filter(([, value]) => typeof value === "number").map(([name, value]) => ({ name, epsilon: value, role: "invalid", note: NOT_VALID })),
  ];
}

/** Return what the differences between the accountants mean, or "" where there is nothing to compare. */
export function accountantsSentence({ valid, epsilon_rdp: rdp, epsilon_pld: pld, epsilon_gdp: gdp }) {
  if (valid === false || !(rdp > 0)) return "";
  if (!(pld > 0)) return "";
  const loose = `RDP is ${above(rdp, pld)} PLD: both hold, RDP only proves less.`;
  if (!(gdp > 0)) return loose;
  const optimistic = gdp < pld
    ? `GDP is ${above(pld, gdp, "below")} PLD: whoever reports it promises more than is proved.`
    : `GDP happens to be ${above(gdp, pld)} PLD here; at other settings it is below.`;
  return `${loose} ${optimistic}`;
}

/** Return by how much the larger figure is over (or the smaller under) the other: in per cent, or how many times. */
function above(larger, smaller, side = "above") {
  if (side === "above" && larger > 2 * smaller) return `${format.value(Number((larger / smaller).toPrecision(2)))} times`;
  const percent = side === "above" ? larger / smaller - 1 : 1 - smaller / larger;
  return percent < 0.005 ? "as good as equal to" : `${format.percent(percent, 0)} ${side}`;
}

/** Return how batches are drawn and what ε would be the other way, for the settings or the run with `parameters`. */
export function samplingSentence(parameters, valid) {
  if (valid === false) {
    return "Batches are shuffled here, as most tutorials do it. The ε that tutorials print is the one for Poisson sampling, and does not hold for them.";
  }
  const { epsilon } = worstCaseEpsilon(mechanismOf({ ...parameters, sampling: "shuffle" }));
  const drawn = "These figures are for Poisson sampling, and that is how batches are drawn here: each example joins each step by a coin of its own.";
  if (!Number.isFinite(epsilon)) return drawn;
  return `${drawn} Most tutorials shuffle and print the same ε all the same; with shuffled batches these settings guarantee only ε ${format.epsilon(epsilon)}.`;
}
