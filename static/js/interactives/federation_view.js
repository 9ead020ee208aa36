/** Federated learning on the page: the same rounds with and without DP, one of them shown at a time. */

import { byId, setText } from "../dom.js";
import * as format from "../format.js";
import { drawn, pathOf } from "../learning/svg.js";
import { guaranteedEpsilon } from "../privacy/accountant.js";
import { bindSlider } from "../toy/sliders.js";
import { accuracyOf, createClients, drawRounds, federate } from "./federation.js";
import { fitted, label, linear } from "./svg.js";

const CLIENTS = 600;
const EXPECTED_CLIENTS = 60;
const ROUNDS = 20;
const DELTA = 1e-5;
const [HEIGHT, FLOOR, LEFT, RIGHT] = [200, 158, 50, 66]; // of the drawings; RIGHT leaves room for the lines' names
const SHOWN_NORMS = [0.01, 200]; // of an update, on a log scale

const LIARS = new Set([4, 137, 248, 391, 502]); // the devices that send nonsense when they are asked to
const NONSENSE = [-60, 60, 0];

const clients = createClients({ seed: 11, count: CLIENTS, each: 8 });
const strangers = createClients({ seed: 12, count: 250, each: 8 }).flat();
const local = { localRate: 0.1, localPasses: 3, expectedClients: EXPECTED_CLIENTS };
const state = { clippingNorm: 0.3, noiseMultiplier: 1.5, lying: false, round: 8, seed: 1 };

function train() {
  const { clippingNorm, noiseMultiplier, lying, seed } = state;
  const draws = drawRounds({ seed, rounds: ROUNDS, clients: CLIENTS, samplingProbability: EXPECTED_CLIENTS / CLIENTS });
  const sends = (client, update) => (lying && LIARS.has(client) ? NONSENSE : update);
  const history = (recipe) => federate({ clients, draws, recipe: { ...local, ...recipe }, sends })
    .map(({ model, norms }) => ({ accuracy: accuracyOf(model, strangers), norms }));
  return { plain: history({ clippingNorm: Infinity, noiseMultiplier: 0 }), private: history({ clippingNorm, noiseMultiplier }) };
}

let histories = null;
const drawWith = (id, paint) => fitted(byId(id), (width) => histories && paint(byId(id), width));
const drawNorms = drawWith("federation-norms", paintNorms);
const drawAccuracies = drawWith("federation-accuracies", paintAccuracies);

function retrain() {
  histories = train();
  show();
}

function show() {
  const { round, clippingNorm } = state;
  const { norms, accuracy } = histories.private[round];
  const clipped = norms.filter((norm) => norm > clippingNorm).length;
  setText(byId("federation-joined"), round === 0
    ? "Before the first round nobody has sent anything."
    : `Round ${round}: ${norms.length} of 600 devices joined by their own coins (60 are expected); ${clipped} of their updates were longer than C = ${format.value(clippingNorm)} and were shortened.`);
  setText(byId("federation-accuracy"), `Right about 2,000 examples of strangers: ${format.percent(accuracy)} with DP, ${format.percent(histories.plain[round].accuracy)} without.`);
  setText(byId("federation-epsilon"), epsilonWords(round));
  drawNorms();
  drawAccuracies();
}

function epsilonWords(round) {
  const mechanism = {
    examples: CLIENTS, batchSize: EXPECTED_CLIENTS, noiseMultiplier: state.noiseMultiplier, epochs: (ROUNDS * EXPECTED_CLIENTS) / CLIENTS,
    delta: DELTA, sampling: "poisson",
  };
  const epsilon = guaranteedEpsilon(mechanism, round);
  if (epsilon === null) return "ε is infinite: without noise nothing is promised to anybody.";
  return `ε ${format.epsilon(epsilon)} at δ ${format.value(DELTA)} after ${round} rounds, for a whole device with all that is on it (added or removed). What is trusted: the server, or a secure sum in its place.`;
}

