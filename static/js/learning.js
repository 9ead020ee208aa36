/** The Learning Hub's stepper: one DP-SGD step on two weights, stage by stage. */

import { byId, setText } from "./dom.js";
import * as format from "./format.js";
import { clipped, length, normalPair, privateStep } from "./private_step.js";
import { bindTheme } from "./theme.js";

const SVG = "http://www.w3.org/2000/svg";
const PIXELS = 46; // of the drawing, for a gradient of length 1
const SUM_PIXELS = 20; // sums are longer, so they are drawn smaller
const GRADIENTS = [
  [0.5, 0.3], [1.1, 0.9], [0.7, -0.5], [2.3, 0.8], [-0.3, 0.6], [0.9, 1.6],
  [-0.8, -0.4], [1.4, -0.3], [0.2, 1.0], [-1.2, 2.1], [0.4, -1.3], [1.7, 0.2],
];
const JOINS = [true, false, true, true, false, true, false, true, false, true, true, false];
const EXPECTED_BATCH = 6; // q·N with q = 1/2
const STAGES = [
  ["Sample", () => `Each of the 12 joins by its own coin, here with q = 1/2. ${JOINS.filter(Boolean).length} joined; 6 are expected. The dotted ones sit this step out, and nobody can tell who did.`],
  ["One gradient for each example", () => "Not one gradient for the batch: each person's pull has to be known to be limited."],
  ["Clip each to length C", ({ step, clippingNorm }) => `${step.sampled.filter((gradient) => length(gradient) > clippingNorm).length} of ${step.sampled.length} are longer than C = ${format.value(clippingNorm)} and are shortened to the circle. Directions stay.`],
  ["Sum", ({ clippingNorm }) => `Adding or removing any one person moves the green arrow by at most C = ${format.value(clippingNorm)}.`],
  ["Add noise to the sum, once", ({ clippingNorm, noiseMultiplier }) => (noiseMultiplier === 0
    ? "σ is 0: no noise, no privacy. Clipping alone protects nobody."
    : `A normal draw with standard deviation σ·C = ${format.value(noiseMultiplier * clippingNorm)} in each direction (shaded). It hides whether one arrow was there.`)],
  ["Divide and step", ({ step }) => `Divided by the expected 6, not by the ${step.sampled.length} that came: how many came is private too. The weights move by (${step.update.map((part) => part.toFixed(2)).join(", ")}).`],
];

let stage = 0;
let unitNoise = [0.7, -0.9]; // a fixed first draw, so that the page opens the same for everybody

const node = (tag, attributes) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

function arrow([x, y], kind, { pixels = PIXELS, from = [0, 0] } = {}) {
  const start = [from[0] * pixels, -from[1] * pixels];
  const end = [(from[0] + x) * pixels, -(from[1] + y) * pixels];
  const angle = Math.atan2(end[1] - start[1], end[0] - start[0]);
  const wing = (turn) => `${end[0] - 8 * Math.cos(angle + turn)} ${end[1] - 8 * Math.sin(angle + turn)}`;
  const head = Math.hypot(end[0] - start[0], end[1] - start[1]) > 8 ? `M${wing(0.5)} L${end.join(" ")} L${wing(-0.5)}` : "";
  return node("path", { class: `arrow ${kind}`, d: `M${start.join(" ")} L${end.join(" ")} ${head}`, fill: "none" });
}

function drawn({ step, clippingNorm, noiseMultiplier }) {
  const circle = (radius, kind, [x, y] = [0, 0]) => node("circle", { class: kind, r: radius, cx: x, cy: -y });
  if (stage === 0) return GRADIENTS.map((gradient, index) => arrow(gradient, JOINS[index] ? "" : "out"));
  if (stage === 1) return step.sampled.map((gradient) => arrow(gradient, ""));
  if (stage === 2) {
    const short = step.sampled.map((gradient) => arrow(clipped(gradient, clippingNorm), ""));
    return [...step.sampled.map((gradient) => arrow(gradient, "ghost")), circle(clippingNorm * PIXELS, "limit"), ...short];
  }
  const pixels = SUM_PIXELS;
  if (stage === 3) return [...step.clipped.map((gradient) => arrow(gradient, "ghost", { pixels })), arrow(step.total, "sum", { pixels })];
  const centre = step.total.map((part) => part * pixels);
  const cloud = [2, 1].map((deviations) => circle(deviations * noiseMultiplier * clippingNorm * pixels, "cloud", centre));
  const added = [...cloud, arrow(step.total, "sum", { pixels }), arrow(step.noise, "noise", { pixels, from: step.total })];
  return stage === 4 ? added : [arrow(step.noisy, "ghost", { pixels }), arrow(step.update, "result", { pixels: PIXELS })];
}

function show() {
  const clippingNorm = Number(byId("clip").value);
  const noiseMultiplier = Number(byId("noise").value);
  const step = privateStep({
    gradients: GRADIENTS, joins: JOINS, clippingNorm, noiseMultiplier, unitNoise, expectedBatch: EXPECTED_BATCH,
  });
  const scene = { step, clippingNorm, noiseMultiplier };
  const [name, text] = STAGES[stage];
  setText(byId("stage-count"), `Stage ${stage + 1} of ${STAGES.length}`);
  setText(byId("stage-name"), name);
  setText(byId("stage-text"), text(scene));
  setText(byId("clip-value"), format.value(clippingNorm));
  setText(byId("noise-value"), format.value(noiseMultiplier));
  byId("stage").replaceChildren(...drawn(scene), node("circle", { class: "origin", r: 3.5 }));
  byId("stage-back").disabled = stage === 0;
  setText(byId("stage-next"), stage === STAGES.length - 1 ? "Start again" : "Next");
}

function go(to) {
  stage = (to + STAGES.length) % STAGES.length;
  show();
}

byId("stage-back").addEventListener("click", () => go(stage - 1));
byId("stage-next").addEventListener("click", () => go(stage + 1));
byId("clip").addEventListener("input", show);
byId("noise").addEventListener("input", show);
byId("redraw").addEventListener("click", () => {
  unitNoise = normalPair(Math.random);
  show();
});
bindTheme();
show();
