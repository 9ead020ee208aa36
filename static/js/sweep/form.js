/** The form of a sweep: values, seeds, what stays as it is set, and the buttons. */

import { element, setText } from "../dom.js";
import { readSeeds, readValues, sensibleValues } from "./plan.js";

const DEFAULT_SEEDS = "3";

export class SweepForm {
  /** `changed()` is told of input; `pressed` = {simulate, measure, stop}. */
  constructor({ changed, pressed }) {
    this.values = field("sweep-values", { type: "text", inputmode: "text", autocomplete: "off", spellcheck: "false" });
    this.seeds = field("sweep-seeds", { type: "number", min: 1, max: 5, step: 1, value: DEFAULT_SEEDS }, "Seeds (1 to 5)");
    this.seeds.hint.textContent = "Each value is run once with each seed; the error bar is their standard deviation.";
    this.rest = element("p", { class: "meaning" });
    this.cost = element("p", { class: "meaning", id: "sweep-cost", role: "status" });
    this.buttons = {
      simulate: button("sweep-simulate", "secondary", "Simulate"), measure: button("sweep-measure", "primary", "Measure"),
      stop: button("sweep-stop", "secondary", "Stop"),
    };
    this.node = element("form", { class: "sweep-form", novalidate: true },
      this.values.node, this.seeds.node, this.rest, this.cost, element("div", { class: "sweep-buttons" }, ...Object.values(this.buttons)));
    this.node.addEventListener("submit", (event) => event.preventDefault());
    for (const { input } of [this.values, this.seeds]) input.addEventListener("input", changed);
    for (const [name, node] of Object.entries(this.buttons)) {
      node.addEventListener("click", () => node.getAttribute("aria-disabled") !== "true" && pressed[name]());
    }
  }

  /** Ask about another parameter, with values that are worth trying. */
  ask(parameter, settings) {
    this.parameter = parameter;
    setText(this.values.label, `Values of ${parameter.label}`);
    setText(this.values.hint, `2 to 12 numbers between ${parameter.minimum} and ${parameter.maximum}, with commas between them.`);
    this.values.input.value = sensibleValues(parameter.name, settings).join(", ");
    this.refuse({});
  }

  /** Show the values and seeds of a sweep that is there already. */
  fill({ values, seeds }) {
    this.values.input.value = values.join(", ");
    this.seeds.input.value = String(seeds.length);
    this.refuse({});
  }

  /** Return {values, seeds}, or null after saying what is wrong. */
  read(settings) {
    const values = readValues(this.values.input.value, this.parameter, settings);
    const seeds = readSeeds(this.seeds.input.value, values.values?.length);
    this.refuse({ values: values.fault, seeds: seeds.fault });
    return values.fault || seeds.fault ? null : { ...values, ...seeds };
  }

  /** Say what is wrong beside each field: {values, seeds}, sentences or nothing. */
  refuse(faults) {
    for (const name of ["values", "seeds"]) showFault(this[name], faults[name]);
  }

  /** Put the focus into the first field that was refused. */
  focusOnFault() {
    [this.values, this.seeds].find(({ fault }) => !fault.hidden)?.input.focus();
  }
}

function field(id, attributes, words = "") {
  const input = element("input", { id, "aria-describedby": `${id}-hint ${id}-fault`, ...attributes });
  const label = element("label", { for: id }, words);
  const hint = element("p", { class: "meaning", id: `${id}-hint` });
  const fault = element("p", { class: "fault", id: `${id}-fault`, role: "alert", hidden: true });
  return { input, label, hint, fault, node: element("div", { class: "sweep-field" }, label, input, hint, fault) };
}

function showFault({ input, fault }, text) {
  fault.hidden = !text;
  setText(fault, text ?? "");
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

const button = (id, kind, words) => element("button", { type: "button", class: kind, id }, words);
