/**
 * The one state of the playground and every way it can change: pure functions from state to state.
 *
 * {
 *   catalog      what GET /api/parameters says
 *   settings     the values of all controls, by their API names, and `mode`
 *   applied      null, or the last change made by a button: {label, before, after, metricsBefore, result, reason}
 *   simulation   the newest forecast: a simulated run document (or, without a fit, a planned one), or null;
 *                its `privacyIsWhole` once the slower accountant has answered too
 *   opening      the measured run that the page opens with (opening.js), until a setting changes or a run is asked for
 *   run          the measured run document that the page follows, or null
 *   runSettings  the settings that `run` was started with
 *   revealed     how much of a simulated curve is drawn while it replays, 0..1 (1: all of it)
 *   sending      a training has been asked for and not yet answered
 *   lost         false, or "silent" (the server does not answer) or "busy" (it refuses for now); what is shown is kept
 *   faults       {field: sentence} for values that were refused
 *   problem      null, or a sentence about a failed call
 *   notice       null, or a sentence about the address (clamped values)
 *   pins         the pinned results (pins.js)
 *   shippedSweep the measured sweep that is shipped with the page {provenance, baseline, sweep}, or null
 *   sweeps       the reader's own sweeps (sweeps.js)
 *   tight        null, or the tighter bounds along the planned ε curve (tight_curve.js)
 * }
 */

import { chosen, isLocked, settled } from "./noise_lock.js";
import { isActive } from "./run_states.js";
import { changesBetween, defaultTask, pick, resultNames, SETTING_NAMES, taskSettings, withDataset, without } from "./settings.js";

const KEPT_OVER_TASKS = ["mode", "seed", "baseline", "accountant", "privacy_budget", "target_epsilon"];

/** Return the first state: the settings of the default task, nothing shown yet. */
export function initialState(catalog, { mode = "simulation" } = {}) {
  const settings = { ...taskSettings(catalog, defaultTask(catalog)), mode };
  return {
    catalog, settings, applied: null, simulation: null, opening: null, run: null, runSettings: null, revealed: 1,
    sending: false, lost: false, faults: {}, problem: null, notice: null, pins: [], tight: null, shippedSweep: null, sweeps: [],
  };
}

/** Return the state with one setting changed; a new task or dataset brings what belongs to it along, and σ follows a target. */
export function withSetting(state, name, value) {
  const faults = without(state.faults, [name]);
  if (name === "task") return withTask(state, value);
  const { settings } = state;
  const changed = name === "dataset" ? withDataset(state.catalog, settings, value) : { ...settings, [name]: value };
  if (name === "noise_multiplier") changed.target_epsilon = null;
  if (name === "privacy_budget" && isLocked(settings)) changed.target_epsilon = value;
  return settled(withBudgetOfRun({ ...state, settings: changed, faults }));
}

function withTask(state, task) {
  const kept = pick(state.settings, KEPT_OVER_TASKS);
  return settled({ ...state, settings: { ...taskSettings(state.catalog, task), ...kept }, faults: {}, applied: null });
}

/** Return the state in which "noise_multiplier" or "target_epsilon" is what the person chooses. */
export const withChoice = (state, what) => chosen(state, what);

/** Return the state after a button changed several settings at once; `undone` takes it back. */
export function withApplied(state, { label, change }) {
  const before = state.settings;
  const own = "task" in change ? { ...taskSettings(state.catalog, change.task), ...pick(before, KEPT_OVER_TASKS) } : before;
  const target = "noise_multiplier" in change ? { target_epsilon: null } : {};
  const after = { ...own, ...pick(change, SETTING_NAMES), ...target };
  const metricsBefore = state.simulation?.final_metrics ?? null;
  const applied = { label, before, after, metricsBefore, result: null, reason: null };
  return settled({ ...state, settings: after, faults: {}, applied });
}

/** Return the state as it was before the last applied change; unchanged if there is none. */
export function undone(state) {
  if (!state.applied) return state;
  return { ...state, settings: { ...state.applied.before, mode: state.settings.mode }, applied: null, faults: {} };
}

/** Return the state with a refused value: the control keeps its last good one and says why. */
export function withFault(state, name, sentence) {
  return { ...state, faults: { ...state.faults, [name]: sentence } };
}

/** Return the state with a fresh simulation. */
export function withSimulation(state, document) {
  return { ...state, simulation: document, problem: null, lost: false };
}

/** Return the state whose forecast holds a fuller privacy report, if it still is of these settings. */
export function withPrivacy(state, privacy, settings) {
  if (state.settings !== settings || !state.simulation) return state;
  return { ...state, simulation: { ...state.simulation, privacy, privacyIsWhole: true } };
}

/** Return the state with the newest copy of the followed run; the first copy also fixes its settings. */
export function withRun(state, document, runSettings = state.runSettings) {
  return withBudgetOfRun({ ...state, run: document, runSettings, sending: false, lost: false, problem: null });
}

/** Return the state after a failed call: faults beside their fields, the rest as one sentence. */
export function withFailure(state, { detail, errors = [] }) {
  const known = errors.filter(({ field }) => SETTING_NAMES.includes(field));
  const faults = Object.fromEntries(known.map(({ field, message }) => [field, message]));
  const rest = errors.filter(({ field }) => !SETTING_NAMES.includes(field)).map(({ message }) => message);
  const problem = known.length > 0 && rest.length === 0 ? null : [detail, ...rest].filter(Boolean).join(" ");
  return { ...state, sending: false, lost: false, faults: { ...state.faults, ...faults }, problem };
}

/** Return the document that the page shows: the measured run in real mode if there is one, else the opening or the simulation. */
export function shownDocument(state) {
  return state.settings.mode === "real" && state.run ? state.run : state.opening ?? state.simulation;
}

/** Return whether the shown run was measured with other settings than the controls show. */
export function isStale(state) {
  if (shownDocument(state) !== state.run || !state.run || !state.runSettings) return false;
  const before = pick(state.runSettings, resultNames(state.settings));
  return changesBetween(state.settings, before).length > 0;
}

/** Return whether a training is under way or asked for. */
export function isTraining(state) {
  return state.sending || isActive(state.run);
}

/** Measure a run against the target ε as it is now: it is a mark on the meter, unless the training was to stop there. */
function withBudgetOfRun(state) {
  const { run, settings: { privacy_budget: budget } } = state;
  if (!run || run.parameters.stop_at_budget || run.parameters.privacy_budget === budget) return state;
  return { ...state, run: { ...run, parameters: { ...run.parameters, privacy_budget: budget } } };
}

/** Return a store of one state: get(), update(change), subscribe(listener); listeners run after each update. */
export function createStore(state) {
  const listeners = new Set();
  let current = state;
  return {
    get: () => current,
    update(change) {
      const previous = current;
      current = change(current);
      if (current !== previous) listeners.forEach((listener) => listener(current, previous));
    },
    /** Return the function that ends the subscription. */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
