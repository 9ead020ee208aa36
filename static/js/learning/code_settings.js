/** The settings of the code panel: what comes along in the address, and what is asked of the server. Pure. */

import { fromQuery } from "../address.js";
import { defaultTask, requestBody, taskSettings } from "../settings.js";

export const NUMBERS = ["clipping_norm", "noise_multiplier", "batch_size", "learning_rate", "epochs", "delta"];
const NOT_IN_SCRIPTS = ["mode", "engine", "privacy_budget", "stop_at_budget", "baseline"];

/** Return the settings that the address `query` brings along, the rest the default task's. */
export function settingsOf(catalog, query) {
  return fromQuery(catalog, { mode: "simulation", ...taskSettings(catalog, defaultTask(catalog)) }, query).settings;
}

/** Return the query string of GET /api/code; a seed only where one was chosen. */
export function codeQuery(settings, framework) {
  const { seed, ...body } = requestBody(settings, "simulation");
  const asked = { framework, ...body, ...(settings.seed === null ? {} : { seed }) };
  const fields = Object.entries(asked).filter(([name, value]) => !NOT_IN_SCRIPTS.includes(name) && value !== null && value !== undefined);
  return new URLSearchParams(fields.map(([name, value]) => [name, String(value)])).toString();
}
