/** Selects, the seed box and check boxes. */

import { element, setText } from "../dom.js";
import { capital } from "../format.js";
import { faultOf } from "../scale.js";
import { learnLink, termText } from "./learn_link.js";

/** A labelled <select>; options are {name, title, disabled, note}. */
export class Choice {
  constructor({ name, label, options, change }) {
    this.select = element("select", { id: name, name },
      ...options.map((option) => element("option", { value: option.name, disabled: option.disabled }, nameOf(option))));
    this.remarks = new Map(options.map((option) => [option.name, remarkOf(option)]));
    this.remark = element("p", { class: "meaning", id: `${name}-meaning` });
    this.fault = element("p", { class: "fault", id: `${name}-fault`, hidden: true });
    this.select.setAttribute("aria-describedby", `${this.remark.id} ${this.fault.id}`);
    this.node = element("div", { class: "control choice" },
      headOf(name, label), this.select, this.remark, this.fault);
    this.select.addEventListener("change", () => change(this.select.value));
  }

  /** Show `value`; `impossible(name)` says whether an option does not fit the other settings. */
  update({ value, fault, impossible }) {
    if (impossible) for (const option of this.select.options) option.disabled = impossible(option.value);
    if (this.select.value !== value) this.select.value = value;
    setText(this.remark, this.remarks.get(value) ?? "");
    this.remark.hidden = !this.remarks.get(value);
    this.fault.hidden = !fault;
    setText(this.fault, fault ?? "");
  }
}

// A long title such as "Poisson: each example joins …" or "TensorFlow Privacy (reference)" would be cut off in the box.
const TITLE = /^(.*?)(?:: | \()(.*?)\)?$/;
const LONGEST_TITLE = 32;

function nameOf({ title }) {
  return title.length > LONGEST_TITLE ? title.replace(TITLE, "$1") : title;
}

/** Return what follows the colon or stands in brackets in a long title, as a sentence, or null. */
function remarkOf({ title }) {
  const remark = title.length > LONGEST_TITLE ? title.match(TITLE)?.[2] : null;
  return remark ? `${capital(remark)}.` : null;
}

/** Return a control's label with the link to its card. */
function headOf(name, label) {
  return element("div", { class: "choice-head" }, element("label", { for: name, title: termText(name) }, label), learnLink(name, label));
}

/** The seed: a number box that may be empty (a fresh secret seed for real training). */
export class SeedBox {
  constructor(parameter, { change, refuse }) {
    this.box = element("input", { type: "number", id: "seed", name: "seed", inputmode: "numeric", placeholder: "none", "aria-describedby": "seed-meaning seed-fault" });
    this.fault = element("p", { class: "fault", id: "seed-fault", hidden: true });
    this.node = element("div", { class: "control choice" }, headOf("seed", "Seed"), this.box,
      element("p", { class: "meaning", id: "seed-meaning" },
        "Empty: a real training draws fresh, secret randomness. With a seed it can be repeated, but who knows the seed can undo the noise."),
      this.fault);
    this.box.addEventListener("input", () => {
      const empty = this.box.value.trim() === "" && !this.box.validity.badInput;
      const fault = empty ? null : faultOf(parameter, Number(this.box.value || NaN));
      if (fault) refuse(fault);
      else change(empty ? null : Number(this.box.value));
    });
  }

  update({ value, fault }) {
    const text = value === null ? "" : String(value);
    if (!fault && this.box.value !== text) this.box.value = text;
    this.fault.hidden = !fault;
    setText(this.fault, fault ?? "");
  }
}

/** A check box with its label. */
export class Switch {
  constructor({ name, label, change }) {
    this.box = element("input", { type: "checkbox", id: name, name });
    this.node = element("div", { class: "control check" }, this.box, element("label", { for: name }, label), learnLink(name, label));
    this.box.addEventListener("change", () => change(this.box.checked));
  }

  update({ value }) {
    this.box.checked = value;
  }
}
