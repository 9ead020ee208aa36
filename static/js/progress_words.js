/** What a training is doing, and how it ended, in words. Pure. */

import * as format from "./format.js";
import { secondsLeft } from "./real_training.js";
import { isActive } from "./run_states.js";

/** Return that the server cannot be reached just now, or null while it can. */
export function lossOf({ lost }) {
  if (!lost) return null;
  return `The server ${lost === "busy" ? "is busy" : "does not answer"}; retrying. Your curve is kept.`;
}

/** Return what a training is doing, "Training: step 940 of 3,516 · epoch 4 of 15 · 12 s left", or null when it is at rest. */
export function activityOf(state) {
  const { run, sending } = state;
  if (state.lost) return lossOf(state);
  if (sending) return "Asking the server to train…";
  if (!isActive(run)) return null;
  return `${attemptOf(run)}${run.state === "queued" ? queueSentence(run) : phaseSentence(run)}`;
}

/** Return which attempt this is where one was lost, "Attempt 2, the last was lost. ", else "". */
function attemptOf({ attempt, attempts }) {
  const lost = attempts?.at(-1)?.attempt;
  return lost ? `Attempt ${Math.max(attempt ?? 0, lost + 1)}, the last was lost. ` : "";
}

function phaseSentence(run) {
  const { phase, steps, steps_total: total } = run.progress ?? {};
  if (!phase?.startsWith("training")) return `${format.capital(phase ?? "starting")}…`;
  const epoch = Math.min(run.epochs.length + 1, run.parameters.epochs);
  return `${format.capital(phase)}: step ${format.count(steps)} of ${format.count(total)} · epoch ${epoch} of ${run.parameters.epochs}${timeLeft(run)}`;
}

function queueSentence(run) {
  const position = run.progress?.queue_position;
  const place = position ? (position === 1 ? "next in line" : `number ${position} in line`) : "waiting for the trainer";
  return `Queued, ${place}${timeLeft(run)}`;
}

function timeLeft(run) {
  const seconds = secondsLeft(run);
  return seconds === null ? "" : ` · about ${format.roughly(seconds)} to the end`;
}

/** Return the page's title, which shows a training's progress to people in another tab. */
export function titleOf(state, name) {
  const { run } = state;
  if (!isActive(run)) return name;
  if (run.state === "queued") return `Queued · ${name}`;
  const { steps = 0, steps_total: total } = run.progress ?? {};
  return `${total ? `${Math.floor((100 * steps) / total)} % · ` : ""}epoch ${run.epochs.length} of ${run.parameters.epochs} · ${name}`;
}

/** Return what a screen reader is told once an epoch, or null. */
export function epochSentence({ epochs, parameters }) {
  const last = epochs.at(-1);
  if (!last) return null;
  return `Epoch ${last.epoch} of ${parameters.epochs}: ${format.percent(last.accuracy)} correct, ε ${format.epsilon(last.epsilon)} spent.`;
}

/** Return how the last training ended, for people who did not watch, or null while it runs. */
export function outcomeOf(run) {
  if (!run) return null;
  if (run.state === "failed") return `${run.error?.message ?? "The training failed."} ${stopSentence(run)}`;
  if (run.state === "cancelled") return stopSentence(run);
  return run.state === "done" ? `Finished in ${format.duration(run.final_metrics?.training_seconds)}.` : null;
}

/** Return how far a run came that did not come to its end, and what of ε is spent all the same. */
function stopSentence({ epochs, parameters, epsilon_spent: spent, progress }) {
  const after = epochs.length ? `after ${epochs.length} of ${parameters.epochs} epochs` : "before the first epoch ended";
  if (progress?.steps === 0) return `Stopped ${after}; no ε is spent.`;
  return `Stopped ${after}; ${spent === null ? "without noise nothing was protected" : `ε ${format.epsilon(spent)} is spent`}.`;
}
