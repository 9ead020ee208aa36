/** The answers: what the model sees, and each class's probability by both models as bars with their numbers. */

import { element, setText } from "../dom.js";
import { headsOf, likelihood } from "./words.js";

const SERIES = ["private", "baseline"];

/** The picture as the models get it, its pixels seen. */
export class Picture {
  constructor() {
    this.canvas = element("canvas", { class: "draw-picture", role: "img" });
  }

  /** Show rows of numbers 0..1, or an empty field of `side` pixels. */
  update(rows, side) {
    Object.assign(this.canvas, { width: side, height: side });
    const pixels = new ImageData(side, side);
    pixels.data.forEach((_, place) => {
      const pixel = Math.floor(place / 4);
      const shade = rows?.[Math.floor(pixel / side)][pixel % side] ?? 0;
      pixels.data[place] = place % 4 === 3 ? 255 : Math.round(255 * shade);
    });
    this.canvas.getContext("2d").putImageData(pixels, 0, 0);
    const inked = rows?.flat().filter((shade) => shade > 0).length ?? 0;
    const shown = rows ? `${inked} of its pixels hold ink` : "nothing drawn yet";
    this.canvas.setAttribute("aria-label", `What the model sees, ${side} by ${side} pixels: ${shown}`);
  }
}

/** A table of bars, one row a class. */
export class Answers {
  constructor() {
    this.heads = Object.fromEntries(SERIES.map((series) => [series, { name: element("span"), note: element("small") }]));
    const head = element("tr", {}, element("th", { scope: "col" }, element("span", { class: "visually-hidden" }, "Class")),
      ...SERIES.map((series) => element("th", { scope: "col" }, this.heads[series].name, this.heads[series].note)));
    this.body = element("tbody");
    this.table = element("table", { class: "draw-answers" },
      element("caption", { class: "visually-hidden" }, "Probability of each class by the model"), element("thead", {}, head), this.body);
    this.rows = [];
  }

  /** Show the models of `run` by name, and what they make of the drawing: a prediction as the server gives it, or null. */
  update(run, classNames, prediction) {
    for (const [series, [name, note]] of Object.entries(headsOf(run))) {
      setText(this.heads[series].name, name);
      setText(this.heads[series].note, note);
    }
    if (this.rows.map(({ name }) => name).join("\n") !== classNames.join("\n")) this.build(classNames);
    this.rows.forEach((row, place) => SERIES.forEach((series) => fill(row[series], prediction?.[series], place)));
  }

  build(classNames) {
    this.rows = classNames.map((name) => {
      const cells = Object.fromEntries(SERIES.map((series) => [series, cell(series)]));
      const node = element("tr", {}, element("th", { scope: "row", "data-long": name.length > 2 }, name), ...SERIES.map((series) => cells[series].node));
      return { name, node, ...cells };
    });
    this.body.replaceChildren(...this.rows.map(({ node }) => node));
  }
}

function cell(series) {
  const bar = element("span", { class: "draw-bar", "data-series": series, "aria-hidden": "true" });
  const number = element("span", { class: "draw-number" }, "–");
  return { node: element("td", {}, element("span", { class: "draw-cell" }, bar, number)), bar, number };
}

function fill({ node, bar, number }, opinion, place) {
  const share = opinion?.probabilities[place] ?? null;
  bar.style.setProperty("--share", String(share ?? 0));
  setText(number, likelihood(share));
  node.toggleAttribute("data-first", opinion ? share === Math.max(...opinion.probabilities) : false);
}
