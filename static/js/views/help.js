/** Help: what is what, and the keyboard shortcuts, which it also listens for. */

import { byId, element } from "../dom.js";
import { recalled, remember } from "../kept.js";
import { actionOf } from "../shortcuts.js";

const KEY = "letter-shortcuts";

export class Help {
  /** `actions` = {run(), stop()}; the rest of the shortcuts press the buttons that are there. */
  constructor(catalog, actions) {
    this.dialog = byId("help-dialog");
    this.letters = byId("letter-shortcuts");
    this.letters.checked = recalled(KEY) !== "off";
    this.letters.addEventListener("change", () => remember(KEY, this.letters.checked ? "on" : "off"));
    byId("help").addEventListener("click", () => this.dialog.showModal());
    byId("help-close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", ({ target }) => target === this.dialog && this.dialog.close());
    this.fill(catalog);
    this.does = {
      ...actions, optimal: press("optimal"), undo: press("undo"), pin: press("pin"), theme: press("theme"), mode: changeMode,
      help: () => this.dialog.showModal(),
    };
  }

  /** Do what the shortcuts say from now on. */
  listen() {
    document.addEventListener("keydown", (event) => this.take(event));
  }

  fill({ parameters }) {
    const meanings = parameters.filter(({ name }) => !["target_epsilon", "seed"].includes(name));
    byId("help-parameters").replaceChildren(...meanings.flatMap(({ label, meaning }) => [element("dt", {}, label), element("dd", {}, meaning)]));
  }

  take(event) {
    if (this.dialog.open) return;
    const action = actionOf(event, { letters: this.letters.checked });
    if (!action) return;
    event.preventDefault();
    this.does[action]();
  }
}

const press = (id) => () => byId(id).checkVisibility() && byId(id).click();

function changeMode() {
  const other = [...document.querySelectorAll('input[name="mode"]')].find(({ checked, disabled }) => !checked && !disabled);
  other?.click();
}
