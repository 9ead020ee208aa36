/** What can be chosen on the page: the settings by their API names, what they start as, and what is asked of the server with them. */

export const SLIDER_NAMES = ["clipping_norm", "noise_multiplier", "privacy_budget", "batch_size", "learning_rate", "epochs"];
export const SWEPT_NAMES = ["clipping_norm", "noise_multiplier", "batch_size", "learning_rate", "epochs"];
export const ADVANCED_NAMES = ["delta", "train_size"];
export const CHOICE_NAMES = ["task", "optimizer", "sampling", "engine", "dataset", "model", "accountant"];
export const SWITCH_NAMES = ["baseline", "stop_at_budget"];
export const SETTING_NAMES = [...SLIDER_NAMES, ...ADVANCED_NAMES, ...CHOICE_NAMES, ...SWITCH_NAMES, "seed", "target_epsilon"];
export const MODES = ["simulation", "real"];

/** The accountants whose ε the tile and the meter can show; both are valid upper bounds. */
export const ACCOUNTANTS = [
  { name: "rdp", title: "RDP, Rényi (the headline)" },
  { name: "pld", title: "PLD, the tightest known" },
];

const SIMULATION_SEED = 1; // a simulation always has a seed, so that its noise keeps its pattern while a slider moves
const OF_THE_PAGE = ["accountant", "target_epsilon"]; // never sent: what is shown, and what σ is solved from in the page
const OF_A_TASK = ["dataset", "model", "train_size"];

/** Return the settings that a task starts with: the table's defaults, then the task's own. */
export function taskSettings(catalog, taskName) {
  const task = named(catalog.tasks, taskName);
  const numbers = new Set([...SLIDER_NAMES, ...ADVANCED_NAMES]);
  const table = catalog.parameters.filter(({ name }) => numbers.has(name));
  const defaults = Object.fromEntries(table.map((parameter) => [parameter.name, parameter.default]));
  return {
    ...defaults, ...task.defaults, task: task.name, ...pick(task, OF_A_TASK), optimizer: task.optimizer, sampling: "poisson",
    engine: "fast", accountant: "rdp", seed: null, target_epsilon: null, baseline: false, stop_at_budget: false,
  };
}

/** Return the name of the task that the page opens with. */
export const defaultTask = (catalog) => catalog.default_task;

/** Return the settings of another dataset: all of its examples, and a model that can take them. */
export function withDataset(catalog, settings, name) {
  const dataset = named(catalog.datasets, name);
  const model = named(catalog.models, settings.model);
  const task = catalog.tasks.find((candidate) => candidate.dataset === name);
  return { ...settings, dataset: name, train_size: dataset.train_examples, model: fits(model, dataset) ? model.name : task.model };
}

/** Return whether a model can take a dataset's examples (the server refuses the rest). */
export function fits({ inputs, minimum_side: side }, { input_shape: shape }) {
  return inputs === "any" || (shape.length === 3 && Math.min(shape[0], shape[1]) >= side);
}

/** Return the body of POST /api/train for these settings in `mode`. */
export function requestBody(settings, mode) {
  const { seed, engine, ...rest } = without(pick(settings, SETTING_NAMES), OF_THE_PAGE);
  if (mode === "simulation") return { mode, ...rest, seed: seed ?? SIMULATION_SEED }; // no engine trains a simulation
  return { mode, ...rest, engine, ...(seed === null ? {} : { seed }) };
}

/** Return whether the server has a simulation of these settings: the task's own data and model, a fitted optimizer. */
export function isSimulated(catalog, settings) {
  const task = named(catalog.tasks, settings.task);
  const known = task.simulated_optimizers;
  const own = OF_A_TASK.every((name) => settings[name] === undefined || settings[name] === task[name]);
  return own && (known === undefined || known.includes(settings.optimizer));
}

/** Return whether `document` was made with these settings (a newer answer may still be on its way). */
export function isOf(document, settings) {
  return [...SLIDER_NAMES, "optimizer", "task"].every((name) => document.parameters[name] === settings[name]);
}

/** Return [{name, before, after}] of the settings that differ; settings missing in `after` do not count. */
export function changesBetween(before, after) {
  return SETTING_NAMES.filter((name) => name in after && after[name] !== before[name])
    .map((name) => ({ name, before: before[name], after: after[name] }));
}

/** Return the names of the settings that a training's result depends on; the target does where the training stops at it. */
export function resultNames({ stop_at_budget: stops }) {
  const shown = [...OF_THE_PAGE, ...(stops ? [] : ["privacy_budget"])];
  return SETTING_NAMES.filter((name) => !shown.includes(name));
}

/** Return the presets of a task, the optimal one apart: {chips, optimal}. */
export function presetsOf({ catalog, settings }) {
  const presets = catalog.presets[settings.task] ?? [];
  return {
    chips: presets.filter(({ id }) => id !== "optimal"),
    optimal: presets.find(({ id }) => id === "optimal") ?? null,
  };
}

/** Return whether the settings are those of a preset. */
export function presetIsActive(preset, settings) {
  return changesBetween(settings, preset.parameters).length === 0;
}

/** Return the one of a list that has this name, or undefined. */
export const named = (list, wanted) => list.find(({ name }) => name === wanted);

/** Return the named ones of an object's fields. */
export function pick(object, names) {
  return Object.fromEntries(names.filter((name) => name in object).map((name) => [name, object[name]]));
}

/** Return an object's fields but the named ones. */
export function without(object, names) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}
