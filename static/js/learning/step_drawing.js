/** The stepper's drawing: the update's vectors as arrows, stage by stage. Vectors are [x, y]. */

import { drawn } from "./svg.js";

const PIXELS = 220; // of the drawing, for a gradient of length 1
const ROOM = 128; // from the middle to the edge, less a margin
const HEAD = 8;

/** Return the stage's elements; `scene` = {stage, update, all (every example's gradient), clippingNorm, noiseMultiplier}. */
export function drawingOf(scene) {
  return [...(DRAWINGS[scene.stage] ?? DRAWINGS.step)(scene), drawn("circle", { class: "origin", r: 3.5 })];
}

const DRAWINGS = {
  sample: ({ all, update }) => {
    const joined = new Set(update.rows.map(({ index }) => index));
    return all.map((gradient, index) => drawn("circle", {
      class: joined.has(index) ? "joined" : "waiting", r: joined.has(index) ? 5 : 2, cx: gradient[0] * PIXELS, cy: -gradient[1] * PIXELS,
    }));
  },
  gradients: ({ update }) => update.rows.map(({ gradient }) => arrow(gradient, "")),
  clip: ({ update, clippingNorm }) => [
    ...update.rows.map(({ gradient }) => arrow(gradient, "ghost")),
    drawn("circle", { class: "limit", r: clippingNorm * PIXELS }),
    ...update.rows.map(({ clipped }) => arrow(clipped, "")),
  ],
  sum: ({ update }) => {
    const pixels = scaleOf(update);
    return [...update.rows.map(({ clipped }) => arrow(clipped, "ghost", { pixels })), arrow(update.total, "sum", { pixels })];
  },
  noise: (scene) => {
    const { update } = scene;
    const pixels = scaleOf(update, 2 * scene.noiseMultiplier * scene.clippingNorm);
    return [...cloud(scene, pixels), arrow(update.total, "sum", { pixels }), arrow(update.noise, "noise", { pixels, from: update.total })];
  },
  divide: ({ update }) => {
    const pixels = scaleOf(update);
    return [arrow(update.noisy, "ghost", { pixels }), arrow(update.mean, "result", { pixels })];
  },
  step: ({ update }) => [arrow(update.mean, "ghost", { pixels: PIXELS }), arrow(update.mean.map((part) => -part), "result", { pixels: PIXELS })],
};

/** The noise's spread around the sum: one and two standard deviations. */
function cloud({ update, clippingNorm, noiseMultiplier }, pixels) {
  const [x, y] = update.total;
  return [2, 1].map((deviations) => drawn("circle", { class: "cloud", cx: x * pixels, cy: -y * pixels, r: deviations * noiseMultiplier * clippingNorm * pixels }));
}

/** Sums are longer than gradients: a scale at which sum and noisy sum fit, and so much around the sum. */
function scaleOf({ total, noisy }, around = 0) {
  const longest = Math.max(Math.hypot(...total) + around, Math.hypot(...noisy), 0.3);
  return Math.min(PIXELS, ROOM / longest);
}

function arrow([x, y], kind, { pixels = PIXELS, from = [0, 0] } = {}) {
  const start = [from[0] * pixels, -from[1] * pixels];
  const end = [(from[0] + x) * pixels, -(from[1] + y) * pixels];
  const angle = Math.atan2(end[1] - start[1], end[0] - start[0]);
  const wing = (turn) => `${end[0] - HEAD * Math.cos(angle + turn)} ${end[1] - HEAD * Math.sin(angle + turn)}`;
  const long = Math.hypot(end[0] - start[0], end[1] - start[1]) > HEAD;
  const head = long ? `M${wing(0.5)} L${end.join(" ")} L${wing(-0.5)}` : "";
  return drawn("path", { class: `arrow ${kind}`, d: `M${start.join(" ")} L${end.join(" ")} ${head}` });
}
