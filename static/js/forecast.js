/** What settings would give: the simulated run, or the exact ε alone where no simulation has been fitted. */

import { isSimulated, requestBody } from "./state.js";

const MECHANISM_NAMES = ["task", "sampling", "noise_multiplier", "batch_size", "epochs", "delta"];

/** Return a run document for `settings`: simulated, or planned (ε only); `api` is the module api.js or its double. */
export async function forecast(api, catalog, settings, { signal } = {}) {
  if (isSimulated(catalog, settings)) return api.simulate(requestBody(settings, "simulation"), { signal });
  return plannedDocument(catalog, settings, await privacyOf(api, settings, { signal }));
}

/** Return the whole privacy report of `settings`; the tightest accountant may take it a second or two. */
export function privacyOf(api, settings, { signal } = {}) {
  return api.getPrivacy(Object.fromEntries(MECHANISM_NAMES.map((name) => [name, settings[name]])), { signal });
}

/** Return the document of a run that nothing is known of but its privacy: no epochs, no metrics. */
export function plannedDocument(catalog, settings, privacy) {
  const task = catalog.tasks.find(({ name }) => name === settings.task);
  const dataset = catalog.datasets.find(({ name }) => name === task.dataset);
  const model = catalog.models.find(({ name }) => name === task.model);
  return {
    id: null, state: "planned", mode: "real", evidence: "planned",
    parameters: { ...settings, dataset: task.dataset, model: task.model, train_size: task.train_size },
    dataset: { name: dataset.name, title: dataset.title, classes: dataset.classes, class_names: dataset.class_names, test_examples: dataset.test_examples },
    model: { name: task.model, title: model?.title ?? task.model },
    progress: null, epochs: [], iterations: [], gradient_norms: null, per_class_accuracy: null,
    final_metrics: null, epsilon_spent: null, privacy, privacyIsWhole: true, assessment: null, recommendations: [], baseline: null, error: null,
    notices: [{
      id: "no-simulation", severity: "info",
      text: "No simulation has been fitted for this task with this optimizer. ε is exact all the same; train for real to see the accuracy.",
    }],
  };
}
