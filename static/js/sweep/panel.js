/** The panel of a sweep, loaded when one is asked for: form, cost, progress, results. */

import { ServerLost, ServerProblem } from "../api.js";
import { byId, element, setEnabled, setText } from "../dom.js";
import { createLatest } from "../latest.js";
import { obstacleOf } from "../real_training.js";
import { inWords } from "../refusals.js";
import { isActive } from "../run_states.js";
import { named } from "../settings.js";
import { withSweep } from "../sweeps.js";
import { createSweepFollower } from "./follower.js";
import { SweepForm } from "./form.js";
import { forgetSweep, recalledSweeps, rememberSweep } from "./memory.js";
import { restText, sweepBody } from "./plan.js";
import { SweepResults } from "./results.js";
import { costSentence, isTooLong } from "./words.js";

const REST_MILLISECONDS = 300; // the cost is asked for when typing rests
const NOT_FOUND = 404;
const LOST = "The server does not answer. ε, the charts and what was measured stay; try again in a moment.";
const UNREACHED = "The server does not answer, so it is not known whether it took the sweep. Try again in a moment.";
const OWN_TABLE = "Sweeps are not offered for a table of one's own.";

export class SweepPanel {
  /** `parts` = {api, store, catalog, wait, newKey}. */
  constructor(parts) {
    Object.assign(this, parts, { lost: false, busy: false, tooLong: false, document: null, removed: new Set() });
    this.results = new SweepResults();
    this.form = new SweepForm({
      changed: () => this.askCost(),
      pressed: { simulate: () => this.simulate(), measure: () => this.measure(), stop: () => this.guarded(() => this.follower.stop(this.document.id)) },
    });
    this.follower = createSweepFollower({ ...parts, changed: (document) => this.show(document), lost: (lost) => this.showLost(lost) });
    this.cost = createLatest({
      send: (body, options) => this.api.getSweepCost(body, options), done: (cost) => this.showCost(cost), failed: (error) => this.showNoCost(error),
      nextFrame: (flush) => setTimeout(flush, REST_MILLISECONDS),
    });
    this.build();
    this.store.subscribe(({ sweeps }, previous) => sweeps.length < previous.sweeps.length && this.forget(previous.sweeps.filter((sweep) => !sweeps.includes(sweep))));
    this.store.subscribe(({ settings }, previous) => settings !== previous.settings && !byId("sweep").hidden && this.settingsChanged());
  }

  build() {
    this.title = element("h2", { id: "sweep-title", tabindex: -1 });
    const close = element("button", { type: "button", class: "link", id: "sweep-close" }, "Close");
    close.addEventListener("click", () => this.close());
    const body = element("div", { class: "sweep-body" }, this.form.node, this.results.node);
    byId("sweep").replaceChildren(element("div", { class: "sweep-head" }, this.title, close), body);
  }

  /** Ask for a sweep of the named parameter. */
  open(name) {
    this.opener = document.activeElement;
    this.reveal(name);
    byId("trade-off-figure").scrollIntoView({ block: "start" });
    this.title.focus({ preventScroll: true });
  }

  reveal(name) {
    this.parameter = this.named(name);
    setText(this.title, `Sweep: ${this.parameter.label}`);
    byId("sweep").hidden = false;
    this.form.ask(this.parameter, this.store.get().settings);
    this.settingsChanged();
  }

  named(name) {
    return named(this.catalog.parameters, name);
  }

  close() {
    byId("sweep").hidden = true;
    (this.opener?.isConnected ? this.opener : byId("trade-off-canvas")).focus();
  }

  /** Take up the sweeps that this tab measured before it was loaded again. */
  async resume() {
    for (const id of recalledSweeps(() => sessionStorage)) {
      try {
        const found = await this.api.getSweep(id);
        this.show(found);
        if (isActive(found)) this.takeUp(found);
      } catch (error) {
        if (error.status === NOT_FOUND) forgetSweep(() => sessionStorage, id);
        else if (!isOfServer(error)) throw error;
      }
    }
  }

