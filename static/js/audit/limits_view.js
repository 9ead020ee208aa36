/** The limits on every attack: from (ε, δ) for a slider, and for a training by its whole privacy curve. */

import { accusedBelief, advantageBound, caughtOn, digitsUp, guessBound, limitCurve, posteriorBound, successBound, successOn, truePositiveBound } from "../attack_bounds.js";
import { LimitChart } from "../charts/limit.js";
import { readPalette } from "../charts/palette.js";
import { byId, element, setText } from "../dom.js";
import * as format from "../format.js";
import { roundedUp } from "../privacy/interpretation.js";
import { faultOf, positionOf, stopsOf, valueAt } from "../scale.js";
import { trainingOf } from "./words.js";

const EPSILON = { label: "ε", minimum: 0.01, maximum: 20, scale: "log", integer: false };
const FALSE_POSITIVES = [0.001, 0.01, 0.1];
const START = 2.73; // the ε of the playground's default settings
const KOV = "Kairouz, Oh, Viswanath 2015, theorem 2.1";
const DRS = "Dong, Roth, Su 2022, proposition 2.5";

export class LimitsView {
  constructor() {
    this.stops = stopsOf(EPSILON);
    this.chart = new LimitChart(byId("limit-canvas"), readPalette());
    this.mechanisms = []; // [{limits, title}]
    this.own = null; // the limits of the chosen training
    this.epsilon = START;
    Object.assign(byId("epsilon-range"), { min: "0", max: String(this.stops.length - 1), step: "1" });
    byId("epsilon-range").addEventListener("input", () => this.set(valueAt(this.stops, Number(byId("epsilon-range").value))));
    byId("epsilon").addEventListener("input", () => this.readBox());
    byId("delta").addEventListener("change", () => this.leave());
    byId("prior").addEventListener("input", () => this.show());
    byId("mechanism").addEventListener("change", () => this.choose(Number(byId("mechanism").value || -1)));
    this.show();
  }

  recolour() {
    this.chart.recolour(readPalette());
  }

  /** Offer the limits of a training, by its document and what POST /api/privacy says of it, and show them. */
  add(document, limits, { focus = false } = {}) {
    if (!limits?.trade_off || !limits.epsilon) return;
    const title = `${trainingOf(document)}, δ ${format.value(document.parameters.delta)}`;
    const known = this.mechanisms.findIndex((mechanism) => mechanism.title === title);
    const index = known < 0 ? this.mechanisms.push({ title, limits }) - 1 : known;
    if (known < 0) byId("mechanism").append(element("option", { value: String(index) }, title));
    byId("mechanism").value = String(index);
    this.choose(index);
    if (focus) byId("limits-title").focus();
  }

  choose(index) {
    this.own = this.mechanisms[index]?.limits ?? null;
    if (this.own) {
      this.epsilon = this.own.epsilon; // may lie beyond the range, whose end it then stands at
      selectDelta(this.own.delta);
    }
    this.show();
  }

  /** The slider is for any mechanism. */
  leave() {
    byId("mechanism").value = "";
    this.own = null;
    this.show();
  }

  set(epsilon) {
    byId("epsilon-fault").hidden = true;
    this.epsilon = epsilon;
    this.leave();
  }

  readBox() {
    const text = byId("epsilon").value.trim();
    const fault = faultOf(EPSILON, text === "" ? NaN : Number(text));
    byId("epsilon-fault").hidden = !fault;
    setText(byId("epsilon-fault"), fault ?? "");
    if (!fault) this.set(Number(text));
  }

  show() {
    const { epsilon, own } = this;
    const delta = Number(byId("delta").value);
    const prior = Number(byId("prior").value) / 100;
    byId("epsilon-range").value = String(Math.round(positionOf(this.stops, epsilon)));
    byId("epsilon-range").setAttribute("aria-valuetext", `ε ${format.value(epsilon)}`);
    if (Number(byId("epsilon").value) !== epsilon) byId("epsilon").value = String(own ? Number(epsilon.toPrecision(4)) : epsilon);
    setText(byId("prior-text"), format.percent(prior, 0));
    const pair = { epsilon, delta };
    this.showChart(pair);
    this.showWords(pair, prior);
    byId("own-head").hidden = !own;
    byId("limit-rows").replaceChildren(...FALSE_POSITIVES.map((rate) => this.row(pair, rate)));
    byId("measure-rows").replaceChildren(...this.measures(pair, prior).map((cells) => measureRow(cells, Boolean(own))));
  }

