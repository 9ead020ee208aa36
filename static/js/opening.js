/** What the page opens with: runs that were measured when it was made and are shipped with it, so that nobody waits. */

import * as format from "./format.js";
import { withPin } from "./pins.js";
import { changesBetween } from "./settings.js";

const OWN = ["seed", "baseline", "privacy_budget", "target_epsilon", "accountant"]; // what no result of these settings depends on
const PINNED_NAME = "Optimal";

/**
 * Return the state that shows the shipped run of the default settings, with the optimal one pinned beside it. A run that
 * does not belong to today's settings or presets is left out; so is a pin where `pins` were kept from before (not null).
 */
export function withOpening(state, { provenance, runs }, pins = null) {
  const optimal = state.catalog.presets[state.settings.task]?.find(({ id }) => id === "optimal");
  const opening = differs(runs.balanced.parameters, state.settings) ? null : told(runs.balanced, provenance);
  const pinned = optimal && !differs(runs.optimal.parameters, optimal.parameters) ? runs.optimal : null;
  const settings = opening ? { ...state.settings, baseline: opening.parameters.baseline } : state.settings;
  return { ...state, settings, opening, pins: pins ?? (pinned ? withPin([], pinned, { name: PINNED_NAME }) : []) };
}

/** Return the state without the opening where a setting has changed; the mode is none. */
export function leftOpening(state, previous) {
  const moved = state.opening && changesBetween(previous.settings, state.settings).length > 0;
  return moved ? { ...state, opening: null } : state;
}

function differs(parameters, settings) {
  return changesBetween(parameters, settings).some(({ name }) => !OWN.includes(name));
}

function told(run, { date, cores, tensorflow }) {
  const seconds = format.duration(run.final_metrics.training_seconds);
  const text =
    `This run is shipped with the page: measured on ${date} in ${seconds}, on ${cores} cores with TensorFlow ${tensorflow}. ` +
    "Change a setting to simulate, or train it yourself.";
  return { ...run, notices: [{ id: "shipped", severity: "info", text }, ...run.notices] };
}
