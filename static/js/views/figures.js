/** The four figures: heading, canvas with its description, caption and table, fed from the shown document. */

import { BudgetChart } from "../charts/budget.js";
import { ClassesChart } from "../charts/classes.js";
import { ClippingChart } from "../charts/clipping.js";
import { readPalette } from "../charts/palette.js";
import { TrainingChart } from "../charts/training.js";
import { byId, fillTable, setText } from "../dom.js";
import { plannedOf } from "../forecast.js";
import { badgeOf, findingsOf } from "../sentences.js";
import { budgetSeries, classSeries, clippingSeries, revealed, trainingSeries } from "../series.js";
import { isStale, shownDocument } from "../state.js";
import { tablesOf } from "../tables.js";

const CHARTS = { training: TrainingChart, privacy: BudgetChart, clipping: ClippingChart, classes: ClassesChart };

export class Figures {
  constructor() {
    const palette = readPalette();
    this.charts = Object.fromEntries(
      Object.entries(CHARTS).map(([name, Chart]) => [name, new Chart(byId(`${name}-canvas`), palette)]),
    );
    this.tables = {};
    this.inputs = {};
    for (const name of Object.keys(CHARTS)) {
      byId(`${name}-table`).addEventListener("toggle", () => this.fillOpenTable(name));
    }
  }

  /** Take over the colours of the theme that is now in force. */
  recolour() {
    const palette = readPalette();
    for (const chart of Object.values(this.charts)) chart.recolour(palette);
  }

  update(state) {
    const document = shownDocument(state);
    if (!document) return;
    const stale = isStale(state);
    const planned = plannedDocument(state, document);
    if (!this.hasShown("curves", document, state.simulation, state.revealed, stale)) this.updateCurves(state, document, stale);
    if (this.hasShown("plan", document, planned, stale)) return;
    this.charts.privacy.update(budgetSeries(document, planned));
    this.tables = tablesOf(document, planned);
    this.updateWords(findingsOf(document, planned, stale), document, stale);
  }

  /** Draw what an answer of the server is needed for; ε is not. */
  updateCurves(state, document, stale) {
    const measured = document.evidence === "measured";
    const forecast = measured && state.simulation?.epochs.length && !stale ? trainingSeries(state.simulation) : null;
    const series = revealed(trainingSeries(document), measured ? 1 : state.revealed);
    this.charts.training.update({ series, forecast });
    this.charts.clipping.update(clippingSeries(document));
    this.charts.classes.update(classSeries(document));
    byId("key-baseline").hidden = !document.baseline;
    byId("key-forecast").hidden = !forecast;
    byId("key-classes-baseline").hidden = !document.baseline;
  }

  /** Return whether a part of the figures already shows all of this: a slider moves far more often than an answer arrives. */
  hasShown(part, ...inputs) {
    const same = this.inputs[part]?.every((input, index) => input === inputs[index]) ?? false;
    this.inputs[part] = inputs;
    return same;
  }

  updateWords(findings, document, stale) {
    for (const [name, { title, description }] of Object.entries(findings)) {
      setText(byId(`${name}-title`), title);
      byId(`${name}-canvas`).setAttribute("aria-label", description);
      byId(`${name}-figure`).classList.toggle("stale", stale);
      const badge = byId(`${name}-badge`);
      badge.dataset.evidence = document.evidence;
      setText(badge, badgeOf(document));
      this.fillOpenTable(name);
    }
  }

  fillOpenTable(name) {
    const details = byId(`${name}-table`);
    if (details.open && this.tables[name]) fillTable(details.querySelector(".table-box"), this.tables[name]);
  }
}

/** Return the document whose ε is planned: the newest settings' where the shown run is stale or has not ended. */
function plannedDocument(state, document) {
  const plan = plannedOf(state);
  const running = document === state.run && document.state !== "done";
  const isWanted = document === state.simulation || isStale(state) || running;
  return isWanted && plan?.parameters.task === document.parameters.task ? plan : document;
}
