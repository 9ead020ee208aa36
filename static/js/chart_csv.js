/** What a chart shows as CSV (RFC 4180), in full precision; each row with its run's evidence, id and parameters. Pure. */

import { csvText } from "./export/csv.js";
import { normSeries } from "./gradient_series.js";
import { edgesOf } from "./histogram.js";
import { plannedPldOf } from "./tight_curve.js";

/**
 * Return the CSV of one chart: `name` "training", "privacy", "clipping" or "classes". `runs` are [{label, run}], the shown one first;
 * `view`, `epoch` and `tight` say what the charts show of it.
 */
export function csvOf(name, runs, { view = "norms", epoch = null, tight = null } = {}) {
  const rowsOf = { training: trainingRows, privacy: (run) => privacyRows(run, tight), classes: classRows, clipping: (run) => gradientRows(run, { view, epoch }) }[name];
  const shown = name === "training" || name === "privacy" ? runs : runs.slice(0, 1);
  const rows = shown.flatMap(({ label, run }) => rowsOf(run).map((row) => ({ run: label, ...row, ...provenance(run) })));
  return csvText(rows);
}

function trainingRows({ epochs, iterations, baseline }) {
  const ends = new Map(epochs.map((point) => [point.iteration, point]));
  const others = new Map((baseline?.epochs ?? []).map((point) => [point.epoch, point]));
  const between = iterations.filter(({ iteration }) => !ends.has(iteration));
  return [...between, ...epochs]
    .sort((first, second) => first.iteration - second.iteration)
    .map((point) => ({
      epoch: point.epoch ?? null, iteration: point.iteration, accuracy: point.accuracy, loss: point.loss,
      test_loss: point.test_loss ?? null, epsilon: point.epsilon ?? null, clipped_fraction: point.clipped_fraction ?? null,
      seconds: point.seconds ?? null,
      ...(baseline ? { baseline_accuracy: others.get(point.epoch)?.accuracy ?? null, baseline_loss: others.get(point.epoch)?.loss ?? null } : {}),
    }));
}

function privacyRows({ evidence, epochs, privacy, parameters }, tight) {
  const spent = new Map(epochs.map((point) => [point.epoch, point.epsilon]));
  const pld = plannedPldOf(tight, { parameters, privacy });
  return (privacy.per_epoch ?? []).map(({ epoch, iteration, epsilon }) => ({
    epoch, iteration, epsilon_planned_rdp: epsilon, epsilon_planned_pld: pld.get(epoch) ?? null,
    epsilon_spent_rdp: evidence === "measured" ? (spent.get(epoch) ?? null) : null,
  }));
}

function classRows({ per_class_accuracy: accuracies, dataset, baseline }) {
  const others = baseline?.per_class_accuracy;
  return (accuracies ?? []).map((accuracy, index) => ({
    class: dataset?.class_names?.[index] ?? index, accuracy,
    ...(others ? { baseline_accuracy: others[index], gap: others[index] - accuracy } : {}),
  }));
}

function gradientRows(document, { view, epoch }) {
  const epochs = document.epochs ?? [];
  if (view === "clipped") return epochs.map((point) => ({ epoch: point.epoch, clipped_fraction: point.clipped_fraction }));
  if (view === "signal") return epochs.map((point) => ({ epoch: point.epoch, signal_norm: point.signal_norm, noise_norm: point.noise_norm }));
  const { before, after, epoch: shown, shares } = normSeries(document, { epoch });
  return shares.map((share, bin) => {
    const [low, high] = edgesOf(bin);
    return { epoch: shown, norm_from: low, norm_to: high, share_before: share, share_after: before.length ? after[2 * bin].y / 100 : null };
  });
}

function provenance({ id, evidence, parameters }) {
  const named = Object.entries(parameters).map(([name, value]) => [`parameter_${name}`, value]);
  return { evidence, run_id: id ?? null, ...Object.fromEntries(named) };
}
