/** The compare tray: up to four pinned results, their names, and what differs between them and the shown one. */

import { byId, element, fillTable, onPress, setEnabled, setText } from "../dom.js";
import { differencesTable, epsilonOf } from "../differences.js";
import * as format from "../format.js";
import { MOST_PINS, nameOf, whyNotPinned, withName, withoutPin, withPin, withReference } from "../pins.js";
import { provenanceOf } from "../provenance.js";
import { presetIsActive } from "../settings.js";
import { shownDocument } from "../state.js";

export class Compare {
  /** `actions` = {changePins(change), apply({title, apply})}; `changePins` takes a function from pins to pins. */
  constructor(catalog, actions) {
    Object.assign(this, { catalog, actions, rows: new Map() });
    onPress(byId("pin"), () => this.pin());
    onPress(byId("training-pin"), () => this.pin());
  }

  pin() {
    const document = shownDocument(this.state);
    this.actions.changePins((pins) => withPin(pins, document, { name: presetName(this.catalog, document) }));
    setText(byId("pin-said"), "Pinned. Compare runs lists what differs.");
  }

  update(state) {
    this.state = state;
    const document = shownDocument(state);
    const { pins } = state;
    const reason = whyNotPinned(pins, document);
    for (const id of ["pin", "training-pin"]) setEnabled(byId(id), !reason);
    setText(byId("pin-note"), reason && document ? reason : `${pins.length} of ${MOST_PINS} pinned.`);
    if (this.hasShown(pins, document)) return;
    this.updateList(pins);
    byId("differences").hidden = !pins.length || !document;
    if (pins.length && document) fillTable(byId("differences"), differencesTable(document, pins));
  }

  hasShown(...inputs) {
    const same = this.inputs?.every((input, index) => input === inputs[index]) ?? false;
    this.inputs = inputs;
    return same;
  }

  /** Keep the rows that stay, so that a name being typed keeps the focus. */
  updateList(pins) {
    const keys = pins.map(({ number, key }) => `${number} ${key}`);
    for (const [key, row] of this.rows) {
      if (!keys.includes(key)) {
        row.node.remove();
        this.rows.delete(key);
      }
    }
    pins.forEach((pin, index) => {
      const row = this.rows.get(keys[index]) ?? this.buildRow(pin);
      this.rows.set(keys[index], row);
      const list = byId("pins");
      if (list.children[index] !== row.node) list.insertBefore(row.node, list.children[index] ?? null);
      updateRow(row, pin, index === 0);
    });
  }

  buildRow({ number, name, run }) {
    const input = element("input", { type: "text", id: `pin-name-${number}`, maxlength: 40, value: name, "aria-label": `Name of pinned run ${number}` });
    input.addEventListener("change", () => this.actions.changePins((pins) => withName(pins, number, input.value)));
    const button = (id, words, pressed) => {
      const node = element("button", { type: "button", class: "link", id: `${id}-${number}` }, words);
      node.addEventListener("click", pressed);
      return node;
    };
    const reference = button("pin-reference", "Compare tiles", () => this.actions.changePins((pins) => withReference(pins, number)));
    const use = button("pin-use", "Load settings", () => this.actions.apply({ title: `Settings of ${nameIn(this.state, number)}`, apply: run.parameters }));
    const remove = button("pin-remove", "Unpin", () => this.unpin(number));
    const about = element("span", { class: "pin-about" });
    const node = element("li", { class: "pin", "data-number": number },
      element("span", { class: "pin-number", "aria-hidden": "true" }, String(number)), input,
      element("span", { class: "badge small", "data-evidence": run.evidence }, provenanceOf(run)), about,
      element("span", { class: "pin-buttons" }, reference, use, remove));
    return { node, input, about, reference };
  }

  /** Unpin, and keep the focus in the tray: it would go with the button. */
  unpin(number) {
    this.actions.changePins((pins) => withoutPin(pins, number));
    byId("pin").focus({ preventScroll: true });
  }
}

function updateRow({ input, about, reference }, { name, run }, isReference) {
  if (document.activeElement !== input) input.value = name;
  const { accuracy, loss } = run.final_metrics;
  setText(about, `${format.percent(accuracy)} · loss ${format.loss(loss)} · ε ${format.epsilon(epsilonOf(run))}`);
  reference.setAttribute("aria-pressed", String(isReference));
}

const nameIn = ({ pins }, number) => pins.find((pin) => pin.number === number)?.name ?? "a pinned run";

/** Return the name of the preset that a result was made with, else one made of its settings. */
function presetName(catalog, document) {
  const presets = catalog.presets[document.parameters.task] ?? [];
  const preset = presets.find((candidate) => presetIsActive(candidate, document.parameters));
  if (!preset) return nameOf(document);
  return preset.id === "optimal" ? "Optimal" : preset.title;
}
