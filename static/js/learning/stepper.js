/** The stepper: one private update on real images, stage by stage, and repeated. */

import { byId, element, fillTable, setText } from "../dom.js";
import * as format from "../format.js";
import { guaranteedEpsilon } from "../privacy/accountant.js";
import { createDice } from "../toy/dice.js";
import { decodeDigits } from "./digits.js";
import { accuracyOf, gradientOf, privateUpdate } from "./private_update.js";
import { drawingOf } from "./step_drawing.js";
import { STAGES, tableOf } from "./step_words.js";
import { drawn } from "./svg.js";

const EXPECTED_BATCH = 8;
const LEARNING_RATE = 4;
const DELTA = 1e-3; // below 1/360
const SEED = 4; // public, so that everybody's page opens alike
const MANY = 50;
const SIDE = 8;

export class Stepper {
  /** `file` is the content of zeros_and_ones.json. */
  constructor(file) {
    this.examples = decodeDigits(file);
    byId("stage-back").addEventListener("click", () => this.go(this.stage - 1));
    byId("stage-next").addEventListener("click", () => this.go(this.stage + 1));
    byId("step-repeat").addEventListener("click", () => this.repeat(1));
    byId("step-many").addEventListener("click", () => this.repeat(MANY));
    byId("step-reset").addEventListener("click", () => this.reset());
    for (const id of ["step-clip", "step-noise"]) byId(id).addEventListener("input", () => this.change());
    byId("stage-list").replaceChildren(...STAGES.map(([, name], index) => this.stageButton(name, index)));
    this.reset();
  }

  stageButton(name, index) {
    const button = element("button", { type: "button", class: "stage-button" }, name);
    button.addEventListener("click", () => this.go(index));
    return element("li", {}, button);
  }

  reset() {
    Object.assign(this, { dice: createDice(SEED), weights: [0, 0], stage: 0, done: 0, noiseUsed: [] });
    this.draw();
    this.show();
  }

  /** Toss the coins and draw the noise of the next update. */
  draw() {
    const probability = EXPECTED_BATCH / this.examples.length;
    this.joins = this.examples.map(() => this.dice.uniform() < probability);
    this.unitNoise = [this.dice.normal(), this.dice.normal()];
  }

  /** Changed settings start the count again: one ε describes updates of one mechanism. */
  change() {
    const { stage } = this;
    this.reset();
    this.go(stage);
  }

  go(stage) {
    if (stage >= STAGES.length) this.take();
    this.stage = (stage + STAGES.length) % STAGES.length;
    this.show();
  }

  /** Keep the update's weights and draw the next one. */
  take() {
    this.weights = this.update().weights;
    this.done += 1;
    this.draw();
  }

  repeat(times) {
    for (let count = 0; count < times; count += 1) this.take();
    this.show();
    const { clippingNorm, noiseMultiplier } = this.settings();
    const spent = this.epsilonAfter(this.done);
    setText(byId("step-outcome"),
      `After ${this.done} ${this.done === 1 ? "update" : "updates"} with C = ${format.value(clippingNorm)}, σ = ${format.value(noiseMultiplier)}: ` +
      `${format.percent(accuracyOf(this.examples, this.weights))} of the ${this.examples.length} images told apart, ε = ${format.epsilon(spent)} at δ = ${format.value(DELTA)}. ` +
      "Accuracy on the training images is an exact statistic of them, so ε does not cover it; these images are public.");
  }

  settings() {
    return { clippingNorm: Number(byId("step-clip").value), noiseMultiplier: Number(byId("step-noise").value) };
  }

  update() {
    const { examples, weights, joins, unitNoise } = this;
    return privateUpdate({ examples, weights, joins, unitNoise, ...this.settings(), expectedBatch: EXPECTED_BATCH, learningRate: LEARNING_RATE });
  }

  /** Return ε of so many updates (null: infinite), by the page's accountant. */
  epsilonAfter(updates) {
    const { noiseMultiplier } = this.settings();
    const mechanism = { examples: this.examples.length, batchSize: EXPECTED_BATCH, noiseMultiplier, epochs: 1, delta: DELTA, sampling: "poisson" };
    return guaranteedEpsilon(mechanism, updates);
  }

  show() {
    const settings = this.settings();
    const update = this.update();
    const [id, name, text, numbers] = STAGES[this.stage];
    const scene = {
      ...settings, update, stage: id, weights: this.weights, examples: this.examples.length, expectedBatch: EXPECTED_BATCH, learningRate: LEARNING_RATE,
      all: id === "sample" ? this.examples.map((example) => gradientOf(this.weights, example)) : [], updatesBefore: this.done,
      spent: { before: this.epsilonAfter(this.done), after: this.epsilonAfter(this.done + 1), delta: DELTA },
    };
    setText(byId("stage-count"), `Stage ${this.stage + 1} of ${STAGES.length}, update ${this.done + 1}`);
    setText(byId("stage-name"), name);
    setText(byId("stage-text"), text(scene));
    setText(byId("stage-numbers"), numbers(scene));
    byId("stage").replaceChildren(...drawingOf(scene));
    this.showControls(settings);
    byId("step-images").replaceChildren(...update.rows.map((row) => this.thumb(row, settings)));
    fillTable(byId("step-table"), tableOf(update));
  }

  showControls({ clippingNorm, noiseMultiplier }) {
    setText(byId("step-clip-value"), format.value(clippingNorm));
    setText(byId("step-noise-value"), format.value(noiseMultiplier));
    byId("stage-back").disabled = this.stage === 0;
    setText(byId("stage-next"), this.stage === STAGES.length - 1 ? "Next update" : "Next");
    [...byId("stage-list").children].forEach((item, index) => {
      if (index === this.stage) item.firstChild.setAttribute("aria-current", "step");
      else item.firstChild.removeAttribute("aria-current");
    });
  }

  /** Return a small picture of an image that joined, marked where its gradient is clipped. */
  thumb({ index, label, norm }, { clippingNorm }) {
    const { pixels } = this.examples[index];
    const squares = pixels.map((ink, place) => drawn("rect", { x: place % SIDE, y: Math.floor(place / SIDE), width: 1, height: 1, "fill-opacity": ink / 16 }));
    const cut = this.stage >= 2 && norm > clippingNorm;
    return element("figure", { class: cut ? "thumb cut" : "thumb", role: "listitem" },
      drawn("svg", { viewBox: "0 0 8 8", role: "img", "aria-label": `A handwritten ${label}` }, ...squares),
      element("figcaption", {}, this.stage === 0 ? `No. ${index + 1}` : `${norm.toFixed(2)}${cut ? " ✂" : ""}`));
  }
}
