/** Reconstruction from a gradient, on the page. */

import { byId, fillTable, setText } from "../dom.js";
import * as format from "../format.js";
import { createFrameGate } from "../frame_gate.js";
import { bindSlider } from "../toy/sliders.js";
import { CLIPPING_NORM, DELTA, experiment, STRANGERS, summary } from "./gradient_experiment.js";
import { figureOf, withPictures } from "./picture_view.js";
import { PIXELS } from "./pictures.js";

const EMPTY = new Array(PIXELS).fill(0);
const state = { batchSize: 1, clips: true, noiseMultiplier: 0, seed: 1 };
const gated = createFrameGate((open) => requestAnimationFrame(open));
const hundredths = (number) => number.toFixed(2).replace("-", "−");
const finer = (number) => number.toFixed(3).replace("-", "−");

function show(pictures) {
  const { rows, candidates, strangers, epsilon } = experiment({ pictures, ...state });
  byId("gradient-pictures").replaceChildren(...rows.map(figure));
  setText(byId("gradient-result"), resultWords({ rows, strangers }));
  setText(byId("gradient-epsilon"), epsilonWords(epsilon));
  setText(byId("gradient-setting"), settingWords({ rows, candidates }));
  fillTable(byId("gradient-table"), tableOf(rows));
}

function figure({ label, pixels, read, resemblance, error }) {
  const name = `What the gradient gives of the ${label}: ${read ? `correlation ${finer(resemblance)}` : "nothing"}`;
  return figureOf([[pixels, `The handwritten ${label} itself`], [read ?? EMPTY, name]],
    read ? [`r ${finer(resemblance)}`, `error ${finer(error)}`] : ["no unit fired"]);
}

function resultWords(found) {
  const { exact, inside, outside, leaks } = summary(found);
  const count = found.rows.length;
  const read = count === 1
    ? `The picture is ${exact ? "read exactly" : "not read exactly"} (r ${finer(inside)}).`
    : `${exact} of ${count} pictures are read exactly; on average r is ${finer(inside)}.`;
  return `${read} ${STRANGERS} pictures that were not in the batch get r ${finer(outside)} by the same search. ${judgement({ count, exact, leaks })}`;
}

function judgement({ count, exact, leaks }) {
  const { clips, noiseMultiplier } = state;
  if (exact > 0) return clips ? "Clipping has shortened the gradient; the quotient stays the same." : count === 1 ? "" : "Averaging alone does not protect.";
  if (!leaks) return "That is no more than chance makes of two digits: the noise has drowned the pictures.";
  return noiseMultiplier > 0 ? "Something still leaks: there is too little noise." : "Only mixtures are left, and they still leak.";
}

function epsilonWords(epsilon) {
  const { clips, noiseMultiplier } = state;
  if (epsilon !== null) return `ε of this one step: ${format.epsilon(epsilon)} at δ ${format.value(DELTA)}, for one picture added or removed, against somebody who knows all others in the batch.`;
  if (noiseMultiplier === 0) return "ε of this one step is infinite: without noise nothing is promised.";
  return clips ? "" : "ε is infinite: without clipping no noise is large enough for every gradient.";
}

function settingWords({ rows, candidates }) {
  const lengths = rows.map(({ norm }) => hundredths(norm)).join(", ");
  const cut = state.clips ? `; each is clipped to ${format.value(CLIPPING_NORM)}` : "";
  return `Seed ${state.seed}. Length of the gradient${rows.length > 1 ? "s" : ""}: ${lengths}${cut}. The attacker gets ${candidates} candidate pictures; shown is the one closest to the original.`;
}

const tableOf = (rows) => ({
  caption: "Each picture of the batch and what is read of it",
  columns: ["Picture", "Length of its gradient", "Correlation r", "Error of a pixel"],
  rows: rows.map(({ label, norm, read, resemblance, error }, index) =>
    [`No. ${index + 1}, a ${label}`, hundredths(norm), read ? finer(resemblance) : "–", read ? finer(error) : "–"]),
});

function begin(pictures) {
  const redraw = () => gated(() => show(pictures));
  const choose = (name) => (value) => { state[name] = value; redraw(); };
  bindSlider("gradient-batch", { minimum: 1, maximum: 8, integer: true }, choose("batchSize"))(state.batchSize);
  bindSlider("gradient-noise", { minimum: 0, maximum: 2, scale: "log" }, choose("noiseMultiplier"))(state.noiseMultiplier);
  byId("gradient-clips").addEventListener("change", ({ target }) => choose("clips")(target.checked));
  byId("gradient-again").addEventListener("click", () => choose("seed")(state.seed + 1));
  state.clips = byId("gradient-clips").checked; // a browser may keep the box over a reload
  show(pictures);
}

withPictures(byId("gradient-problem"), begin);
