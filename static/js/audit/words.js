/** What the page says of an audit. ε is never said to be the measured bound: that is "at least". Pure. */

import * as format from "../format.js";
import { shortName } from "../real_training.js";

export const FAILED = "0 means this attack failed, not that the model is private.";
const KINDS = { dirac: "Dirac canaries", mislabelled: "mislabelled images" };
const SECONDS_WORTH_SAYING = 2;

/** Return a bound from below with two digits, never rounded up; "0" where the attack failed. */
export const atLeast = (epsilon) => (epsilon === 0 ? "0" : (Math.floor(Number((epsilon * 100).toFixed(6))) / 100).toFixed(2));

/** Return a bound from above with two digits, never rounded down; "∞" for null. */
export function atMost(epsilon) {
  if (epsilon === null) return "∞";
  return epsilon >= 100 ? format.count(Math.ceil(epsilon)) : (Math.ceil(Number((epsilon * 100).toFixed(6))) / 100).toFixed(2);
}

/** Return the kind of canaries in two words. */
export const kindOf = ({ method }) => KINDS[method];

/** Return what was audited, "MNIST, 60,000 examples, σ 0.8, 15 epochs". */
export function trainingOf({ parameters }) {
  const data = shortName(parameters.dataset);
  const noise = parameters.noise_multiplier > 0 ? `σ ${format.value(parameters.noise_multiplier)}` : "no noise";
  return `${data}, ${format.count(parameters.train_size)} examples, ${noise}, ${format.value(parameters.epochs)} epochs`;
}

/** Return the finding of an audit as a heading. */
export function findingOf({ audit }) {
  const { epsilon_lower_bound: lower, epsilon_upper_bound: upper } = audit;
  const limit = upper === null ? "nothing is guaranteed" : `at most ${atMost(upper)} is guaranteed`;
  if (lower === 0) return `This attack found nothing: at least 0 proved, ${limit}`;
  return `At least ε ${atLeast(lower)} is measured; ${limit}`;
}

/** Return the bounds for somebody who does not see the chart. */
export function boundsSentence(rows) {
  const each = rows.map(({ name, lower, upper }) =>
    `${name}: at least ${atLeast(lower)} by measurement, ${upper === null ? "no upper bound" : `at most ${atMost(upper)} by proof`}`);
  return `One axis of ε. ${each.join(". ")}. ${rows.some(({ lower }) => lower === 0) ? FAILED : ""}`.trim();
}

/** Return the heading of the ROC chart: its area, which is surer than any one point of the curve. */
export function rocFinding({ audit: { membership } }) {
  if (!membership) return "All coins fell the same way: there is no curve";
  const { auc, auc_interval: [low, high] } = membership;
  return `Area under the curve ${auc.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}); guessing has 0.50`;
}

/** Return the ROC for somebody who does not see the chart. */
export function rocSentence(series) {
  const each = series.map(({ name, membership: { auc, auc_interval: [low, high] } }) =>
    `${name}: area ${auc.toFixed(3)}, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}`);
  return `Members caught against false alarms, both on log scales; guessing has area 0.5. ${each.join(". ")}.`;
}

/** Return why a measured curve may lie above its limit. */
export function chanceSentence({ audit: { canaries } }) {
  return `Measured on ${format.count(canaries)} canaries, about half of them members: at the left a few of them make the curve, so that both rates are uncertain there and chance may lift it above its limit.`;
}

/** Return what a choice costs before it is started. */
export function costSentence({ seconds, runId, epsilon, settings }) {
  const time = seconds === null ? "How long that takes has not been measured on this server yet." : `About ${format.roughly(seconds, SECONDS_WORTH_SAYING)} on this server.`;
  const what = runId ? "The audit trains the run again, with fresh secret seeds and canaries." : "Two trainings: first the one that is audited, then the audit, which trains again with canaries.";
  const privacy = epsilon === null ? "" : ` ${runId ? "That spends" : "Each spends"} ε ${atMost(epsilon)}, and trainings on the same data compose.`;
  const beside = settings.baseline ? ` ${runId ? "It" : "Each"} also trains once without privacy beside it; for that nothing is guaranteed.` : "";
  return `${what} ${time}${privacy}${beside}`;
}

/** Return where a shipped audit comes from. */
export function shippedSentence({ date, cores, tensorflow, script }) {
  return `Shipped with the page: measured on ${date} on ${cores} cores with TensorFlow ${tensorflow} by ${script}. Start an audit to measure your own.`;
}
