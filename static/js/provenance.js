/** Where a result comes from, in one line: on charts, in tooltips and on everything that is exported. Pure. */

import * as format from "./format.js";

const SHORT_NAMES = { mnist: "MNIST", fashion_mnist: "Fashion-MNIST", digits: "Digits 8x8", xor: "XOR" };

/** Return SIMULATED, MEASURED, or NOT RUN where there is no result yet. */
export const evidenceOf = ({ evidence }) => (evidence === "planned" ? "NOT RUN" : evidence.toUpperCase());

/** Return "MEASURED · MNIST 60,000 · seed 1". */
export function provenanceOf(document) {
  const { parameters, dataset } = document;
  const name = SHORT_NAMES[parameters.dataset] ?? dataset?.title ?? parameters.dataset;
  const data = [name, parameters.train_size ? format.count(parameters.train_size) : null].filter(Boolean).join(" ");
  if (document.evidence === "planned") return `${evidenceOf(document)} · ${data}`;
  const seed = parameters.seed ?? null;
  return `${evidenceOf(document)} · ${data} · ${seed === null ? "secret seed" : `seed ${seed}`}`;
}

/** Return the settings of a result in one line, "C 1 · σ 0.8 · B 256 · learning rate 0.02 · 15 epochs · sgd · δ 1e-5". */
export function settingsOf({ parameters }) {
  const { value } = format;
  return [
    `C ${value(parameters.clipping_norm)}`, `σ ${value(parameters.noise_multiplier)}`, `B ${value(parameters.batch_size)}`,
    `learning rate ${value(parameters.learning_rate)}`, `${parameters.epochs} epochs`, parameters.optimizer,
    `δ ${value(parameters.delta)}`, parameters.model,
  ].filter(Boolean).join(" · ");
}
