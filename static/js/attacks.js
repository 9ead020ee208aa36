/** The page of attacks: the limits that (ε, δ) puts on membership inference, live for a slider. */

import { advantageBound, guessBound, limitCurve, posteriorBound, truePositiveBound } from "./attack_bounds.js";
import { LimitChart } from "./charts/limit.js";
import { readPalette } from "./charts/palette.js";
import { byId, element, setText } from "./dom.js";
import * as format from "./format.js";
import { faultOf, positionOf, stopsOf, valueAt } from "./scale.js";
import { bindTheme } from "./theme.js";

const EPSILON = { label: "ε", minimum: 0.01, maximum: 20, scale: "log", integer: false };
const FALSE_POSITIVES = [0.001, 0.01, 0.05, 0.1, 0.5];
const SUSPICION = 0.1; // the attacker's belief before seeing the model, for the example in words
const START = 2.73; // the ε of the playground's default settings

const stops = stopsOf(EPSILON);
const range = byId("epsilon-range");
const box = byId("epsilon");
const chart = new LimitChart(byId("limit-canvas"), readPalette());
let epsilon = START;

function show() {
  const delta = Number(byId("delta").value);
  range.value = String(Math.round(positionOf(stops, epsilon)));
  range.setAttribute("aria-valuetext", `ε ${format.value(epsilon)}`);
  if (Number(box.value) !== epsilon) box.value = String(epsilon);
  const example = { x: 0.01, y: truePositiveBound({ epsilon, delta, falsePositives: 0.01 }) };
  chart.update({ limit: limitCurve({ epsilon, delta }), example });
  showWords(delta);
  byId("limit-rows").replaceChildren(...FALSE_POSITIVES.map((falsePositives) => row({ delta, falsePositives })));
}

function showWords(delta) {
  const atOnePercent = truePositiveBound({ epsilon, delta, falsePositives: 0.01 });
  const finding = `At ε ${format.value(epsilon)}, no attack catches more than ${format.percent(atOnePercent)} at 1\u00a0% false alarms`;
  setText(byId("limits-title"), finding);
  byId("limit-canvas").setAttribute("aria-label", `Limit curve. ${finding}; guessing catches 1 %.`);
  const advantage = format.percent(advantageBound({ epsilon, delta }));
  setText(byId("guess-text"),
    `Right at most ${format.percent(guessBound({ epsilon, delta }))} of the time, where a coin is right half of it (advantage ${advantage}).`);
  const posterior = format.percent(posteriorBound({ epsilon, prior: SUSPICION }));
  setText(byId("posterior-text"),
    `Somebody who finds it 10 % likely that you are in the data may find it at most ${posterior} likely after seeing the model` +
    `${delta > 0 ? ". That is the limit at δ = 0; δ allows rare exceptions." : "."}`);
}

function row({ delta, falsePositives }) {
  const caught = truePositiveBound({ epsilon, delta, falsePositives });
  return element("tr", {},
    element("th", { scope: "row" }, `${format.value(falsePositives * 100)} %`),
    element("td", {}, format.percent(caught)),
    element("td", {}, `× ${format.value(Number((caught / falsePositives).toPrecision(3)))}`));
}

function readBox() {
  const value = box.value.trim() === "" ? NaN : Number(box.value);
  const fault = faultOf(EPSILON, value);
  byId("epsilon-fault").hidden = !fault;
  setText(byId("epsilon-fault"), fault ?? "");
  if (fault) return;
  epsilon = value;
  show();
}

function moveSlider() {
  byId("epsilon-fault").hidden = true;
  epsilon = valueAt(stops, Number(range.value));
  show();
}

Object.assign(range, { min: "0", max: String(stops.length - 1), step: "1" });
range.addEventListener("input", moveSlider);
box.addEventListener("input", readBox);
byId("delta").addEventListener("change", show);
bindTheme(() => chart.recolour(readPalette()));
show();
