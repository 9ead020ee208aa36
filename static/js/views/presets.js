/** The chips of ready-made settings, and "Use Optimal Parameters" with what it would change. */

import { byId, element, onPress, setEnabled, setText } from "../dom.js";
import { changesLine } from "../lesson.js";
import { changesBetween, presetIsActive, presetsOf } from "../settings.js";

export class Presets {
  /** `apply(preset)` is called by a press. */
  constructor({ apply }) {
    Object.assign(this, { apply, shownTask: null });
    onPress(byId("optimal"), () => apply(this.optimal));
  }

  update(state) {
    const { chips, optimal } = presetsOf(state);
    if (this.shownTask !== state.settings.task) this.build(chips, state.settings.task);
    for (const { preset, chip } of this.chips) {
      chip.setAttribute("aria-pressed", String(presetIsActive(preset, state.settings)));
    }
    this.optimal = optimal;
    this.updateOptimal(state, optimal);
  }

  build(presets, task) {
    const hadFocus = byId("presets").contains(document.activeElement);
    this.shownTask = task;
    this.chips = presets.map((preset) => {
      const chip = element("button", { type: "button", class: "chip", title: preset.description }, preset.title);
      chip.addEventListener("click", () => this.apply(preset));
      return { preset, chip };
    });
    byId("presets").replaceChildren(...this.chips.map(({ chip }) => chip));
    if (hadFocus) this.chips[0]?.chip.focus({ preventScroll: true }); // the pressed chip went with its task
  }

  updateOptimal({ settings }, optimal) {
    const changes = optimal ? changesBetween(settings, optimal.parameters) : [];
    setEnabled(byId("optimal"), changes.length > 0);
    const text = changes.length ? changesLine(changes) : "These are the best settings found for this task.";
    setText(byId("optimal-changes"), optimal ? text : "No best settings are known for this task.");
  }
}
