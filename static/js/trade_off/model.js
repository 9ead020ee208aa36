/**
 * What the trade-off chart draws: ε against test accuracy of sweeps, own runs and published results, of the shown data
 * only. Pure; accuracies are 0..100.
 *
 * A model is {provenance, floor, ceiling, layers}; a layer is {kind, label, points} with, by kind: "measured", "simulated" and
 * "front" a `slot` (0: the shipped sweep), "run" an `evidence` and the pin's `number` (null: the shown run), "line" a
 * `dash`. A point is {x, y, text} and may have `low`, `high` (its error bar), `tag` and `apply` {title, apply}.
 */

import { epsilonOf } from "../differences.js";
import * as format from "../format.js";
import { provenanceOf } from "../provenance.js";
import { settingsAt } from "../sweeps.js";
import { publishedFor } from "./published.js";

export const LEAST_EPSILON = 0.1;
export const MOST_EPSILON = 100;
export const AS_PUBLISHED = "δ 1e-5";

const FLOORS = [95, 90, 80, 60, 40, 20, 0];
const CEILINGS = [80, 90, 95, 98, 99.5, 99.9];
const SHORT = { noise_multiplier: "σ", clipping_norm: "C", batch_size: "B", learning_rate: "learning rate", epochs: "epochs" };
const POINT_KINDS = ["published", "measured", "simulated", "run"];

/** Return "σ 1.1", "3 epochs" and so on. */
export const settingText = (parameter, value) =>
  (parameter === "epochs" ? `${value} epoch${value === 1 ? "" : "s"}` : `${SHORT[parameter]} ${format.value(value)}`);

/** Return the model; `shipped` is {sweep, baseline} or null, `sweeps` as in sweeps.js. */
export function tradeOffModel({ document, pins = [], shipped = null, sweeps = [] }) {
  const { parameters } = document;
  const isSame = (other) => other.dataset === parameters.dataset && other.train_size === parameters.train_size;
  const own = sweeps.filter((sweep) => isSame(sweep.document.parameters));
  const home = shipped && isSame(shipped.sweep.parameters) ? shipped : null;
  const known = publishedFor(parameters);
  const layers = [
    ...runLayers(document, pins.filter(({ run }) => isSame(run.parameters))),
    ...[...own].reverse().flatMap((sweep) => sweepLayers(sweep)),
    ...(home ? sweepLayers({ slot: 0, document: home.sweep }) : []),
    ...known.sources.map(publishedLayer),
    ...lines(known, home),
  ].filter(({ points }) => points.length);
  return { provenance: provenanceOf(document).split(" · ")[1], ...endsOf(layers), layers };
}

/** Return [{layer, index, point}] of all points that can be pointed at, by ε. */
export function pointsOf({ layers }) {
  return layers
    .flatMap((layer, datasetIndex) => layer.points.map((point, index) => ({ layer, datasetIndex, index, point })))
    .filter(({ layer }) => POINT_KINDS.includes(layer.kind))
    .sort((first, second) => (first.point.x ?? Infinity) - (second.point.x ?? Infinity) || first.point.y - second.point.y);
}

function runLayers(document, pins) {
  const shown = { run: document, number: null, name: "shown run" };
  return [shown, ...pins].map(({ run, number, name }) => {
    const accuracy = run.final_metrics?.accuracy ?? run.epochs.at(-1)?.accuracy ?? null;
    const label = number === null ? "Shown run" : `Pinned ${number}: ${name}`;
    const place = at(epsilonOf(run), accuracy, run.parameters);
    const text = `${label}, ${run.evidence}: ${place?.text}`;
    return { kind: "run", label, number, evidence: run.evidence, points: place ? [{ ...place, text, ...(number === null ? {} : { apply: { title: `Settings of ${name}`, apply: run.parameters } }) }] : [] };
  });
}

