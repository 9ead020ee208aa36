/** How the state changes while a real training is followed: pure functions from state to state. */

import { withEvent } from "./run_events.js";
import { isActive } from "./run_states.js";
import { pick, SETTING_NAMES } from "./settings.js";
import { withRun } from "./state.js";

/** Return the state with one more event of the run `id`; unchanged if another run is followed by now. */
export function withRunEvent(state, id, event) {
  return state.run?.id === id ? { ...state, run: withEvent(state.run, event), lost: false } : state;
}

/** Return the state with what only the server works out of a run while it goes on: advice, place in the queue, time left. */
export function withRunDetails(state, document) {
  if (state.run?.id !== document.id) return state;
  if (!isActive(document)) return withRun(state, document);
  const { queue_position, eta_seconds } = document.progress ?? {};
  const details = pick(document, ["privacy", "assessment", "recommendations", "epsilon_charged", "attempts", "notices"]);
  const progress = { ...state.run.progress, queue_position, eta_seconds, eta_steps: document.progress?.steps };
  return { ...state, lost: false, run: { ...state.run, ...details, progress } };
}

/** Return the state in which a measured run, found by its id, has set the controls. */
export function withAttachedRun(state, document) {
  const settings = { ...state.settings, ...pick(document.parameters, SETTING_NAMES), target_epsilon: null, mode: "real" };
  return withRun({ ...state, settings }, document, settings);
}

/** Return the state whose followed run the server no longer knows: what was measured is kept. */
export function withForgottenRun(state) {
  const message = "The server no longer knows this run; what it measured until then is kept here.";
  return { ...state, lost: false, problem: null, run: { ...state.run, state: "failed", error: { message } } };
}
