/** Attribute inference, on the page: what a model adds to what anybody can guess. */

import { byId, fillTable, setText } from "../dom.js";
import * as format from "../format.js";
import { fitted, label, linear } from "../interactives/svg.js";
import { drawn } from "../learning/svg.js";
import { bindSlider } from "../toy/sliders.js";
import { CLIPPING_NORM, countRight, DELTA, epsilonOf, intervalsOf, LEARNING_RATE, memberBound, noCounts, STEPS, tablesOf } from "./attribute_experiment.js";
import { differenceInterval } from "./proportions.js";
import { createSlices } from "./slices.js";

const [LEFT, RIGHT, TOP, ROW] = [12, 16, 10, 40];
const NARROW = 480; // pixels, below which fewer ticks find room
const SHOWN = [0.4, 1]; // of the accuracies
const BARS = [
  ["imputation", "No model, only the population", "base"],
  ["plainMembers", "Ordinary training: in the table", "plain"],
  ["plainStrangers", "Ordinary training: not in it", "plain"],
  ["privateMembers", "DP-SGD: in the table", "private"],
  ["privateStrangers", "DP-SGD: not in it", "private"],
];
const state = { records: 60, noiseMultiplier: 2, seed: 1 };
const run = createSlices();
let shares = null;
const redraw = fitted(byId("attribute-drawing"), (width) => shares && draw(byId("attribute-drawing"), width));

function recount() {
  const chosen = { ...state };
  const counts = noCounts();
  run(countRight(counts, chosen), () => {
    shares = intervalsOf(counts, chosen.records);
    show(epsilonOf(chosen));
  });
}

function show(epsilon) {
  redraw();
  const plain = differenceInterval(shares.plainMembers, shares.plainStrangers);
  const guarded = differenceInterval(shares.privateMembers, shares.privateStrangers);
  setText(byId("attribute-result"), `Ordinary training: ${differenceWords(plain)} DP-SGD: ${differenceWords(guarded)}`);
  setText(byId("attribute-imputation"), imputationWords());
  setText(byId("attribute-bound"), `ε ${format.epsilon(epsilon)} at δ ${format.value(DELTA)} bounds this difference and nothing else: where strangers' secrets are guessed right ${format.percent(shares.privateStrangers.share)} of the time, members' cannot be more than ${format.percent(memberBound({ epsilon, strangers: shares.privateStrangers.share }))} of it.`);
  setText(byId("attribute-setting"), settingWords());
  fillTable(byId("attribute-table"), tableOf());
  byId("attribute-drawing").setAttribute("aria-label", `Secrets guessed right, with 95 % intervals. ${BARS.map(([name, words]) => `${words}: ${format.percent(shares[name].share)}`).join("; ")}.`);
}

function differenceWords({ share, low, high }) {
  const span = `${format.points(share)}; 95 % interval ${format.points(low).replace(" points", "")} to ${format.points(high)}`;
  return low > 0 ? `members' secrets are guessed right more often than strangers' (${span}).` : `no difference between members and strangers that chance could not make (${span}).`;
}

function imputationWords() {
  const gain = differenceInterval(shares.plainMembers, shares.imputation);
  const base = `Who knows the population and no model is right ${format.percent(shares.imputation.share)} of the time, about anybody.`;
  if (gain.low > 0) return `${base} Of members, ordinary training gives away more than that (${format.points(gain.share)}).`;
  return `${base} Ordinary training adds nothing to that which chance could not make, not even about members (${format.points(gain.share)}).`;
}

function settingWords() {
  const { seed, records, noiseMultiplier } = state;
  return `Seed ${seed}. ${tablesOf(records)} tables of ${format.count(records)} members and ${format.count(records)} strangers, a model of each kind for each table; ${STEPS} steps at learning rate ${LEARNING_RATE}, every record joins with probability 0.1; DP-SGD: C = ${CLIPPING_NORM}, σ = ${format.value(noiseMultiplier)}. Intervals: Wilson; of differences: Newcombe; both take the guesses for independent.`;
}

function tableOf() {
  const bounds = ({ low, high }) => `${format.percent(low)} to ${format.percent(high)}`;
  return {
    caption: "How often the secret is guessed right",
    columns: ["Guess", "Right", "95 % interval"],
    rows: BARS.map(([name, words]) => [words, format.percent(shares[name].share), bounds(shares[name])]),
  };
}

/** One row for each guess: its name, its interval as a line, its share as a mark; imputation as a line through all. */
function draw(drawing, width) {
  const across = linear(SHOWN, [LEFT, width - RIGHT]);
  const floor = TOP + BARS.length * ROW;
  const held = (share) => across(Math.min(Math.max(share, SHOWN[0]), SHOWN[1]));
  const ticks = width < NARROW ? [0.4, 0.6, 0.8, 1] : [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
  drawing.replaceChildren(
    ...ticks.map((tick) => drawn("line", { class: "lab-grid", x1: across(tick), x2: across(tick), y1: TOP, y2: floor })),
    ...ticks.map((tick) => label(across(tick), floor + 18, format.percent(tick, 0), anchorOf(tick))),
    drawn("line", { class: "lab-mark", x1: held(shares.imputation.share), x2: held(shares.imputation.share), y1: TOP, y2: floor }),
    ...BARS.flatMap((bar, index) => rowOf(bar, { held, y: TOP + index * ROW })),
  );
}

function anchorOf(tick) {
  if (tick === SHOWN[0]) return "start";
  return tick === SHOWN[1] ? "end" : "middle";
}

function rowOf([name, words, kind], { held, y }) {
  const { share, low, high } = shares[name];
  const middle = y + 27;
  const mark = name.endsWith("Strangers")
    ? drawn("circle", { class: `demo-mark hollow ${kind}`, cx: held(share), cy: middle, r: 5 })
    : drawn("circle", { class: `demo-mark ${kind}`, cx: held(share), cy: middle, r: 5.5 });
  return [
    label(LEFT, y + 14, `${words}: ${format.percent(share)}`, "start"),
    drawn("line", { class: `demo-interval ${kind}`, x1: held(low), x2: held(high), y1: middle, y2: middle }),
    mark,
  ];
}

const choose = (name) => (value) => { state[name] = value; recount(); };
bindSlider("attribute-records", { minimum: 30, maximum: 1000, scale: "log", integer: true }, choose("records"), format.count)(state.records);
bindSlider("attribute-noise", { minimum: 0.5, maximum: 8, scale: "log" }, choose("noiseMultiplier"))(state.noiseMultiplier);
byId("attribute-again").addEventListener("click", () => choose("seed")(state.seed + 1));
recount();