function sweepLayers({ slot, document }) {
  const name = slot ? `Sweep ${slot}` : "Shipped sweep";
  const measured = document.points.map((point) => sweepPoint(document, point, { name, evidence: "measured" }));
  const simulated = document.points.map((point) => sweepPoint(document, point, { name, evidence: "simulated" }));
  const onFront = document.mode === "real" ? measured : simulated;
  const front = document.pareto.map((index) => onFront[index]).filter(Boolean).sort((first, second) => (first.x ?? Infinity) - (second.x ?? Infinity));
  const layer = (kind, points) => ({ kind, slot, label: `${name} (${kind})`, points: points.filter(Boolean) });
  return [
    layer("measured", document.mode === "real" ? measured : []),
    layer("simulated", slot ? simulated : []),
    { kind: "front", slot, label: `${name}: no point of it is better in both`, points: front.length > 1 ? front.map(({ x, y }) => ({ x, y })) : [] },
  ];
}

/** Return a sweep's point as it was measured or simulated, or null where there is no figure (yet). */
function sweepPoint({ parameter, ...document }, { value, epsilon, ...point }, { name, evidence }) {
  const [accuracy, sd] = evidence === "measured" || document.mode === "simulation" ? [point.accuracy, point.accuracy_sd] : [point.simulated_accuracy, point.simulated_accuracy_sd];
  const place = at(epsilon, accuracy, document.parameters);
  if (!place) return null;
  const [setting, runs] = [settingText(parameter, value), evidence === "measured" ? point.runs : document.seeds.length];
  const spread = typeof sd === "number" ? { low: place.y - 100 * sd, high: place.y + 100 * sd } : {};
  const over = runs > 1 ? ` ± ${(100 * (sd ?? 0)).toFixed(1)} (SD of ${runs} seeds)` : " (1 seed)";
  return {
    ...place, ...spread, setting, tag: format.value(value), text: `${name}, ${evidence}, ${setting}: ${place.text}${over}`,
    apply: { title: `${setting} of ${name.toLowerCase()}`, apply: settingsAt({ ...document, parameter }, value) },
  };
}

function publishedLayer({ name, work, accountant, points }) {
  return {
    kind: "published", label: name, work, accountant, joined: new Set(points.map(([epsilon]) => epsilon)).size > 1,
    points: points.map(([epsilon, accuracy]) => ({ x: epsilon, y: accuracy, text: `Published, ${work}: ε ${format.epsilon(epsilon)}, ${accuracy.toFixed(1)}\u00a0% (${accountant})` })),
  };
}

function lines({ without }, home) {
  const line = (name, accuracy, dash) => ({ kind: "line", label: `without privacy ${name}`, name, short: `${accuracy.toFixed(1)} %`, dash, points: [LEAST_EPSILON, MOST_EPSILON].map((x) => ({ x, y: accuracy })) });
  const own = meanOf((home?.baseline ?? []).map(({ accuracy }) => 100 * accuracy));
  return [
    ...(without ? [line(`${without.accuracy.toFixed(1)} % (${without.work})`, without.accuracy, [2, 4])] : []),
    ...(own === null ? [] : [line(`${own.toFixed(1)} % (measured here)`, own, [8, 4])]),
  ];
}

/** Return a point; its text says δ and shuffling where they are not those of the published results. */
function at(epsilon, accuracy, { delta, sampling }) {
  if (typeof accuracy !== "number" || epsilon === undefined) return null;
  const guarantee = `δ ${format.value(delta)}${sampling === "shuffle" ? ", shuffled" : ""}`;
  const differs = guarantee === AS_PUBLISHED ? "" : ` at ${guarantee}`;
  return { x: epsilon, y: 100 * accuracy, guarantee, text: `ε ${format.epsilon(epsilon)}${differs}, ${format.percent(accuracy)}` };
}

const meanOf = (numbers) => (numbers.length ? numbers.reduce((sum, number) => sum + number, 0) / numbers.length : null);

/** Return the ends of the axis: round accuracies around all that is drawn. */
function endsOf(layers) {
  const all = layers.flatMap(({ points }) => points.flatMap(({ y, low = y, high = y }) => [low, high]));
  return {
    floor: FLOORS.find((floor) => floor < Math.min(90, ...all)) ?? 0,
    ceiling: CEILINGS.find((ceiling) => ceiling > Math.max(...all)) ?? CEILINGS.at(-1),
  };
}
