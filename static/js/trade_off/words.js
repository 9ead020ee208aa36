/** The trade-off chart in words: heading, description, walk, table and CSV, all from the drawn model. Pure. */

import { csvText } from "../export/csv.js";
import * as format from "../format.js";
import { AS_PUBLISHED, pointsOf } from "./model.js";

/** Return {title, description, badge, evidence} of a model. */
export function tradeOffFinding(model) {
  const points = pointsOf(model);
  const count = (kinds) => points.filter(({ layer }) => kinds.includes(layer.kind)).length;
  const simulated = points.some(({ layer }) => layer.kind === "simulated" || layer.evidence === "simulated");
  const measured = points.some(({ layer }) => layer.kind === "measured" || layer.evidence === "measured");
  const evidence = [measured ? "MEASURED" : null, simulated ? "SIMULATED" : null].filter(Boolean).join(" + ");
  const title = titleOf(model);
  return {
    title, evidence: measured ? "measured" : "simulated", badge: [evidence, model.provenance].filter(Boolean).join(" · "),
    description:
      `Scatter chart of privacy loss ε, on a log scale, against test accuracy. ${title}. ` +
      `${count(["measured", "simulated"])} points of sweeps, ${count(["run"])} of single runs, ${count(["published"])} published. ` +
      model.layers.filter(({ kind }) => kind === "line").map(({ label }) => `Line: ${label}.`).join(" "),
  };
}

function titleOf({ layers }) {
  const sweep = layers.find(({ kind, points }) => ["measured", "simulated"].includes(kind) && points.length > 1);
  const run = layers.find(({ kind }) => kind === "run");
  if (!sweep) return run ? `ε ${format.epsilon(run.points[0].x)} buys ${run.points[0].y.toFixed(1)} % here` : "Privacy against accuracy";
  const ordered = [...sweep.points].sort((first, second) => (first.x ?? Infinity) - (second.x ?? Infinity));
  const [first, last] = [ordered[0], ordered.at(-1)];
  if (first.x === last.x) return `${sweep.points[0].setting} to ${sweep.points.at(-1).tag}: ε stays ${format.epsilon(first.x)}, ${rangeOf(sweep.points)} correct`;
  return `ε ${format.epsilon(first.x)} to ${format.epsilon(last.x)}: ${first.y.toFixed(1)} to ${last.y.toFixed(1)} % correct`;
}

const rangeOf = (points) => [Math.min, Math.max].map((pick) => pick(...points.map(({ y }) => y)).toFixed(1)).join(" to ") + " %";

/** Return the walk over all points, by ε. */
export function tradeOffWalk(model) {
  return pointsOf(model).map(({ datasetIndex, index, point }) => ({
    text: `${point.text}.${point.apply ? " Enter takes these settings." : ""}`, elements: [{ datasetIndex, index }], apply: point.apply ?? null,
  }));
}

/** Return the chart as a table: {caption, columns, rows} of text. */
export function tradeOffTable(model) {
  return {
    caption: "Privacy loss and test accuracy; error bars are standard deviations over seeds",
    columns: ["What", "Setting", "ε", "At", "Test accuracy", "± SD", "Source"],
    rows: [
      ...pointsOf(model).map(({ layer, point }) => [
        layer.label, point.setting ?? "–", format.epsilon(point.x), point.guarantee ?? AS_PUBLISHED, `${point.y.toFixed(1)} %`, spreadOf(point), sourceOf(layer),
      ]),
      ...model.layers.filter(({ kind }) => kind === "line").map(({ label, points }) => [label, "–", "∞", "–", `${points[0].y.toFixed(1)} %`, "–", "–"]),
    ],
  };
}

/** Return the chart as CSV in full precision. */
export function tradeOffCsv(model) {
  return csvText(pointsOf(model).map(({ layer, point }) => ({
    what: layer.label, evidence: evidenceOf(layer), setting: point.setting ?? null, epsilon: point.x, accuracy: point.y / 100,
    accuracy_sd: point.high === undefined ? null : (point.high - point.y) / 100, data: model.provenance, source: sourceOf(layer),
    ...Object.fromEntries(Object.entries(point.apply?.apply ?? {}).map(([name, value]) => [`parameter_${name}`, value])),
  })));
}

const spreadOf = ({ y, high }) => (high === undefined ? "–" : `${(high - y).toFixed(1)} points`);

const evidenceOf = ({ kind, evidence }) => evidence ?? kind;

const sourceOf = (layer) => (layer.kind === "published" ? `${layer.work}; ${layer.accountant}` : evidenceOf(layer));
