/** The way to the panel of sweeps, whose code and styles are loaded when it is first wanted. */

import { byId } from "../dom.js";
import { recalled } from "../kept.js";
import { later } from "../near.js";
import { addStyles } from "../styles.js";

const UNLOADED = "The part of the page that makes sweeps could not be loaded: the server does not answer. Try again in a moment.";

export class SweepOpener {
  /** `parts` are what the panel is built with, but for the API: {store, catalog, wait, newKey}. */
  constructor(parts) {
    Object.assign(this, { parts, panel: null });
  }

  /** Ask for a sweep of the named parameter. */
  open(name) {
    return this.withPanel((panel) => panel.open(name));
  }

  /** Take up what this tab measured before it was loaded again, if anything. */
  resume() {
    return hasSweeps() ? this.withPanel((panel) => panel.resume()) : null;
  }

  async withPanel(use) {
    try {
      this.panel ??= Promise.all([later(), addStyles(byId("sweep"))]).then(([{ sweepApi: api, SweepPanel }]) => new SweepPanel({ ...this.parts, api }));
      await this.panel;
    } catch {
      this.panel = null;
      return this.parts.store.update((state) => ({ ...state, problem: UNLOADED }));
    }
    return use(await this.panel);
  }
}

const hasSweeps = () => Boolean(recalled("sweeps", () => sessionStorage));
