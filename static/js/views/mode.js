/** How to run: the mode, how long it takes, why it cannot be done here, and the buttons Run and Stop. */

import { byId, onPress, setEnabled, setText } from "../dom.js";
import * as format from "../format.js";
import { expectedSeconds, obstacleOf, shortName } from "../real_training.js";
import { isSimulated } from "../settings.js";
import { isTraining } from "../state.js";

export class Mode {
  /** `actions` = {change(name, value), run(), stop()}. */
  constructor(catalog, actions) {
    this.catalog = catalog;
    this.radios = [...document.querySelectorAll('input[name="mode"]')];
    for (const radio of this.radios) radio.addEventListener("change", () => actions.change("mode", radio.value));
    byId("mode-instead").addEventListener("click", () => {
      actions.change("task", this.obstacle.instead);
      byId("mode-real").focus({ preventScroll: true }); // the pressed button goes away
    });
    onPress(byId("run"), () => actions.run());
    onPress(byId("stop"), () => actions.stop());
  }

  update(state) {
    const { settings } = state;
    this.obstacle = obstacleOf(this.catalog, settings);
    for (const radio of this.radios) radio.checked = radio.value === settings.mode;
    byId("mode-real").disabled = !this.catalog.real.available;
    setText(byId("mode-real-name"), `Train on ${shortName(settings.dataset)}`);
    setText(byId("mode-real-time"), this.timeOf(settings));
    this.updateNote(settings);
    this.updateButtons(state);
  }

  timeOf(settings) {
    if (this.obstacle) return "not possible here";
    const seconds = expectedSeconds(this.catalog, settings);
    return seconds === null ? "measured" : `≈\u00a0${format.roughly(seconds)}`;
  }

  updateNote({ mode }) {
    const isTold = Boolean(this.obstacle) && (mode === "real" || !this.catalog.real.available);
    byId("mode-note").hidden = !isTold;
    setText(byId("mode-reason"), this.obstacle?.reason ?? "");
    byId("mode-instead").hidden = !this.obstacle?.instead;
    setText(byId("mode-instead"), this.obstacle?.instead ? `Use ${shortName(this.obstacle.instead)} instead` : "");
  }

  updateButtons(state) {
    const training = isTraining(state);
    const real = state.settings.mode === "real";
    setEnabled(byId("run"), real ? !this.obstacle && !training : isSimulated(this.catalog, state.settings));
    setEnabled(byId("stop"), Boolean(real && training && state.run && !state.sending));
  }
}
