/** One parameter as a range and a number box on one value. */

import { element, setText } from "../dom.js";
import * as format from "../format.js";
import { bandOf, faultOf, positionOf, stopsOf, valueAt } from "../scale.js";
import { learnLink } from "./learn_link.js";

export class Slider {
  /**
   * `parameter` is a row of the parameter table; `change(value)` and `refuse(sentence)` are told of input; with `sweep()` the
   * name is a button that calls it.
   */
  constructor(parameter, { change, refuse, sweep = null }) {
    Object.assign(this, { parameter, change, refuse, sweep, stops: stopsOf(parameter) });
    this.build();
    this.range.addEventListener("input", () => change(valueAt(this.stops, Number(this.range.value))));
    this.box.addEventListener("input", () => this.readBox());
    this.box.addEventListener("change", () => this.readBox());
    this.reset.addEventListener("click", () => {
      change(this.standard);
      this.range.focus({ preventScroll: true }); // the reset button hides itself
    });
  }

  build() {
    const { name, label, unit, meaning } = this.parameter;
    const ids = { describedby: `${name}-meaning ${name}-fault` };
    this.range = element("input", {
      type: "range", id: `${name}-range`, min: 0, max: this.stops.length - 1, step: 1,
      "aria-label": label, "aria-describedby": ids.describedby,
    });
    this.box = element("input", {
      type: "number", id: name, name, step: "any", inputmode: "decimal",
      "aria-label": this.sweep && label, "aria-describedby": ids.describedby, min: this.parameter.minimum, max: this.parameter.maximum,
    });
    this.reset = element("button", { type: "button", class: "reset" }, "↺");
    this.tag = element("span", { class: "tag", hidden: true }, "solved");
    this.meaning = element("p", { class: "meaning", id: `${name}-meaning` }, meaning);
    this.fault = element("p", { class: "fault", id: `${name}-fault`, hidden: true });
    this.node = element("div", { class: "control slider", "data-name": name },
      element("div", { class: "control-head" },
        this.buildName(), learnLink(name, label), this.tag, this.reset,
        element("span", { class: "box" }, this.box, unit ? element("span", { class: "unit" }, unit) : null)),
      element("div", { class: "track" }, this.buildBand(), this.range),
      this.meaning, this.fault);
  }

  buildName() {
    const { name, label, meaning } = this.parameter;
    if (!this.sweep) return element("label", { for: name, title: meaning }, label);
    const button = element("button", { type: "button", class: "sweep-name", id: `sweep-${name}`, title: `${meaning} Click to sweep it.`, "aria-label": `Sweep ${label}…` },
      label, element("span", { class: "sweep-sign", "aria-hidden": "true" }, "⋯"));
    button.addEventListener("click", () => this.sweep());
    return button;
  }

  buildBand() {
    const band = bandOf(this.parameter, this.stops);
    if (!band) return null;
    const [low, high] = this.parameter.recommended;
    const node = element("span", { class: "band", title: `Recommended: ${format.value(low)} to ${format.value(high)}` });
    node.style.setProperty("--start", band.start);
    node.style.setProperty("--end", band.end);
    return node;
  }

  readBox() {
    const value = this.box.value.trim() === "" ? NaN : Number(this.box.value);
    const fault = faultOf(this.parameter, value);
    if (fault) this.refuse(fault);
    else this.change(value);
  }

  /**
   * Show `value`; `standard` is what the reset button goes back to, `fault` a refused input's sentence or null, `meaning`
   * the line under the track; `solved` says that the value follows from others and cannot be set.
   */
  update({ value, standard, fault, meaning = null, solved = false }) {
    this.standard = standard;
    this.range.disabled = solved;
    this.box.readOnly = solved;
    this.tag.hidden = !solved;
    if (meaning) setText(this.meaning, meaning);
    const position = String(Math.round(positionOf(this.stops, value)));
    if (this.range.value !== position) this.range.value = position;
    this.range.setAttribute("aria-valuetext", `${format.value(value)} ${this.parameter.unit}`.trim());
    if (!fault && (this.box.value === "" || Number(this.box.value) !== value)) this.box.value = written(value);
    this.range.style.setProperty("--filled", positionOf(this.stops, value) / (this.stops.length - 1));
    this.reset.hidden = solved || value === standard;
    this.reset.setAttribute("aria-label", `Reset ${this.parameter.label} to ${format.value(standard)}`);
    this.showFault(fault, value);
  }

  showFault(fault, value) {
    this.fault.hidden = !fault;
    this.meaning.hidden = Boolean(fault);
    const kept = fault && Number(this.box.value) !== value ? ` Still using ${format.value(value)}.` : "";
    setText(this.fault, fault ? `${sentence(fault)}${kept}` : "");
    if (fault) this.box.setAttribute("aria-invalid", "true");
    else this.box.removeAttribute("aria-invalid");
  }
}

/** Return a fault as a sentence; those of the server come as a phrase. */
function sentence(text) {
  const begun = /^[a-z]/.test(text) ? format.capital(text) : text; // an ε stays one
  return begun.endsWith(".") ? begun : `${begun}.`;
}

/** Return a number as its box shows it: tiny ones as 1e-5, so that they fit and can be read. */
function written(value) {
  return value !== 0 && Math.abs(value) < 0.001 ? format.value(value) : String(value);
}
