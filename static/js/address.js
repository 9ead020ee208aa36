/** The page's address: settings that differ from the task's defaults, the mode, and the followed run's id. */

import { faultOf } from "./scale.js";
import { ACCOUNTANTS, CHOICE_NAMES, defaultTask, fits, MODES, named, SETTING_NAMES, SWITCH_NAMES, taskSettings } from "./settings.js";

const RUN_ID = /^[\w-]{1,64}$/;

/**
 * Return the query string that restores what the page shows. An empty one opens the shipped run, so the simulation of
 * the default settings names its mode; what the shipped run brings along is not in it.
 */
export function addressOf(catalog, { settings, run, opening }) {
  const query = toQuery(catalog, opening ? { ...settings, baseline: false } : settings, run?.id);
  return query === "" && !opening ? "?mode=simulation" : query;
}

/** Return the query string ("" or "?…") that restores these settings and run. */
export function toQuery(catalog, settings, runId = null) {
  const defaults = taskSettings(catalog, settings.task);
  const query = new URLSearchParams();
  if (settings.task !== defaultTask(catalog)) query.set("task", settings.task);
  if (settings.mode !== "simulation") query.set("mode", settings.mode);
  for (const name of SETTING_NAMES) {
    if (name !== "task" && settings[name] !== defaults[name]) query.set(name, String(settings[name]));
  }
  if (runId && settings.mode === "real") query.set("run", runId);
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** Return the id of the run that a query string names, or null where it names none that could be one. */
export function runIdOf(query) {
  const run = new URLSearchParams(query).get("run");
  return RUN_ID.test(run ?? "") ? run : null;
}

/**
 * Return {settings, runId, refused} read from a query string: `settings` start from `settings` given,
 * values that are out of bounds are clamped and unknown ones dropped, and `refused` names both.
 */
export function fromQuery(catalog, settings, query) {
  const wanted = new URLSearchParams(query);
  const [mode, task, run] = ["mode", "task", "run"].map((name) => wanted.get(name));
  const known = { mode: MODES.includes(mode), task: catalog.tasks.some(({ name }) => name === task), run: RUN_ID.test(run ?? "") };
  const result = { ...settings, ...taskSettings(catalog, known.task ? task : settings.task), ...(known.mode ? { mode } : {}) };
  const refused = Object.keys(known).filter((name) => wanted.has(name) && !known[name]);
  for (const [name, text] of wanted) {
    if (!SETTING_NAMES.includes(name) || name === "task") continue;
    const read = readValue(catalog, name, text);
    if (read.value !== undefined) result[name] = read.value;
    if (read.refused) refused.push(name);
  }
  const { changes, names } = contradictions(catalog, result);
  return { settings: { ...result, ...changes }, runId: known.run ? run : null, refused: [...new Set([...refused, ...names])] };
}

/** Return {changes, names}: what must change so that data, model and batch fit together, as the server would demand. */
function contradictions(catalog, { task, dataset, model, train_size: size, batch_size: batch }) {
  const data = named(catalog.datasets, dataset);
  const chosen = named(catalog.models, model);
  const changes = {};
  if (size > data.train_examples) changes.train_size = data.train_examples;
  if (batch > (changes.train_size ?? size)) changes.batch_size = changes.train_size ?? size;
  if (!fits(chosen, data)) changes.model = taskSettings(catalog, catalog.tasks.find((own) => own.dataset === dataset)?.name ?? task).model;
  return { changes, names: Object.keys(changes) };
}

function readValue(catalog, name, text) {
  if (SWITCH_NAMES.includes(name)) return ["true", "false"].includes(text) ? { value: text === "true" } : { refused: true };
  if (CHOICE_NAMES.includes(name)) {
    const known = namesOf(catalog, name).includes(text);
    return known ? { value: text } : { refused: true };
  }
  const parameter = named(catalog.parameters, name);
  const number = text.trim() === "" ? NaN : Number(text);
  if (!faultOf(parameter, number)) return { value: number };
  if (!Number.isFinite(number)) return { refused: true };
  const clamped = Math.min(Math.max(number, parameter.minimum), parameter.maximum);
  return { value: parameter.integer ? Math.round(clamped) : clamped, refused: true };
}

function namesOf(catalog, name) {
  const choices = {
    optimizer: catalog.optimizers, sampling: catalog.samplings, engine: catalog.engines, dataset: catalog.datasets,
    model: catalog.models, accountant: ACCOUNTANTS,
  };
  return choices[name].map((choice) => choice.name);
}
