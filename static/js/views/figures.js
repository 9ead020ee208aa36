/** The four figures, fed from the shown document, the pinned runs and what the reader has chosen to look at. */

import { BudgetChart } from "../charts/budget.js";
import { ClassesChart } from "../charts/classes.js";
import { GradientsChart } from "../charts/gradients.js";
import { readPalette } from "../charts/palette.js";
import { TrainingChart } from "../charts/training.js";
import { byId, element, setText } from "../dom.js";
import { clippedSeries, normSeries, signalSeries } from "../gradient_series.js";
import { classesCaption, gradientFinding } from "../gradient_words.js";
import { later } from "../near.js";
import { plannedFor } from "../planned_curve.js";
import { evidenceOf, provenanceOf } from "../provenance.js";
import { findingsOf } from "../sentences.js";
import { budgetSeries, classSeries, revealed, trainingSeries } from "../series.js";
import { named } from "../settings.js";
import { isStale, shownDocument } from "../state.js";
import { WALKS } from "../walks.js";
import { choiceRow, Figure } from "./figure.js";
import { GradientControls } from "./gradient_controls.js";
import { savePicture, saveTable } from "./save_figure.js";

const CHARTS = { training: TrainingChart, privacy: BudgetChart, clipping: GradientsChart, classes: ClassesChart };
const AXES = [["epoch", "Epochs"], ["iteration", "Iterations"]];

export class Figures {
  /** `actions.change(name, value)` sets C when the line at C is let go; `actions.pin()` pins the shown result. */
  constructor(catalog, actions) {
    const palette = readPalette();
    this.by = "epoch";
    this.figures = Object.fromEntries(Object.entries(CHARTS).map(([name, ChartClass]) => [name, this.build(name, ChartClass, palette)]));
    this.figures.training.tools.prepend(element("button", { type: "button", class: "tool", id: "training-pin" }, "Pin"));
    this.figures.training.extendKey();
    this.figures.training.addChoice(choiceRow({ name: "training-axis", legend: "Horizontal axis", choices: AXES, changed: (by) => this.redraw(() => { this.by = by; }) }));
    this.caption = element("p", { class: "caption" });
    this.figures.classes.key.after(this.caption);
    this.gradients = new GradientControls(this.figures.clipping, {
      parameter: named(catalog.parameters, "clipping_norm"),
      changed: () => this.redraw(() => {}),
      released: (norm) => actions.change("clipping_norm", norm),
    });
  }

  build(name, ChartClass, palette) {
    return new Figure(name, {
      ChartClass, palette, walkOf: WALKS[name], say: (text) => this.say(text),
      save: { png: (figure) => savePicture(figure, this.shown, ChartClass), csv: (figure) => saveTable(figure, this.shown) },
      options: { drawn: (chart, model) => name === "clipping" && this.gradients?.place(chart, model) },
    });
  }

  /** Tell a screen reader. */
  say(text) {
    setText(byId("walk-announcer"), text);
  }

  /** Take over the colours of the theme that is now in force. */
  recolour() {
    const palette = readPalette();
    for (const { chart } of Object.values(this.figures)) chart.recolour(palette);
  }

  redraw(change) {
    change();
    if (this.state) this.update(this.state);
  }

  update(state) {
    this.state = state;
    const document = shownDocument(state);
    if (!document) return;
    const shown = {
      document, planned: plannedFor(state, document), stale: isStale(state), pins: state.pins ?? [], tight: state.tight ?? null,
      revealed: document.evidence === "measured" ? 1 : state.revealed, forecast: forecastOf(state, document),
      by: this.by, gradients: { ...this.gradients.view, tried: this.gradients.triedNorm(state.settings) },
    };
    if (this.hasShown(shown)) return;
    this.shown = shown;
    this.show(shown, modelsOf(shown));
  }

  /** Return whether the figures already show all of this: a slider moves far more often than an answer arrives. */
  hasShown({ gradients, ...rest }) {
    const inputs = [...Object.values(rest), ...Object.values(gradients)];
    const same = this.inputs?.every((input, index) => input === inputs[index]) ?? false;
    this.inputs = inputs;
    return same;
  }

  show(shown, models) {
    const { document, planned, stale } = shown;
    const findings = findingsOf(document, planned, stale);
    const words = { ...findings, clipping: gradientFinding(models.clipping, document) ?? findings.clipping };
    const tables = async () => (await later()).tablesOf(document, planned, { ...shown, epoch: shown.gradients.epoch, view: shown.gradients.view });
    const badges = { training: provenanceOf(document) };
    for (const [name, figure] of Object.entries(this.figures)) {
      const badge = badges[name] ?? evidenceOf(document);
      figure.show(models[name], { ...words[name], badge, evidence: document.evidence, stale, table: async () => (await tables())[name] });
    }
    this.gradients.update(models.clipping);
    setText(this.caption, classesCaption(document, models.classes));
    this.showKeys(shown, models);
  }

  showKeys({ document, forecast, pins }, { privacy }) {
    byId("key-baseline").hidden = !document.baseline;
    byId("key-forecast").hidden = !forecast;
    byId("key-classes-baseline").hidden = !document.baseline;
    byId("key-band").hidden = !privacy.band.length;
    this.figures.training.namePins(pins);
  }
}

/** Return what each chart draws. */
function modelsOf({ document, planned, pins, tight, by, revealed: share, forecast, gradients }) {
  const provenance = provenanceOf(document);
  const { view, epoch, tried } = gradients;
  const gradient = {
    norms: () => ({ ...normSeries(document, { epoch, wouldBe: tried }), chosen: epoch !== null }),
    clipped: () => clippedSeries(document),
    signal: () => signalSeries(document),
  }[view]();
  return {
    training: { provenance, forecast: forecast && trainingSeries(forecast, { by }), series: revealed(trainingSeries(document, { by, pins }), share) },
    privacy: { provenance, ...budgetSeries(document, planned, { tight, pins }) },
    clipping: { provenance, view, ...gradient },
    classes: { provenance, ...classSeries(document) },
  };
}

/** Return the simulation to lay under a measured run of the same settings, or null. */
function forecastOf(state, document) {
  const { simulation } = state;
  return document.evidence === "measured" && simulation?.epochs.length && !isStale(state) ? simulation : null;
}
