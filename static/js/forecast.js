/** What settings would give: the simulated run, and at once, without asking the server, their exact ε. */

import { mechanismOf } from "./privacy/mechanism.js";
import { privacyReport } from "./privacy/report.js";
import { isSimulated, named, pick, requestBody } from "./settings.js";

const MECHANISM_NAMES = ["task", "dataset", "train_size", "sampling", "noise_multiplier", "batch_size", "epochs", "delta"];
const PLAN_NAMES = [...MECHANISM_NAMES, "privacy_budget"];

/** Return a run document for `settings`: simulated, or planned (ε only); `api` is the module api.js or its double. */
export async function forecast(api, catalog, settings, { signal } = {}) {
  if (isSimulated(catalog, settings)) return api.simulate(requestBody(settings, "simulation"), { signal });
  return plannedDocument(catalog, settings, promptPrivacy(settings) ?? (await privacyOf(api, settings, { signal })));
}

/** Return the server's whole privacy report of `settings`; the tightest accountant may take it a second or two. */
export function privacyOf(api, settings, { signal } = {}) {
  return api.getPrivacy(mechanismBody(settings), { signal });
}

/** Return the body of POST /api/privacy for `settings`: of a table of one's own the server has the numbers only. */
export function mechanismBody(settings) {
  return pick(settings, settings.task === "table" ? MECHANISM_NAMES.filter((name) => name !== "task" && name !== "dataset") : MECHANISM_NAMES);
}

/** Return the privacy report that the page's own accountant gives for `settings`, or null for a batch larger than the data. */
export function promptPrivacy(settings) {
  return privacyReport(mechanismOf(settings));
}

let lastPlan = {};

/**
 * Return the document whose ε is that of the settings as they are now: the simulation itself where it has caught up
 * with them, else the same with their budget and the page's own privacy report in place; null before the first.
 */
export function plannedOf(state) {
  const { simulation, settings } = state;
  if (!simulation) return null;
  if (lastPlan.simulation !== simulation || lastPlan.settings !== settings) {
    lastPlan = { simulation, settings, plan: isOfPlan(simulation, settings) ? simulation : planned(simulation, settings) };
  }
  return lastPlan.plan;
}

/** Return the document that ε, the meter and the guarantee are read from: a measured one itself, else the plan. */
export function quotedOf(state, shown) {
  return shown?.evidence === "measured" ? shown : plannedOf(state) ?? shown;
}

function isOfPlan({ parameters }, settings) {
  return PLAN_NAMES.every((name) => parameters[name] === settings[name]);
}

function planned(simulation, settings) {
  const sameMechanism = MECHANISM_NAMES.every((name) => simulation.parameters[name] === settings[name]);
  const privacy = sameMechanism ? simulation.privacy : promptPrivacy(settings);
  if (!privacy) return simulation;
  const changed = Object.fromEntries(PLAN_NAMES.map((name) => [name, settings[name]]));
  const parameters = { ...simulation.parameters, ...changed, train_size: privacy.examples };
  return { ...simulation, parameters, privacy, privacyIsWhole: sameMechanism && simulation.privacyIsWhole };
}

/** Return the document of a run that nothing is known of but its privacy: no epochs, no metrics. */
export function plannedDocument(catalog, settings, privacy) {
  const dataset = named(catalog.datasets, settings.dataset);
  const model = named(catalog.models, settings.model);
  return {
    id: null, state: "planned", mode: "real", evidence: "planned",
    parameters: { ...settings },
    dataset: { name: dataset.name, title: dataset.title, classes: dataset.classes, class_names: dataset.class_names, test_examples: dataset.test_examples },
    model: { name: settings.model, title: model?.title ?? settings.model },
    progress: null, epochs: [], iterations: [], gradient_norms: null, per_class_accuracy: null,
    final_metrics: null, epsilon_spent: null, privacy, assessment: null, recommendations: [], baseline: null, error: null,
    notices: [{
      id: "no-simulation", severity: "info",
      text: "No simulation has been fitted for these data, this model and this optimizer. ε is exact all the same; train for real to see the accuracy.",
    }],
  };
}
