/**
 * The one state of the playground and every way it can change: pure functions from state to state.
 *
 * {
 *   catalog      what GET /api/parameters says
 *   settings     the values of all controls, by their API names, and `mode`
 *   applied      null, or the last change made by a button: {label, before, after, metricsBefore, result, reason}
 *   simulation   the newest forecast: a simulated run document (or, without a fit, a planned one), or null;
 *                its `privacyIsWhole` once the slower accountant has answered too
 *   run          the measured run document that the page follows, or null
 *   runSettings  the settings that `run` was started with
 *   revealed     how much of a simulated curve is drawn while it replays, 0..1 (1: all of it)
 *   sending      a training has been asked for and not yet answered
 *   lost         the server does not answer; what is shown is kept
 *   faults       {field: sentence} for values that were refused
 *   problem      null, or a sentence about a failed call
 *   notice       null, or a sentence about the address (clamped values)
 *   pins         the pinned results (pins.js)
 *   tight        null, or the tighter bounds along the planned ε curve (tight_curve.js)
 * }
 */

export const SLIDER_NAMES = ["clipping_norm", "noise_multiplier", "batch_size", "learning_rate", "epochs"];
export const ADVANCED_NAMES = ["delta", "privacy_budget"];
export const CHOICE_NAMES = ["task", "optimizer", "sampling", "engine"];
export const SETTING_NAMES = [...SLIDER_NAMES, ...ADVANCED_NAMES, ...CHOICE_NAMES, "seed", "baseline"];
export const MODES = ["simulation", "real"];

const SIMULATION_SEED = 1; // a simulation always has a seed, so that its noise keeps its pattern while a slider moves
const ACTIVE_STATES = new Set(["queued", "running"]);

/** Return the first state: the settings of the default task, nothing shown yet. */
export function initialState(catalog, { mode = "simulation" } = {}) {
  const settings = { ...taskSettings(catalog, defaultTask(catalog)), mode };
  return {
    catalog, settings, applied: null, simulation: null, run: null, runSettings: null, revealed: 1,
    sending: false, lost: false, faults: {}, problem: null, notice: null, pins: [], tight: null,
  };
}

/** Return the settings that a task starts with: the table's defaults, then the task's own. */
export function taskSettings(catalog, taskName) {
  const task = catalog.tasks.find(({ name }) => name === taskName);
  const named = new Set([...SLIDER_NAMES, ...ADVANCED_NAMES]);
  const table = catalog.parameters.filter(({ name }) => named.has(name));
  const defaults = Object.fromEntries(table.map((parameter) => [parameter.name, parameter.default]));
  return {
    ...defaults, ...task.defaults, task: task.name, optimizer: task.optimizer,
    sampling: "poisson", engine: "fast", seed: null, baseline: false,
  };
}

/** Return the state with one setting changed; a new task brings its own defaults along. */
export function withSetting(state, name, value) {
  const faults = withoutKey(state.faults, name);
  if (name !== "task") return { ...state, settings: { ...state.settings, [name]: value }, faults };
  const { mode, seed } = state.settings;
  return { ...state, settings: { ...taskSettings(state.catalog, value), mode, seed }, faults: {}, applied: null };
}

/** Return the state after a button changed several settings at once; `undone` takes it back. */
export function withApplied(state, { label, change }) {
  const before = state.settings;
  const after = { ...before, ...pick(change, SETTING_NAMES) };
  const metricsBefore = state.simulation?.final_metrics ?? null;
  const applied = { label, before, after, metricsBefore, result: null, reason: null };
  return { ...state, settings: after, faults: {}, applied };
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
  return { ...state, run: document, runSettings, sending: false, lost: false, problem: null };
}

/** Return the state in which a measured run, found by its id, has set the controls. */
export function withAttachedRun(state, document) {
  const settings = { ...state.settings, ...pick(document.parameters, SETTING_NAMES), mode: "real" };
  return withRun({ ...state, settings }, document, settings);
}

/** Return the state whose followed run the server has forgotten, as after a restart: what was measured is kept. */
export function withForgottenRun(state) {
  const message = "The server was restarted and no longer knows this run; what it measured until then is kept here.";
  return { ...state, lost: false, problem: null, run: { ...state.run, state: "failed", error: { message } } };
}

/** Return the state after a failed call: faults beside their fields, the rest as one sentence. */
export function withFailure(state, { detail, errors = [] }) {
  const known = errors.filter(({ field }) => SETTING_NAMES.includes(field));
  const faults = Object.fromEntries(known.map(({ field, message }) => [field, message]));
  const rest = errors.filter(({ field }) => !SETTING_NAMES.includes(field)).map(({ message }) => message);
  const problem = known.length > 0 && rest.length === 0 ? null : [detail, ...rest].filter(Boolean).join(" ");
  return { ...state, sending: false, faults: { ...state.faults, ...faults }, problem };
}

/** Return the body of POST /api/train for these settings in `mode`. */
export function requestBody(settings, mode) {
  const { seed, engine, ...rest } = pick(settings, SETTING_NAMES);
  if (mode === "simulation") return { mode, ...rest, seed: seed ?? SIMULATION_SEED }; // no engine trains a simulation
  return { mode, ...rest, engine, ...(seed === null ? {} : { seed }) };
}

/** Return the document that the page shows: the measured run in real mode if there is one, else the simulation. */
export function shownDocument(state) {
  return state.settings.mode === "real" && state.run ? state.run : state.simulation;
}

/** Return whether the shown run was measured with other settings than the controls show. */
export function isStale(state) {
  if (shownDocument(state) !== state.run || !state.run || !state.runSettings) return false;
  return changesBetween(state.runSettings, state.settings).length > 0;
}

/** Return whether the server has a simulation of this task with this optimizer. */
export function isSimulated(catalog, { task, optimizer }) {
  const known = catalog.tasks.find(({ name }) => name === task).simulated_optimizers;
  return known === undefined || known.includes(optimizer);
}

/** Return whether `document` was made with these settings (a newer answer may still be on its way). */
export function isOf(document, settings) {
  return [...SLIDER_NAMES, "optimizer", "task"].every((name) => document.parameters[name] === settings[name]);
}

/** Return whether a training is under way or asked for. */
export function isTraining(state) {
  return state.sending || Boolean(state.run && ACTIVE_STATES.has(state.run.state));
}

/** Return [{name, before, after}] of the settings that differ; settings missing in `after` do not count. */
export function changesBetween(before, after) {
  return SETTING_NAMES.filter((name) => name in after && after[name] !== before[name])
    .map((name) => ({ name, before: before[name], after: after[name] }));
}

/** Return the presets of the current task, the optimal one apart: {chips, optimal}. */
export function presetsOf(state) {
  const presets = state.catalog.presets[state.settings.task] ?? [];
  return {
    chips: presets.filter(({ id }) => id !== "optimal"),
    optimal: presets.find(({ id }) => id === "optimal") ?? null,
  };
}

/** Return whether the settings are those of a preset. */
export function presetIsActive(preset, settings) {
  return changesBetween(settings, preset.parameters).length === 0;
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
    subscribe: (listener) => listeners.add(listener),
  };
}

/** Return the name of the task that the page opens with. */
export function defaultTask(catalog) {
  return catalog.default_task;
}

function pick(object, names) {
  return Object.fromEntries(names.filter((name) => name in object).map((name) => [name, object[name]]));
}

function withoutKey(object, key) {
  const { [key]: _, ...rest } = object;
  return rest;
}