  takeUp(found) {
    this.reveal(found.parameter);
    this.form.fill(found);
    this.askCost();
    this.guarded(() => this.follower.follow(found));
  }

  settingsChanged() {
    setText(this.form.rest, restText(this.store.get().settings, this.parameter.name));
    this.askCost();
  }

  askCost() {
    const { settings } = this.store.get();
    this.closed = settings.dataset === "table";
    this.obstacle = this.closed ? OWN_TABLE : (obstacleOf(this.catalog, settings)?.reason ?? null);
    const asked = this.form.read(settings);
    setText(this.form.cost, this.obstacle ?? "");
    this.tooLong = false;
    this.enable();
    if (asked && !this.obstacle) this.cost(this.bodyOf(asked, "real"));
  }

  bodyOf(asked, mode) {
    return sweepBody(this.store.get().settings, { ...asked, parameter: this.parameter.name, mode });
  }

  showCost(cost) {
    setText(this.form.cost, costSentence(cost));
    this.tooLong = isTooLong(cost);
    this.enable();
  }

  showNoCost(error) {
    if (error instanceof ServerLost) setText(this.form.cost, "The server does not answer, so the cost is not known.");
    else this.showFailure(error, (text) => setText(this.form.cost, text));
  }

  enable() {
    const measuring = isActive(this.document);
    const { simulate, measure, stop } = this.form.buttons;
    setEnabled(simulate, !this.busy && !measuring && !this.closed);
    setEnabled(measure, !this.busy && !measuring && !this.obstacle && !this.tooLong);
    setEnabled(stop, measuring);
  }

  simulate() {
    this.ask(async (asked) => this.show(await this.api.simulateSweep(this.bodyOf(asked, "simulation"))));
  }

  measure() {
    this.ask((asked) => this.follower.start(this.bodyOf(asked, "real")), UNREACHED);
  }

  /** Do something with what the form asks for; where that is wrong, put the focus there. */
  ask(call, unreached) {
    const asked = this.form.read(this.store.get().settings);
    if (asked) this.guarded(() => call(asked), unreached);
    else this.form.focusOnFault();
  }

  async guarded(call, unreached = LOST) {
    this.busy = true;
    this.results.refuse(null);
    this.enable();
    try {
      await call();
    } catch (error) {
      this.showLost(false); // nothing is asked for again
      this.showFailure(error, (text) => this.results.refuse(text), unreached);
    } finally {
      this.busy = false;
      this.enable();
    }
  }

  /** Say what failed: beside the field where it is one of the form's, and as a sentence, `unreached` where there is no answer. */
  showFailure(error, say, unreached = LOST) {
    if (!isOfServer(error)) throw error;
    const { errors = [] } = error;
    const said = (name) => errors.find(({ field }) => field.split(".")[0] === name)?.message;
    this.form.refuse({ values: said("values"), seeds: said("seeds") });
    say(error instanceof ServerLost ? unreached : [inWords(error), ...errors.map(({ message }) => message)].join(" "));
  }

  show(found) {
    this.document = found;
    this.busy = false;
    if (!this.removed.has(found.id)) {
      if (found.id) rememberSweep(() => sessionStorage, found.id);
      this.store.update((state) => ({ ...state, sweeps: withSweep(state.sweeps, found) }));
    }
    this.results.update(found, this.named(found.parameter), this.lost);
    this.enable();
  }

  /** Leave what was removed from the chart removed, also while it is still being measured and after a reload. */
  forget(sweeps) {
    for (const id of sweeps.map(({ document }) => document.id).filter(Boolean)) {
      this.removed.add(id);
      forgetSweep(() => sessionStorage, id);
    }
  }

  showLost(lost) {
    this.lost = lost;
    if (!this.document) this.results.showLost(lost);
    else this.results.update(this.document, this.named(this.document.parameter), lost);
  }
}

const isOfServer = (error) => error instanceof ServerLost || error instanceof ServerProblem;
