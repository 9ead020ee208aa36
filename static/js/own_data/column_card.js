/** One column of the file as a card: its use, and what is public of it. */

import { element, setText } from "../dom.js";

const USES = [
  ["label", "To be predicted"],
  ["numbers", "Used: a number"],
  ["categories", "Used: one of some words"],
  ["skip", "Not used"],
];

/** A card for `column`; `changed(name, change)` is called when the visitor changes it. */
export class ColumnCard {
  constructor(column, place, changed) {
    const id = (part) => `own-column-${place}-${part}`;
    const change = (part) => changed(column.name, part);
    this.use = element("select", { id: id("use") }, ...USES.filter(([use]) => use !== "numbers" || column.isNumeric).map(([use, title]) => element("option", { value: use }, title)));
    this.lowest = bound(id("lowest"), (lowest) => change({ lowest }));
    this.highest = bound(id("highest"), (highest) => change({ highest }));
    this.values = element("textarea", { id: id("values"), rows: 3, spellcheck: "false", autocomplete: "off", "aria-describedby": id("fault") });
    this.fault = element("p", { class: "own-fault", id: id("fault") });
    this.use.addEventListener("change", () => change({ use: this.use.value }));
    this.values.addEventListener("input", () => change({ values: this.values.value }));
    this.bounds = element("div", { class: "own-bounds" }, labelled(this.lowest, "Lowest"), labelled(this.highest, "Highest"));
    this.words = labelled(this.values, "Possible values, one per line");
    this.node = element(
      "fieldset", { class: "own-column" }, element("legend", {}, column.name || "(no name)"),
      labelled(this.use, "Use"), this.bounds, this.words, this.fault,
    );
    this.update(column, null);
  }

  /** Show the column as it is now, with what it lacks, or null. */
  update(column, fault) {
    this.node.dataset.use = column.use;
    this.use.value = column.use;
    this.bounds.hidden = column.use !== "numbers";
    this.words.hidden = column.use !== "categories" && column.use !== "label";
    for (const name of ["lowest", "highest", "values"]) if (this[name].value !== column[name]) this[name].value = column[name];
    for (const field of [this.lowest, this.highest, this.values]) field.toggleAttribute("aria-invalid", fault !== null);
    const leak = column.fromData && column.use !== "skip" ? "From the file: a leak that ε does not cover." : "";
    setText(this.fault, fault ? `This column ${fault}.` : leak);
    this.fault.dataset.leak = String(!fault && leak !== "");
  }
}

function bound(id, changed) {
  const input = element("input", { id, type: "text", inputmode: "decimal", autocomplete: "off", "aria-describedby": id.replace(/\w+$/, "fault") });
  input.addEventListener("input", () => changed(input.value));
  return input;
}

function labelled(control, text) {
  return element("div", {}, element("label", { class: "field", for: control.id }, text), control);
}