/** One bar for each device's update, longest first: what it sent, and what is left of it. */
function paintNorms(drawing, width) {
  const { norms } = histories.private[state.round];
  const up = linear(SHOWN_NORMS.map(Math.log), [FLOOR, 10]);
  const height = (norm) => up(Math.log(Math.min(Math.max(norm, SHOWN_NORMS[0]), SHOWN_NORMS[1])));
  const sorted = [...norms].sort((first, second) => second - first);
  const share = (width - LEFT - 10) / Math.max(sorted.length, 1);
  const bar = (norm, index, kind) => drawn("rect", { class: kind, x: LEFT + index * share + 0.5, width: Math.max(1, share - 1), y: height(norm), height: FLOOR - height(norm) });
  const line = height(state.clippingNorm);
  drawing.replaceChildren(
    ...sorted.map((norm, index) => bar(norm, index, "lab-bar ghost")),
    ...sorted.map((norm, index) => bar(Math.min(norm, state.clippingNorm), index, "lab-bar")),
    drawn("line", { class: "lab-mark", x1: LEFT, x2: width - 10, y1: line, y2: line }),
    label(width - 10, line - 5, `C = ${format.value(state.clippingNorm)}`, "end"),
    ...[0.01, 0.1, 1, 10, 100].map((norm) => label(LEFT - 6, height(norm) + 4, format.value(norm), "end")),
    label(LEFT, HEIGHT - 6, "length of each device's update", "start"),
  );
  drawing.setAttribute("aria-label", norms.length === 0 ? "No updates yet." : `Lengths of the updates of this round, from ${format.value(Math.min(...norms))} to ${format.value(Math.max(...norms))}; C is ${format.value(state.clippingNorm)}.`);
}

function paintAccuracies(drawing, width) {
  const across = linear([0, ROUNDS], [LEFT, width - RIGHT]);
  const up = linear([0, 1], [FLOOR, 10]);
  const path = (history, kind) => drawn("path", { class: kind, d: pathOf(history.map(({ accuracy }, round) => [across(round), up(accuracy)])) });
  const [plainEnd, privateEnd] = [histories.plain, histories.private].map((history) => up(history.at(-1).accuracy));
  const apart = Math.abs(plainEnd - privateEnd) < 16 ? (plainEnd <= privateEnd ? -8 : 8) : 0;
  drawing.replaceChildren(
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      drawn("line", { class: "lab-grid", x1: LEFT, x2: width - RIGHT, y1: up(share), y2: up(share) }),
      label(LEFT - 6, up(share) + 4, format.percent(share, 0), "end"),
    ]),
    drawn("line", { class: "lab-mark", x1: across(state.round), x2: across(state.round), y1: 10, y2: FLOOR }),
    path(histories.private, "lab-line private"), path(histories.plain, "lab-line plain"),
    label(width - RIGHT + 6, plainEnd + 4 + apart, "without", "start"), label(width - RIGHT + 6, privateEnd + 4 - apart, "with DP", "start"),
    ...[0, 5, 10, 15, 20].map((round) => label(across(round), FLOOR + 16, String(round))),
    label(LEFT, HEIGHT - 6, "accuracy on strangers, by round", "start"),
  );
  drawing.setAttribute("aria-label", `Accuracy on strangers over ${ROUNDS} rounds: ends at ${format.percent(histories.private.at(-1).accuracy)} with DP and at ${format.percent(histories.plain.at(-1).accuracy)} without.`);
}

const choose = (name, then) => (value) => { state[name] = value; then(); };
bindSlider("federation-clip", { minimum: 0.05, maximum: 20, scale: "log" }, choose("clippingNorm", retrain))(state.clippingNorm);
bindSlider("federation-noise", { minimum: 0, maximum: 50, scale: "log" }, choose("noiseMultiplier", retrain))(state.noiseMultiplier);
bindSlider("federation-round", { minimum: 0, maximum: ROUNDS, integer: true }, choose("round", show))(state.round);
byId("federation-liars").addEventListener("change", (event) => choose("lying", retrain)(event.target.checked));
byId("federation-again").addEventListener("click", () => choose("seed", retrain)(state.seed + 1));
retrain();
