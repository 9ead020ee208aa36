/** What the two charts of an audit draw, their walks, tables and files. Pure. */

import { limitCurve } from "../attack_bounds.js";
import { csvText } from "../export/csv.js";
import * as format from "../format.js";
import { roundedUp } from "../privacy/interpretation.js";
import { atLeast, atMost, kindOf, trainingOf } from "./words.js";

export const LEFT_EDGE = 0.001; // of both axes of the ROC: an audit has some hundred non-members

/**
 * Return what was attacked in these audit documents, one row each: {name, detail, role, lower, upper (null: infinite),
 * audit, found}; a training without privacy beside an audited one is a row of its own.
 */
export function rowsOf(documents) {
  return documents.flatMap((document) => {
    const { audit, parameters } = document;
    const isPrivate = parameters.noise_multiplier > 0;
    const own = {
      name: isPrivate ? "With privacy" : "Without noise", role: isPrivate ? "private" : "open", detail: `${trainingOf(document)}; ${kindOf(audit)}`,
      lower: audit.epsilon_lower_bound, upper: audit.epsilon_upper_bound, audit, found: audit, document,
    };
    if (!audit.baseline) return [own];
    const baseline = {
      name: "The same without privacy", role: "baseline", detail: kindOf(audit), lower: audit.baseline.epsilon_lower_bound, upper: null, audit,
      found: audit.baseline, document,
    };
    return [own, baseline];
  });
}

/** Return the model of the bounds chart; its axis ends where every lower bound, and an upper one that is near, has room. */
export function boundsModel(rows) {
  const lowest = Math.max(...rows.map(({ lower }) => lower), 0.5);
  const near = rows.map(({ upper }) => upper).filter((upper) => upper !== null && upper <= 4 * lowest + 4);
  const end = Math.ceil(1.3 * Math.max(lowest, ...near));
  return { end, rows: rows.map(({ name, detail, role, lower, upper }) => ({ name, detail, role, lower, upper })) };
}

/** Return what the arrow keys say at each row. */
export function boundsWalk({ rows }) {
  return rows.map(({ name, detail, lower, upper }, index) => ({
    text: `${name}, ${detail}: at least ε ${atLeast(lower)}, ${upper === null ? "nothing guaranteed" : `at most ${atMost(upper)}`}.`,
    elements: [{ datasetIndex: index, index }],
  }));
}

/** Return the model of the ROC chart: measured series, and the limits of the first one where it has any. */
export function rocModel(rows, limits) {
  const series = rows.filter(({ found }) => found.membership).map(({ name, role, audit, found }) => ({
    name: `${name} (${kindOf(audit)})`, role, points: found.membership.roc.map(({ fpr, tpr }) => ({ x: Math.max(fpr, LEFT_EDGE), y: tpr })),
    membership: { auc: found.membership.auc, auc_interval: found.membership.auc_interval },
  }));
  const { audit, document: { parameters } } = rows[0];
  const upper = audit.epsilon_upper_bound;
  const pair = upper === null ? [] : limitCurve({ epsilon: upper, delta: parameters.delta }).filter(({ x }) => x >= LEFT_EDGE * 0.999);
  const curve = (limits?.trade_off ?? []).filter(({ fpr }) => fpr >= LEFT_EDGE * 0.999).map(({ fpr, tpr }) => ({ x: fpr, y: tpr }));
  return { series, pair, curve };
}

const STOPS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

/** Return what the arrow keys say at some rates of false alarms. */
export function rocWalk({ series, pair, curve }) {
  return STOPS.map((rate) => {
    const measured = series.map(({ name, points }) => `${name} ${format.percent(caughtAt(points, rate))}`);
    const limit = [[pair, "limit of (ε, δ)"], [curve, "limit of this mechanism"]]
      .filter(([points]) => points.length).map(([points, name]) => `${name} ${roundedUp(nextAbove(points, rate))}`);
    const elements = series.map(({ points }, datasetIndex) => ({ datasetIndex, index: lastUpTo(points, rate) }));
    return { text: `At ${format.percent(rate)} false alarms: ${[...measured, ...limit].join(", ")} caught.`, elements };
  });
}

const lastUpTo = (points, rate) => Math.max(0, points.findLastIndex(({ x }) => x <= rate * 1.0001));
const caughtAt = (points, rate) => points[lastUpTo(points, rate)].y;
const nextAbove = (points, rate) => points.find(({ x }) => x >= rate * 0.9999).y;

/** Return the table of everything that was measured. */
export function resultTable(rows) {
  return {
    caption: `What the attacker found out about the canaries; bounds from below at ${format.percent(rows[0].audit.confidence, 0)} confidence`,
    columns: ["Training", "Canaries", "Guesses", "Right", "ε at least", "ε at most", "Area (95 %)", "Advantage", "Caught at 1 % (95 %)"],
    rows: rows.map(({ name, audit, found, lower, upper }) => [
      `${name} (${kindOf(audit)})`, format.count(audit.canaries), format.count(found.guesses), format.count(found.correct), atLeast(lower), atMost(upper),
      ...membershipCells(found.membership),
    ]),
  };
}

function membershipCells(membership) {
  if (!membership) return ["–", "–", "–"];
  const { auc, auc_interval: [low, high], advantage, tpr_at_1pct_fpr: caught, tpr_interval: [least, most] } = membership;
  return [`${auc.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`, format.percent(advantage), `${format.percent(caught)} (${format.percent(least)} to ${format.percent(most)})`];
}

/** Return the table of the ROC at some rates of false alarms. */
export function rocTable({ series, pair, curve }) {
  const limits = [[pair, "Limit of (ε, δ)"], [curve, "Limit of this mechanism"]].filter(([points]) => points.length);
  return {
    caption: "Members caught, by false alarms",
    columns: ["False alarms", ...series.map(({ name }) => name), ...limits.map(([, name]) => name), "Guessing"],
    rows: STOPS.map((rate) => [
      format.percent(rate), ...series.map(({ points }) => format.percent(caughtAt(points, rate))),
      ...limits.map(([points]) => roundedUp(nextAbove(points, rate))), format.percent(rate),
    ]),
  };
}

/** Return the measured bounds as CSV, each row with its training. */
export function boundsCsv(rows) {
  return csvText(rows.map(({ name, audit, found, lower, upper, document }) => ({
    training: name, evidence: "measured", run_id: document.id, method: audit.method, canaries: audit.canaries, guesses: found.guesses, correct: found.correct,
    confidence: audit.confidence, epsilon_at_least: lower, epsilon_at_most: upper, auc: found.membership?.auc ?? null, auc_low: found.membership?.auc_interval[0] ?? null,
    auc_high: found.membership?.auc_interval[1] ?? null, advantage: found.membership?.advantage ?? null, tpr_at_1pct_fpr: found.membership?.tpr_at_1pct_fpr ?? null,
    ...named(document.parameters),
  })));
}

/** Return the ROC curves and limits as CSV, in full precision and with every measured point. */
export function rocCsv(rows, limits) {
  const measured = rows.flatMap(({ name, audit, found, document }) => (found.membership?.roc ?? []).map(({ fpr, tpr }) => ({
    curve: name, evidence: "measured", run_id: document.id, method: audit.method, false_positive_rate: fpr, true_positive_rate: tpr, ...named(document.parameters),
  })));
  const limit = (limits?.trade_off ?? []).map(({ fpr, tpr }) => ({ curve: "limit of this mechanism", evidence: "computed", false_positive_rate: fpr, true_positive_rate: tpr }));
  return csvText([...measured, ...limit]);
}

const named = (parameters) => Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`parameter_${name}`, value]));
