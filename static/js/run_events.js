/**
 * A run's events folded into its document, as the server does it (app/runs/documents/document.py): pure, in the order of their ids.
 * The document keeps the id of its last event as `last_event_id`.
 */

import { without } from "./settings.js";

const NOT_IN_EPOCHS = ["kind", "id", "series", "per_class_accuracy"];
const NOT_IN_ITERATIONS = ["kind", "id", "series"];
const NOTHING_MEASURED = { epochs: [], iterations: [], gradient_norms: null, per_class_accuracy: null, final_metrics: null };

const FOLDS = {
  started: (run, { attempt }) => ({ ...run, state: "running", attempt }),
  retrying: startOver,
  phase: (run, { phase }) => ({ ...run, state: "running", progress: { ...run.progress, phase, queue_position: null } }),
  fallback: (run, { parameters, reason }) => noted({ ...run, parameters }, { id: "dataset-fallback", severity: "warning", text: reason }),
  ready: (run, { dataset, model }) => ({ ...run, dataset, model }),
  progress: (run, event) => ({ ...withSteps(run, event.steps, event.steps_total), epsilon_spent: event.epsilon }),
  iteration: (run, event) => onSeries(run, event.series, (curve) => withIteration(curve, event)),
  epoch: withEpoch,
  notice: (run, { id: _, kind, ...notice }) => noted(run, notice),
  finished: finish,
};

/** The kinds of events that a run's stream tells. */
export const EVENT_KINDS = Object.keys(FOLDS);

/** Return the run document with one more event; an event that it already holds, or of an unknown kind, changes nothing but the id. */
export function withEvent(run, { id, data }) {
  if (id <= (run.last_event_id ?? 0)) return run;
  const fold = FOLDS[data.kind];
  return { ...(fold ? fold(run, data) : run), last_event_id: id };
}

function withSteps(run, steps, total = run.progress?.steps_total) {
  return { ...run, progress: { ...run.progress, steps: Math.max(run.progress?.steps ?? 0, steps), steps_total: total } };
}

function withIteration(curve, event) {
  return { ...curve, iterations: [...curve.iterations, without(event, NOT_IN_ITERATIONS)] };
}

function onSeries(run, series, change) {
  if (series !== "baseline") return change(run);
  return { ...run, baseline: change(run.baseline ?? { ...NOTHING_MEASURED }) };
}

function withEpoch(run, event) {
  const isPrivate = event.series !== "baseline";
  const { clipping_norm: norm, delta } = run.parameters;
  const after = onSeries(run, event.series, (curve) => withCurveEpoch(curve, event, { norm: isPrivate ? norm : null, delta }));
  return isPrivate ? { ...withSteps(after, event.iteration), epsilon_spent: event.epsilon } : after;
}

function withCurveEpoch(curve, event, { norm, delta }) {
  const histogram = event.gradient_norm_histogram;
  return {
    ...curve,
    epochs: [...curve.epochs, without(event, NOT_IN_EPOCHS)],
    gradient_norms: histogram && { clipping_norm: norm, clipped_fraction: event.clipped_fraction, ...histogram },
    per_class_accuracy: event.per_class_accuracy,
    final_metrics: {
      accuracy: event.accuracy, loss: event.loss, test_loss: event.test_loss, epsilon: event.epsilon ?? null, delta,
      training_seconds: null,
    },
  };
}

/** Forget what a lost attempt measured, but not what it spent. */
function startOver(run, { attempt, why }) {
  const lost = { attempt, steps: run.progress?.steps ?? 0, epsilon: run.epsilon_spent ?? 0, why };
  const text =
    `Attempt ${attempt} was lost (${why}); the run started again from scratch. ` +
    "Each attempt used the data, so the ε charged counts them all.";
  const cleared = {
    ...run, ...NOTHING_MEASURED, baseline: null, epsilon_spent: 0, state: "queued",
    progress: { ...run.progress, phase: null, steps: 0, eta_seconds: null }, attempts: [...(run.attempts ?? []), lost],
  };
  return noted(cleared, { id: "retried", severity: "warning", text });
}

function noted(run, notice) {
  return { ...run, notices: [...(run.notices ?? []), notice] };
}

function finish(run, { state, steps, training_seconds: seconds, error }) {
  const metrics = run.final_metrics && { ...run.final_metrics, training_seconds: seconds };
  const ended = { ...withSteps(run, steps), state, final_metrics: metrics, error: error ?? null };
  return { ...ended, progress: { ...ended.progress, phase: null, queue_position: null, eta_seconds: null } };
}