  showChart(pair) {
    const curve = (this.own?.trade_off ?? []).map(({ fpr, tpr }) => ({ x: fpr, y: tpr })).filter(({ x }) => x > 0);
    const caught = this.caught(pair, 0.01);
    this.chart.update({ limit: limitCurve(pair), own: curve, example: { x: 0.01, y: caught } });
    const whose = this.own ? "no attack on this training catches" : "no attack catches";
    const finding = `At ε ${format.value(Number(pair.epsilon.toPrecision(4)))}, ${whose} more than ${roundedUp(caught)} at 1\u00a0% false alarms`;
    setText(byId("limits-title"), finding);
    byId("limit-canvas").setAttribute("aria-label", `Limit curve. ${finding}; guessing catches 1 %.`);
  }

  /** Return the most that is caught: by the training's own curve where one is chosen, which is never above that of its (ε, δ). */
  caught(pair, falsePositives) {
    const bound = truePositiveBound({ ...pair, falsePositives });
    return this.own ? Math.min(bound, caughtOn(this.own.trade_off, falsePositives)) : bound;
  }

  showWords({ epsilon, delta }, prior) {
    const advantage = this.own?.interpretation.advantage ?? advantageBound({ epsilon, delta });
    const right = this.own ? (1 + advantage) / 2 : guessBound({ epsilon, delta });
    setText(byId("guess-text"),
      `Right at most ${roundedUp(right)} of the time, where a coin is right half of it (advantage ${roundedUp(advantage)}).`);
    const posterior = roundedUp(posteriorBound({ epsilon, prior }));
    setText(byId("posterior-text"),
      `Somebody who finds it ${format.percent(prior, 0)} likely that you are in the data may find it at most ${posterior} likely after seeing the model` +
      `${delta > 0 ? ". That is the limit at δ = 0; δ allows rare exceptions." : "."}`);
  }

  row(pair, falsePositives) {
    const caught = truePositiveBound({ ...pair, falsePositives });
    const best = this.caught(pair, falsePositives);
    return element("tr", {},
      element("th", { scope: "row" }, `${format.value(falsePositives * 100)} %`),
      element("td", {}, roundedUp(caught)),
      this.own && element("td", {}, roundedUp(best)),
      element("td", {}, `× ${format.value(digitsUp(best / falsePositives, 3))}`));
  }

  /** Return [[measure, from (ε, δ), by the curve, formula, source]]. */
  measures(pair, prior) {
    const { own } = this;
    const curve = own?.trade_off;
    const at = (falsePositives) => ({ ...pair, falsePositives });
    const alarm = (truePositives) => accusedBelief({ prior, falsePositives: 0.01, truePositives });
    const percent = format.percent(prior, 0);
    return [
      ["Advantage: true minus false positives", advantageBound(pair), own?.interpretation.advantage, "(e^ε − 1 + 2δ)/(e^ε + 1); δ(0)", "Kairouz, Oh, Viswanath 2015, remark A.1; total variation"],
      ["Caught at 1 % false alarms", truePositiveBound(at(0.01)), own?.interpretation.tpr_at_1pct_fpr, "min(1, δ + e^ε·a, 1 − e^−ε(1 − δ − a)); its least over ε", `${KOV}; ${DRS}`],
      ["Caught at 0.1 % false alarms", truePositiveBound(at(0.001)), own?.interpretation.tpr_at_0_1pct_fpr, "the same at a = 0.001", `${KOV}; ${DRS}`],
      [`Right guesses at ${percent} beforehand`, successBound({ ...pair, prior }), curve && successOn(curve, prior), "greatest π·TPR + (1 − π)(1 − a)", "Bayes decision on the limit curve"],
      [`Belief after an alarm, ${percent} beforehand, a = 1 %`, alarm(truePositiveBound(at(0.01))), own && alarm(own.interpretation.tpr_at_1pct_fpr), "π·TPR/(π·TPR + (1 − π)·a)", "Bayes' rule"],
      [`Strongest belief at all, ${percent} beforehand`, posteriorBound({ epsilon: pair.epsilon, prior }), null, "π·e^ε/(1 − π + π·e^ε), but for rare cases that δ allows", "Bayes' rule; likelihood ratio ≤ e^ε"],
    ];
  }
}

/** Choose a δ, offered from then on where it was not. */
function selectDelta(delta) {
  const select = byId("delta");
  const known = [...select.options].find(({ value }) => Number(value) === delta);
  select.value = (known ?? select.appendChild(element("option", { value: String(delta) }, format.value(delta)))).value;
}

function measureRow([measure, pair, own, formula, source], isChosen) {
  const bound = typeof own === "number" ? roundedUp(Math.min(own, pair)) : isChosen ? "as left" : "–";
  return element("tr", {}, element("th", { scope: "row" }, measure), element("td", {}, roundedUp(pair)), element("td", {}, bound),
    element("td", { class: "formula" }, formula), element("td", { class: "formula" }, source));
}
