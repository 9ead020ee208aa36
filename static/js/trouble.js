/** What is badly wrong with a result, in one sentence with a way out: {text, label, change}, or null. Pure. */

import * as format from "./format.js";
import { noiseMultiplierFor } from "./privacy/calibration.js";
import { mechanismOf } from "./privacy/mechanism.js";
import { named } from "./settings.js";

const NO_PROTECTION = 50;
const DEFENSIBLE = 8;
const BARELY = 0.05; // above guessing, as a fraction of the test set
const PATIENCE = 2; // epochs

/** Return the trouble of `shown` (null: none), whose ε is `epsilon`; `change` are settings, or null where none is known to help. */
export function troubleOf({ catalog, settings }, shown, epsilon) {
  return unlearned(catalog, shown) ?? unprotected(settings, epsilon);
}

function unlearned(catalog, shown) {
  const last = shown?.epochs?.at(-1);
  const ended = shown?.state !== "running";
  if (!last || (last.epoch < PATIENCE && !ended) || last.accuracy > 1 / (shown.dataset?.classes ?? 10) + BARELY) return null;
  const { clipping_norm: norm } = shown.parameters;
  const ratio = last.noise_norm / last.signal_norm;
  const why = ratio > 1 && Number.isFinite(ratio) ? `the noise in a step is ${format.value(Number(ratio.toPrecision(2)))}× the signal` : "the accuracy is that of guessing";
  const [low, high] = named(catalog.parameters, "clipping_norm").recommended;
  const advised = (shown.recommendations ?? []).find(({ apply }) => apply && Object.keys(apply).length);
  if (norm > high && ratio > 1) return { text: `Not learning: ${why}. Try C ${low.toFixed(1)}.`, label: `C ${low.toFixed(1)}`, change: { clipping_norm: low } };
  return advised
    ? { text: `Not learning: ${why}. ${advised.title}.`, label: advised.title, change: advised.apply }
    : { text: `Not learning: ${why}.`, label: null, change: null };
}

function unprotected(settings, epsilon) {
  if (epsilon === null || epsilon <= NO_PROTECTION || settings.sampling !== "poisson") return null;
  const text = `ε ${format.epsilon(epsilon)} forbids an attacker practically nothing.`;
  const { noiseMultiplier } = noiseMultiplierFor(DEFENSIBLE, mechanismOf(settings));
  if (noiseMultiplier === null) return { text, label: null, change: null };
  const rounded = Math.ceil(noiseMultiplier * 100) / 100;
  return { text: `${text} σ ${rounded} would give ε ${DEFENSIBLE}.`, label: `σ ${rounded}`, change: { noise_multiplier: rounded } };
}
