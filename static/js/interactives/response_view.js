/** Randomised response on the page: a poll, its repetitions, and your own answer. */

import { byId, setText } from "../dom.js";
import * as format from "../format.js";
import { drawn, pathOf } from "../learning/svg.js";
import { createDice } from "../toy/dice.js";
import { bindSlider } from "../toy/sliders.js";
import { beliefAfterYes, epsilonOfCoin, estimateOf, pollYes, respond, standardError } from "./randomised_response.js";
import { fitted, label, linear } from "./svg.js";

const REPEATS = 400;
const MOST_BINS = 45;
const [FLOOR, SIDE] = [160, 20];
const Z_95 = 1.959964;
const [POLL_STREAM, REPEAT_STREAM, OWN_STREAM] = [1, 2, 3];

const state = { people: 1000, trueShare: 0.3, coin: 0.5, seed: 1 };
const ownDice = createDice(state.seed, OWN_STREAM);
const drawing = byId("response-drawing");
let shown = null;
const redraw = fitted(drawing, (width) => shown && drawRepeats(drawing, width, shown));
const wholePercent = (fraction) => format.percent(fraction, 0);

function polls() {
  const { people, trueShare, coin, seed } = state;
  const truths = Math.round(people * trueShare);
  const ask = (dice) => pollYes({ people, truths, coin, dice }) / people;
  const repeatDice = createDice(seed, REPEAT_STREAM);
  return { truth: truths / people, observed: ask(createDice(seed, POLL_STREAM)), repeats: Array.from({ length: REPEATS }, () => ask(repeatDice)) };
}

function show() {
  const { coin, people } = state;
  const { truth, observed, repeats } = polls();
  const error = standardError({ people, coin });
  const estimate = estimateOf(observed, coin);
  const epsilon = epsilonOfCoin(coin);
  setText(byId("response-epsilon"), epsilonWords(epsilon));
  setText(byId("response-belief"), `Whoever held it for as likely as not that you did, and hears “yes”, may now hold it for ${format.percent(beliefAfterYes(coin))} likely at most.`);
  setText(byId("response-poll"), estimate === null
    ? "Only coins were heard: nothing can be learned about anybody, nor about all together."
    : `${format.percent(observed)} said “yes”. Estimate: ${format.percent(estimate)} ± ${format.percent(Z_95 * error)} (95 % interval). The truth: ${format.percent(truth)}.`);
  shown = { truth, error, estimates: repeats.map((share) => estimateOf(share, coin)) };
  redraw();
}

function epsilonWords(epsilon) {
  if (epsilon === Infinity) return "ε = ∞: no coin, no privacy.";
  return `ε = ln((1 − p/2)/(p/2)) = ${format.epsilon(epsilon)} for one answer (local DP, δ = 0): no answer is more than ${format.value(Math.exp(epsilon))} times as likely from one person as from another.`;
}

/**
 * Return {start, width, counts} of a histogram around `truth`. Estimates lie on a lattice, one step for each "yes" more,
 * so that the width of a bin is a whole number of steps: any other would draw a comb.
 */
function histogram(estimates, { truth, reach }) {
  const step = 1 / (state.people * (1 - state.coin));
  const width = step * Math.ceil((2 * reach) / (MOST_BINS * step));
  const start = estimates[0] - step / 2 - width * Math.ceil((estimates[0] - truth + reach) / width);
  const counts = new Array(Math.ceil((2 * reach) / width) + 1).fill(0);
  for (const estimate of estimates) {
    const bin = Math.floor((estimate - start) / width);
    if (bin >= 0 && bin < counts.length) counts[bin] += 1;
  }
  return { start, width, counts };
}

/** The repeated polls' estimates, and the normal curve of the formula over them. */
function drawRepeats(drawing, width, { truth, error, estimates }) {
  drawing.replaceChildren();
  if (!Number.isFinite(error)) return;
  const reach = Math.max(0.05, 3.5 * error);
  const across = linear([truth - reach, truth + reach], [SIDE, width - SIDE]);
  const bars = histogram(estimates, { truth, reach });
  const expected = (at) => (error === 0 ? 0 : (REPEATS * bars.width * Math.exp(-(((at - truth) / error) ** 2) / 2)) / (error * Math.sqrt(2 * Math.PI)));
  const up = linear([0, Math.max(...bars.counts, expected(truth))], [FLOOR, 14]);
  bars.counts.forEach((count, bin) => {
    const [left, right] = [0, 1].map((more) => across(bars.start + (bin + more) * bars.width));
    if (count) drawing.append(drawn("rect", { class: "lab-bar", x: left + 0.5, width: right - left - 1, y: up(count), height: FLOOR - up(count) }));
  });
  const curve = Array.from({ length: 121 }, (_, index) => truth + reach * (index / 60 - 1)).map((at) => [across(at), up(expected(at))]);
  if (error > 0) drawing.append(drawn("path", { class: "lab-curve", d: pathOf(curve) }));
  drawing.append(
    drawn("line", { class: "lab-axis", x1: SIDE, x2: width - SIDE, y1: FLOOR, y2: FLOOR }),
    drawn("line", { class: "lab-mark", x1: across(truth), x2: across(truth), y1: 8, y2: FLOOR }),
    ...[truth - reach / 2, truth, truth + reach / 2].map((at) => label(across(at), FLOOR + 20, format.percent(at))),
  );
  drawing.setAttribute("aria-label", `Histogram of the estimates of ${REPEATS} repeated polls around the truth of ${format.percent(truth)}: by formula their standard deviation is ${format.percent(error)}, these have ${format.percent(deviation(estimates))}.`);
}

function deviation(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

function answerForYou(truth) {
  const { answer, byCoin } = respond(truth, { coin: state.coin, dice: ownDice });
  const how = byCoin ? "Your coin answered for you" : "Your coin let the truth pass";
  setText(byId("response-own"), `${how}: “${answer ? "yes" : "no"}” is sent. Only that word leaves you; which of the two it was, nobody learns.`);
}

const choose = (name) => (value) => { state[name] = value; show(); };
bindSlider("response-coin", { minimum: 0, maximum: 1 }, choose("coin"), wholePercent)(state.coin);
bindSlider("response-people", { minimum: 100, maximum: 5000, scale: "log", integer: true }, choose("people"), format.count)(state.people);
bindSlider("response-truth", { minimum: 0, maximum: 1 }, choose("trueShare"), wholePercent)(state.trueShare);
byId("response-again").addEventListener("click", () => choose("seed")(state.seed + 1));
byId("response-yes").addEventListener("click", () => answerForYou(true));
byId("response-no").addEventListener("click", () => answerForYou(false));
show();
