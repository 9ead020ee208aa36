/**
 * The state of the audit's section; its run, sending, lost and problem are those that follow.js keeps. Pure.
 *
 * {
 *   catalog, choices   what the server can do, and what can be audited (choices.js)
 *   picked, canaries   the choice by its id, and the kind of canaries
 *   run                the document of the audit that is followed, or null; `settings` are its own
 *   training           the document of the training that the audit waits for, or null
 *   previous           the last own audit that found something before `run` was started, or null
 *   shipped            {provenance, audits} measured when the page was made, or null
 *   limits             {id, ...}: what POST /api/privacy says of the shown audit's mechanism, or null
 * }
 */

import { isActive } from "../run_states.js";

/** Return the first state. */
export const firstState = ({ catalog, choices, shipped }) => ({
  catalog, choices, shipped, picked: choices[0]?.id ?? null, canaries: "auto", run: null, previous: null, training: null, limits: null,
  settings: {}, sending: false, lost: false, faults: {}, problem: null, notice: null,
});

/** Return whether an audit is asked for, waits or runs. */
export const isBusy = ({ sending, run }) => sending || isActive(run);

/** Return what can be started now, or null. */
export const pickedChoice = ({ choices, picked }) => choices.find(({ id }) => id === picked) ?? null;

/** Return whether a run document is an audit that has found out something. */
export const hasFound = (run) => typeof run?.audit?.epsilon_lower_bound === "number";

/** Return {documents, limits, isShipped}: the newest own audit that has ended, before one has the shipped ones; null without any. */
export function shownAudits({ run, previous, shipped, limits }) {
  const own = [run, previous].find(hasFound);
  if (own) return { documents: [own], limits: limits?.id === own.id ? limits : null, isShipped: false };
  if (!shipped) return null;
  const documents = Object.values(shipped.audits);
  return { documents, limits: documents[0].limits, isShipped: true };
}

const PHASES = [
  ["training", "The training that is audited"], ["queued", "Queue"], ["loading data", "Loading data"], ["training with canaries", "Training with canaries"],
  ["training baseline", "The same without privacy"], ["auditing", "Guessing the coins"],
];

/** Return [{name, isNow}] of the steps of the audit that is under way; those that it does not have are left out. */
export function phasesOf({ run, training }) {
  const now = presentPhase(run, training);
  const left = (name) => (name === "training" && !training) || (name === "training baseline" && !run.parameters.baseline);
  return PHASES.filter(([name]) => !left(name)).map(([name, title]) => ({ title, isNow: name === now }));
}

function presentPhase(run, training) {
  if (run.state === "queued") return isActive(training) ? "training" : "queued";
  const phase = run.progress?.phase;
  if (phase === "compiling" || phase === "training") return "training with canaries";
  return phase ?? "loading data";
}
