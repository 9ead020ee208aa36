/** The page's address: settings that differ from the task's defaults, the mode, and the followed run's id. */

import { faultOf } from "./scale.js";
import { ACCOUNTANTS, CHOICE_NAMES, defaultTask, MODES, SETTING_NAMES, SWITCH_NAMES, taskSettings } from "./settings.js";

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

/**
 * Return {settings, runId, refused} read from a query string: `settings` start from `settings` given,
 * values that are out of bounds are clamped and unknown ones dropped, and `refused` names both.
 */
export function fromQuery(catalog, settings, query) {
  const wanted = new URLSearchParams(query);
  const task = catalog.tasks.some(({ name }) => name === wanted.get("task")) ? wanted.get("task") : settings.task;
  const result = { ...settings, ...taskSettings(catalog, task) };
  const refused = [];
  if (MODES.includes(wanted.get("mode"))) result.mode = wanted.get("mode");
  for (const [name, text] of wanted) {
    if (!SETTING_NAMES.includes(name) || name === "task") continue;
    const read = readValue(catalog, name, text);
    if (read.value !== undefined) result[name] = read.value;
    if (read.refused) refused.push(name);
  }
  return { settings: result, runId: validRunId(wanted.get("run")), refused };
}

function readValue(catalog, name, text) {
  if (SWITCH_NAMES.includes(name)) return { value: text === "true" };
  if (CHOICE_NAMES.includes(name)) {
    const known = namesOf(catalog, name).includes(text);
    return known ? { value: text } : { refused: true };
  }
  const parameter = catalog.parameters.find((candidate) => candidate.name === name);
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

function validRunId(id) {
  return id && /^[\w-]{1,64}$/.test(id) ? id : null;
}
