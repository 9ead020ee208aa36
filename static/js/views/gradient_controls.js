/** What stands around the gradient chart: the choice of view, the epoch scrubber, and the line at C. */

import { NormHandle } from "../charts/norm_handle.js";
import { element, setText } from "../dom.js";
import { choiceRow } from "./figure.js";

const VIEWS = [["norms", "Norms"], ["clipped", "Clipped share"], ["signal", "Signal : noise"]];

export class GradientControls {
  /** `figure` is the gradient figure; `parameter` is C's row of the table; `changed(view)` and `released(norm)` are told. */
  constructor(figure, { parameter, changed, released }) {
    Object.assign(this, { figure, changed });
    this.view = { view: "norms", epoch: null, tried: null };
    this.epochs = [];
    figure.addChoice(choiceRow({ name: "gradient-view", legend: "Show of the gradients", choices: VIEWS, changed: (view) => this.set({ view }) }));
    this.buildScrubber();
    this.handle = parameter && new NormHandle(figure.plot, {
      parameter,
      tried: (norm) => this.set({ tried: norm }),
      released: (norm) => (norm === null ? this.set({ tried: null }) : released(norm)),
    });
  }

  buildScrubber() {
    this.range = element("input", { type: "range", id: "gradient-epoch", min: 0, max: 0, step: 1, value: 0, "aria-label": "Epoch of the gradient norms" });
    this.output = element("output", { for: "gradient-epoch" });
    this.scrubber = element("div", { class: "scrubber", hidden: true }, this.range, this.output);
    this.figure.box.append(this.scrubber);
    this.range.addEventListener("input", () => {
      const index = Number(this.range.value);
      this.set({ epoch: index === this.epochs.length - 1 ? null : this.epochs[index] }); // the last one goes on with the run
    });
  }

  set(change) {
    this.view = { ...this.view, ...change };
    this.changed();
  }

  /** Return the clipping norm that the chart tries: the handle's until the settings have taken it over, then theirs. */
  triedNorm({ clipping_norm: set }) {
    if (this.view.tried === set) this.view = { ...this.view, tried: null };
    return this.view.tried ?? set;
  }

  /** Show the epochs of a norms model; the scrubber is hidden in the other views, which are over epochs themselves. */
  update(model) {
    const norms = model.view === "norms";
    this.figure.node.dataset.view = model.view;
    this.scrubber.hidden = !norms || model.epochs.length < 2;
    this.figure.plot.classList.toggle("above-scrubber", !this.scrubber.hidden);
    for (const item of this.figure.key.children) item.hidden = (item.dataset.view ?? "norms") !== model.view;
    if (!norms && this.handle) this.handle.node.hidden = true;
    if (!norms || model.epoch === null) return;
    this.epochs = model.epochs;
    const [index, last] = [model.epochs.indexOf(model.epoch), model.epochs.length - 1];
    this.range.max = String(last);
    this.range.value = String(index);
    const share = `${model.clipped.toFixed(0)}\u00a0% clipped`;
    this.range.setAttribute("aria-valuetext", `Epoch ${model.epoch} of ${model.epochs.at(-1)}, ${share}`);
    setText(this.output, `epoch ${model.epoch} of ${model.epochs.at(-1)} · ${share}`);
  }

  /** Stand the handle on the line at C whenever the chart has been drawn. */
  place(chart, { view, clippingNorm, clipped, wouldBe }) {
    if (view !== "norms" || !this.handle) return;
    this.handle.place(chart, { norm: wouldBe?.norm ?? clippingNorm, clipped: wouldBe ? wouldBe.clipped : clipped, tried: Boolean(wouldBe) });
  }
}
