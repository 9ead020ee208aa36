import assert from "node:assert/strict";
import { test } from "node:test";

import { withEvent } from "../../static/js/run_events.js";
import { exampleDocument } from "./document_example.js";

const queued = () => exampleDocument({
  id: "r1", evidence: "measured", state: "queued", epochs: [], iterations: [], gradient_norms: null, per_class_accuracy: null,
  final_metrics: null, epsilon_spent: 0, notices: [], progress: { phase: null, queue_position: 2, eta_seconds: 9, steps: 0, steps_total: 30 },
});
const histogram = { before: [{ x: 1, y: 1 }], after: [{ x: 0.5, y: 1 }] };
const epoch = (number, changes = {}) => ({
  kind: "epoch", series: "private", epoch: number, iteration: number * 10, accuracy: (4 + number) / 10, loss: 2, test_loss: 1.9,
  per_class_accuracy: [0.1, 0.9], epsilon: number / 2, clipped_fraction: 0.7, gradient_norm_histogram: histogram, seconds: 1, ...changes,
});

/** Fold events, numbered from 1, into a queued run. */
const fold = (...events) => events.reduce((run, data, index) => withEvent(run, { id: index + 1, data }), queued());

test("a run goes from the queue through its phases to its end", () => {
  const started = fold({ kind: "started", attempt: 1 }, { kind: "phase", phase: "loading data" });
  assert.deepEqual([started.state, started.attempt, started.progress.phase, started.progress.queue_position], ["running", 1, "loading data", null]);
  const ended = fold(epoch(1), { kind: "finished", state: "done", steps: 12, training_seconds: 3.5, error: null });
  assert.deepEqual([ended.state, ended.progress.steps, ended.final_metrics.training_seconds, ended.error], ["done", 12, 3.5, null]);
});

test("progress counts steps and ε, and never runs backwards", () => {
  const run = fold({ kind: "progress", steps: 7, steps_total: 30, epsilon: 0.4 }, { kind: "progress", steps: 5, steps_total: 30, epsilon: 0.4 });
  assert.deepEqual([run.progress.steps, run.epsilon_spent], [7, 0.4]);
});

test("an epoch adds a point and is what the tiles and charts show", () => {
  const run = fold(epoch(1), epoch(2));
  assert.deepEqual(run.epochs.map((point) => point.accuracy), [0.5, 0.6]);
  assert.deepEqual(Object.keys(run.epochs[0]).filter((name) => ["kind", "series", "per_class_accuracy"].includes(name)), []);
  assert.deepEqual(run.final_metrics, { accuracy: 0.6, loss: 2, test_loss: 1.9, epsilon: 1, delta: 1e-5, training_seconds: null });
  assert.deepEqual(run.gradient_norms, { clipping_norm: 1, clipped_fraction: 0.7, ...histogram });
  assert.deepEqual([run.per_class_accuracy, run.epsilon_spent, run.progress.steps], [[0.1, 0.9], 1, 20]);
});

test("the baseline's points stay apart from the private ones", () => {
  const plain = { series: "baseline", epsilon: null, clipped_fraction: null, gradient_norm_histogram: null };
  const run = fold(epoch(1), { kind: "iteration", series: "baseline", iteration: 5, accuracy: 0.3, loss: 2 }, epoch(1, { ...plain, accuracy: 0.97 }));
  assert.equal(run.epochs.length, 1);
  assert.deepEqual([run.baseline.epochs.length, run.baseline.iterations.length, run.baseline.final_metrics.accuracy], [1, 1, 0.97]);
  assert.equal(run.baseline.gradient_norms, null);
  assert.equal(run.epsilon_spent, 0.5);
});

test("an event that came before is not taken twice", () => {
  const run = fold(epoch(1));
  assert.equal(withEvent(run, { id: 1, data: epoch(1) }), run);
  assert.equal(withEvent(run, { id: 2, data: epoch(2) }).epochs.length, 2);
});

test("a lost attempt clears the curve, keeps what it spent, and says why", () => {
  const run = fold({ kind: "progress", steps: 15, steps_total: 30, epsilon: 0.8 }, epoch(1), { kind: "retrying", attempt: 1, why: "the training process died" });
  assert.deepEqual([run.state, run.epochs, run.final_metrics, run.progress.steps], ["queued", [], null, 0]);
  assert.deepEqual(run.attempts, [{ attempt: 1, steps: 15, epsilon: 0.5, why: "the training process died" }]);
  assert.match(run.notices[0].text, /Attempt 1 was lost \(the training process died\)/);
  const again = withEvent(run, { id: 9, data: { kind: "started", attempt: 2 } });
  assert.deepEqual([again.state, again.attempt], ["running", 2]);
});

test("other data in place of those asked for come with a notice", () => {
  const run = fold({ kind: "fallback", parameters: { task: "digits" }, reason: "MNIST could not be had." }, { kind: "ready", dataset: { name: "digits" }, model: { name: "m" } });
  assert.deepEqual([run.parameters.task, run.dataset.name, run.notices[0].text], ["digits", "digits", "MNIST could not be had."]);
});

test("a kind of event that the page does not know does no harm", () => {
  const run = fold({ kind: "novel", x: 1 });
  assert.deepEqual({ ...run, last_event_id: undefined }, { ...queued(), last_event_id: undefined });
});

test("folding never touches the document it starts from", () => {
  const before = queued();
  const kept = structuredClone(before);
  withEvent(before, { id: 1, data: epoch(1) });
  assert.deepEqual(before, kept);
});
