/** The privacy dashboard on the page: three purposes, your choice for each, and the account of what it costs you. */

import { byId, fillTable, setText } from "../dom.js";
import * as format from "../format.js";
import { drawn, pathOf } from "../learning/svg.js";
import { bindSlider } from "../toy/sliders.js";
import { chanceOfNoise, noiseDeviation } from "./discrete_laplace.js";
import { answersOf, mechanismOf, openLedger, publish, PURPOSES, totalSpent, withChoice } from "./ledger.js";
import { fitted, label, linear } from "./svg.js";

const FLOOR = 76; // of the drawings, 100 high
const REACH = 3.2; // standard deviations of noise that are drawn
const POINTS = 90;
const SHOWN_ENTRIES = 9;

let state = openLedger();
const draw = Object.fromEntries(Object.keys(PURPOSES).map((purpose) => {
  const drawing = byId(`dashboard-${purpose}-drawing`);
  return [purpose, fitted(drawing, (width) => paintChances(purpose, drawing, width))];
}));
const chance = (share) => format.percent(share, 1);

function change(next) {
  state = next;
  for (const purpose of Object.keys(PURPOSES)) showPurpose(purpose);
  showAccount();
}

function showPurpose(purpose) {
  const { takesPart, epsilon } = state.choices[purpose];
  const { unit, yours } = PURPOSES[purpose];
  const { now, withYou, withoutYou } = answersOf(state, purpose);
  const figure = (value) => `${format.count(value)}${unit && ` ${unit}`}`;
  setText(byId(`dashboard-${purpose}-exact`), takesPart
    ? `Exact, and kept secret: ${figure(now)}. Who knew it and all the others would subtract ${format.count(withoutYou)} and know: ${yours}.`
    : `Exact, and kept secret: ${figure(now)}, without you. With you it would be ${format.count(withYou)}.`);
  setText(byId(`dashboard-${purpose}-noise`), `Published with noise of about ± ${format.value(Number(noiseDeviation(mechanismOf(state, purpose)).toPrecision(2)))}. ${takesPart
    ? `Who sees it gets from even odds to ${chance(1 / (1 + Math.exp(-epsilon)))} at most about whether you are in.`
    : "Your record has no part in it: it tells nothing about you that it would not tell anyway."}`);
  draw[purpose]();
}

/** The chances of every published figure, with you and without you: two humps that nearly cover each other. */
function paintChances(purpose, drawing, width) {
  const mechanism = mechanismOf(state, purpose);
  const { withYou, withoutYou } = answersOf(state, purpose);
  const reach = Math.max(3, REACH * noiseDeviation(mechanism));
  const [low, high] = [Math.floor(withoutYou - reach), Math.ceil(withYou + reach)];
  const step = Math.max(1, Math.round((high - low) / POINTS));
  const figures = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, index) => low + index * step);
  const across = linear([low, high], [8, width - 8]);
  const up = linear([0, chanceOfNoise(0, mechanism)], [FLOOR, 8]);
  const hump = (answer, kind) => drawn("path", { class: `lab-line ${kind}`, d: pathOf(figures.map((value) => [across(value), up(chanceOfNoise(value - answer, mechanism))])) });
  const last = state.entries.findLast((entry) => entry.purpose === purpose);
  const mark = last ? [drawn("line", { class: "lab-mark", x1: across(last.published), x2: across(last.published), y1: 4, y2: FLOOR })] : [];
  drawing.replaceChildren(
    hump(withYou, "private"), hump(withoutYou, "plain"), ...mark,
    drawn("line", { class: "lab-axis", x1: 8, x2: width - 8, y1: FLOOR, y2: FLOOR }),
    ...[low + reach / 2, high - reach / 2].map((value) => label(across(value), FLOOR + 16, format.count(Math.round(value)))),
  );
  drawing.setAttribute("aria-label", `How likely each published figure is with you in the data and without you: two humps around ${format.count(withYou)} and ${format.count(withoutYou)}, ${format.count(Math.round(noiseDeviation(mechanism)))} wide.${last ? ` Published last: ${format.count(last.published)}.` : ""}`);
}

function showAccount() {
  const total = totalSpent(state);
  const uses = state.entries.filter(({ spent }) => spent > 0).length;
  setText(byId("dashboard-total"), uses === 0
    ? "Your record has not been used yet: ε 0."
    : `Your record was used in ${uses} published figures: together ε ${format.epsilon(total)} (they add up; δ = 0).`);
  const shown = state.entries.slice(-SHOWN_ENTRIES).reverse();
  byId("dashboard-ledger").hidden = shown.length === 0;
  fillTable(byId("dashboard-ledger"), {
    caption: `The account${state.entries.length > SHOWN_ENTRIES ? `, last ${SHOWN_ENTRIES} of ${state.entries.length}` : ""}`,
    columns: ["Purpose", "Week", "Published", "Your ε", "You are in, by this figure"],
    rows: shown.map(({ purpose, round, published, spent, belief }) => [PURPOSES[purpose].title, String(round), format.count(published), format.epsilon(spent), chance(belief)]),
  });
}

function bindPurpose(purpose) {
  const box = byId(`dashboard-${purpose}-takes-part`);
  box.addEventListener("change", () => change(withChoice(state, purpose, { takesPart: box.checked })));
  const show = bindSlider(`dashboard-${purpose}-epsilon`, { minimum: 0.05, maximum: 5, scale: "log" }, (epsilon) => change(withChoice(state, purpose, { epsilon })));
  return () => {
    box.checked = state.choices[purpose].takesPart;
    show(state.choices[purpose].epsilon);
  };
}

const showing = Object.keys(PURPOSES).map(bindPurpose);
byId("dashboard-publish").addEventListener("click", () => {
  change(publish(state));
  setText(byId("dashboard-said"), byId("dashboard-total").textContent);
});
byId("dashboard-leave").addEventListener("click", () => {
  change(Object.keys(PURPOSES).reduce((left, purpose) => withChoice(left, purpose, { takesPart: false }), state));
  for (const show of showing) show();
  setText(byId("dashboard-said"), "You left all purposes. What was published before stays published.");
});
byId("dashboard-reset").addEventListener("click", () => {
  change(openLedger(state.seed + 1));
  for (const show of showing) show();
});
for (const show of showing) show();
change(state);
