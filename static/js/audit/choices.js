/** What can be audited from the page: a few trainings ready to start, or a run that is there already. Pure. */

import { guaranteedEpsilon } from "../privacy/accountant.js";
import { mechanismOf } from "../privacy/mechanism.js";
import { expectedSeconds, obstacleOf } from "../real_training.js";
import { taskSettings } from "../settings.js";

const READY = [
  { id: "mnist", task: "mnist", change: {}, title: "MNIST, the default private recipe" },
  { id: "mnist-open", task: "mnist", change: { noise_multiplier: 0 }, title: "The same without noise" },
  { id: "small", task: "mnist-1500", change: {}, title: "1,500 images, private" },
  { id: "small-open", task: "mnist-1500", change: { noise_multiplier: 0 }, title: "1,500 images without noise" },
];
const EMBEDDED = [
  { id: "digits", task: "digits", change: {}, title: "Small digits (8x8), private" },
  { id: "digits-open", task: "digits", change: { noise_multiplier: 0 }, title: "The same without noise" },
];

/** The kinds of canaries by their names in the API, in plain words. */
export const CANARIES = [
  { name: "auto", title: "Choose for me", text: "Mislabelled images where there is no noise, Dirac canaries where there is." },
  {
    name: "dirac", title: "Dirac canaries: the strongest attack",
    text: "Each canary pulls at one weight that no image ever touches, ten times longer than clipping allows. The attacker sees every noisy update. They cost no accuracy.",
  },
  {
    name: "mislabelled", title: "Mislabelled images: the attack anyone could try",
    text: "Real images with a wrong label. The attacker only asks the finished model how wrong it finds them. They cost the audited model a few points of accuracy.",
  },
];

/** Return [{id, title, settings, epsilon, seconds}] of the trainings that this server can do; [] where it can do none. */
export function readyChoices(catalog) {
  const known = (choices) => choices.filter(({ task }) => catalog.tasks.some(({ name }) => name === task));
  const [large, embedded] = [known(READY), known(EMBEDDED)].map((choices) => choices.map((choice) => completed(catalog, choice)));
  const possible = ({ settings }) => !obstacleOf(catalog, settings);
  return [large, embedded].map((choices) => choices.filter(possible)).find((choices) => choices.length) ?? [];
}

/** A private training has the one without privacy beside it; one without noise is that itself. */
function completed(catalog, { id, task, change, title }) {
  const settings = { ...taskSettings(catalog, task), ...change };
  const whole = { ...settings, baseline: settings.noise_multiplier > 0 };
  return { id, title, settings: whole, epsilon: guaranteedEpsilon(mechanismOf(whole)), seconds: secondsOf(catalog, whole, 2) };
}

/** Return the choice of auditing a run that is there; its ε is that of the whole training, which the audit does even if the run was stopped. */
export function choiceOfRun(catalog, { id, parameters }) {
  const epsilon = guaranteedEpsilon(mechanismOf(parameters));
  return { id: "run", runId: id, title: `Run ${id.slice(0, 8)}`, settings: parameters, epsilon, seconds: secondsOf(catalog, parameters, 1) };
}

/** The audit trains once more; a training that is still to be done comes on top. */
function secondsOf(catalog, settings, trainings) {
  const once = parametersAreKnown(catalog, settings) ? expectedSeconds(catalog, settings) : null;
  return once === null ? null : trainings * once;
}

const parametersAreKnown = ({ datasets }, { dataset }) => datasets.some(({ name }) => name === dataset);
