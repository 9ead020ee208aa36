/** One figure: heading, badge, canvas with keys to walk it, caption, table, and its files (PNG, CSV). */

import { bindWalker } from "../charts/walker.js";
import { byId, element, fillTable, setText } from "../dom.js";

export class Figure {
  /**
   * `name` is the figure's in the template; `walkOf(model)` returns its walk, `say(text)` announces one of its points;
   * `save` = {png(), csv()} writes its files, `enter(stop)` is told of Enter on a point.
   */
  constructor(name, { ChartClass, palette, walkOf, say, save, options, enter }) {
    this.name = name;
    this.node = byId(`${name}-figure`);
    this.canvas = byId(`${name}-canvas`);
    this.details = byId(`${name}-table`);
    this.key = this.node.querySelector(".key");
    this.buildPlot();
    this.buildTools(save);
    this.chart = new ChartClass(this.canvas, palette, options);
    bindWalker(this.canvas, {
      stops: () => (this.model ? walkOf(this.model) : []),
      point: (elements) => this.chart.point(elements),
      say, enter,
    });
    this.details.addEventListener("toggle", () => this.fillOpenTable());
  }

  /** Give the canvas a box of its own, so that other things can stand under the plot without changing the figure's height. */
  buildPlot() {
    this.box = this.canvas.parentNode;
    this.plot = element("div", { class: "plot" });
    this.box.replaceChildren(this.plot);
    this.plot.append(this.canvas);
    this.canvas.setAttribute("aria-describedby", "walk-hint");
  }

  buildTools(save) {
    this.tools = element("div", { class: "figure-tools" });
    for (const [kind, label] of [["png", "PNG"], ["csv", "CSV"]]) {
      const words = `Save the chart ${kind === "png" ? "as a picture" : "as numbers"}, ${label}`;
      const button = element("button", { type: "button", class: "tool", id: `${this.name}-${kind}`, title: words, "aria-label": words }, label);
      button.addEventListener("click", () => save[kind](this));
      this.tools.append(button);
    }
    this.details.before(this.tools);
  }

  /** Put a choice under the plot, between the table and the files. */
  addChoice(node) {
    this.tools.prepend(node);
  }

  /** Put the badge at the right of the key, where a long one leaves the heading its room, and the pinned runs' names beside it. */
  extendKey() {
    const row = element("div", { class: "key-row" });
    this.pinKey = element("p", { class: "pin-key", hidden: true });
    this.key.replaceWith(row);
    row.append(this.key, this.pinKey, byId(`${this.name}-badge`));
  }

  /** Name the pinned runs whose thin lines the chart shows. */
  namePins(pins) {
    this.pinKey.hidden = !pins.length;
    const names = pins.flatMap(({ number, name, run }) => [element("b", { "data-number": number }, String(number)), ` ${name} (${run.evidence})  `]);
    this.pinKey.replaceChildren("Thin: ", ...names);
  }

  /** Show a model with its words: {title, description, badge, evidence, stale, caption, table}; `table()` may be a promise. */
  show(model, words) {
    Object.assign(this, { model, words });
    this.chart.update(model);
    setText(byId(`${this.name}-title`), words.title);
    if (this.canvas.getAttribute("aria-label") !== words.description) this.canvas.setAttribute("aria-label", words.description);
    this.node.classList.toggle("stale", words.stale);
    const badge = byId(`${this.name}-badge`);
    badge.dataset.evidence = words.evidence;
    setText(badge, words.badge);
    this.fillOpenTable();
  }

  async fillOpenTable() {
    if (!this.details.open || !this.words) return;
    const { words } = this;
    const box = this.details.querySelector(".table-box");
    try {
      const table = await words.table();
      const content = JSON.stringify(table);
      if (content === this.filled || words !== this.words) return; // as it stands, or overtaken by newer words
      this.filled = content;
      fillTable(box, table);
    } catch {
      this.filled = null;
      setText(box, "The table could not be loaded: the server does not answer. Close it and try again in a moment.");
    }
  }
}

/** Return a row of radio buttons: `choices` are [value, label]; `changed(value)` is told; the first one is chosen. */
export function choiceRow({ name, legend, choices, changed }) {
  const radios = choices.map(([value, label], index) => {
    const radio = element("input", { type: "radio", name, id: `${name}-${value}`, value, checked: index === 0 });
    radio.addEventListener("change", () => changed(value));
    return element("label", {}, radio, element("span", {}, label));
  });
  return element("fieldset", { class: "segments" }, element("legend", { class: "visually-hidden" }, legend), ...radios);
}
