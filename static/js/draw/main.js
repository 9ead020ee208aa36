/** "Draw a digit": a board, what the model sees of it, and what the models of the followed run make of that. */

import * as api from "../api.js";
import { byId, element, setText } from "../dom.js";
import { createLatest } from "../latest.js";
import { named } from "../settings.js";
import { Answers, Picture } from "./answers.js";
import { Board } from "./board.js";
import { LOOKS, pictureOf } from "./picture.js";
import { answerSentence, datasetOf, failureOf, NO_IMAGES, OFFER, situationOf } from "./words.js";

const PAUSE = 200; // milliseconds between two questions while the pen moves
const HOW = "Draw with mouse, finger or pen. By keyboard: arrow keys move the pen, two together diagonally; hold Space to draw, or tap it to put the pen down and to lift it; Delete clears.";
const KEPT = "The drawing is sent to this server only, and not stored. Both answers are computed from the weights that the run store keeps, at most as long as the run itself. " +
  "What the private model says is covered by its ε; the baseline's weights are not private. One drawing says little about either model: the share of the test set counts.";

class Drawing {
  constructor(section, store, actions) {
    Object.assign(this, { section, store, actions, prediction: null, failure: "", question: null, lifted: true, timer: null });
    this.board = new Board((lifted) => this.redraw(lifted));
    this.picture = new Picture();
    this.answers = new Answers();
    this.ask = createLatest({
      send: ({ runId, image }, options) => api.predict(runId, image, options),
      done: (prediction) => this.answered(prediction),
      failed: (error) => this.failed(error),
      nextFrame: (flush) => setTimeout(flush, PAUSE),
    });
    this.build();
    store.subscribe(() => this.follow());
    this.follow();
  }

  build() {
    const clear = element("button", { type: "button", class: "secondary", id: "draw-clear" }, "Clear");
    clear.addEventListener("click", () => this.board.clear());
    this.sentence = element("p", { class: "draw-sentence", "aria-hidden": "true" });
    this.said = element("p", { class: "visually-hidden", id: "draw-said", "aria-live": "polite" });
    this.situation = element("span", { id: "draw-situation", role: "status" });
    this.offer = element("button", { type: "button", class: "link", id: "draw-train" }, OFFER);
    this.offer.addEventListener("click", () => this.train());
    this.message = element("div", { class: "message" }, this.situation, " ", this.offer);
    this.parts = element("div", { class: "draw-parts" },
      element("div", { class: "draw-desk" }, this.board.canvas, this.board.said),
      element("div", { class: "draw-seen" }, element("p", {}, "What the model sees"), this.picture.canvas, this.size = element("p"), clear),
      element("div", { class: "draw-found" }, this.sentence, this.answers.table));
    this.section.append(this.message, this.parts, this.said, element("p", { class: "meaning", id: "draw-how" }, HOW), element("p", { class: "meaning" }, KEPT));
  }

  /** Take note of another run, or another dataset. */
  follow() {
    const state = this.store.get();
    const { runId, text, offer } = situationOf(state);
    const dataset = datasetOf(state);
    const key = [runId, dataset.name, text].join("|");
    if (key === this.key && state.run === this.run) return;
    const other = key !== this.key;
    Object.assign(this, { key, runId, text, offered: offer, dataset, run: state.run, look: LOOKS[dataset.name], classNames: classesOf(state, dataset.name) });
    if (!other) return this.show();
    Object.assign(this, { prediction: null, failure: "" });
    this.redraw(true);
  }

  /** Train for real with a baseline: what the card is there for. */
  train() {
    this.actions.change("mode", "real");
    this.actions.change("baseline", true);
    this.actions.run();
    this.board.canvas.focus({ preventScroll: true }); // the pressed button goes away and would take the focus along
  }

  /** Prepare the picture anew, and ask about it. */
  redraw(lifted) {
    clearTimeout(this.timer);
    this.lifted = lifted;
    const image = this.look && !this.board.isEmpty ? pictureOf(this.board.strokes, this.look) : null;
    this.question = image && this.runId ? { runId: this.runId, image } : null;
    if (this.look) this.picture.update(image, this.look.side);
    if (this.question) this.ask(this.question);
    else Object.assign(this, { prediction: null, failure: "" });
    this.show();
  }

  answered(prediction) {
    if (prediction.run_id !== this.question?.runId) return; // cleared, or another run, in the meantime
    Object.assign(this, { prediction, failure: "" });
    this.show();
    if (this.lifted) setText(this.said, answerSentence(prediction));
  }

  failed(error) {
    if (!this.question) return;
    const { text, again } = failureOf(error);
    Object.assign(this, { prediction: null, failure: text });
    if (again) this.timer = setTimeout(() => this.question && this.ask(this.question), 1000 * again);
    this.show();
  }

  show() {
    this.parts.hidden = !this.look;
    setText(byId("draw-title"), this.dataset.name === "fashion_mnist" ? "Draw a garment" : "Draw a digit");
    const text = this.look ? this.failure || this.text : NO_IMAGES;
    setText(this.situation, text);
    this.offer.hidden = !this.look || !this.offered || this.failure !== "";
    this.message.hidden = !text;
    setText(this.size, this.look ? `${this.look.side} × ${this.look.side} pixels` : "");
    setText(this.sentence, this.sentenceNow());
    if (!this.prediction) setText(this.said, "");
    this.answers.update(this.run, this.classNames, this.prediction);
  }

  sentenceNow() {
    if (this.prediction) return answerSentence(this.prediction);
    return this.runId && this.board.isEmpty ? "Draw, and both answer here." : "";
  }
}

/** Return the names of a dataset's classes. */
function classesOf({ catalog }, name) {
  return named(catalog.datasets, name)?.class_names ?? [];
}

/** Fill the card, and let it follow the page's state; `actions` = {change(name, value), run}. */
export function openDrawing(section, store, actions) {
  return new Drawing(section, store, actions);
}
