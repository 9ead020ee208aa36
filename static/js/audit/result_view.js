/** What an audit found: two charts, the sentence, the table and the files. */

import { BoundsChart } from "../charts/bounds.js";
import { readPalette } from "../charts/palette.js";
import { RocChart } from "../charts/roc.js";
import { byId, element, fillTable, setText } from "../dom.js";
import { runJson } from "../export/run_files.js";
import { saveText } from "../export/save.js";
import { provenanceOf } from "../provenance.js";
import { Figure } from "../views/figure.js";
import { savePicture } from "../views/save_figure.js";
import { boundsCsv, boundsModel, boundsWalk, resultTable, rocCsv, rocModel, rocTable, rocWalk, rowsOf } from "./models.js";
import { shownAudits } from "./state.js";
import { boundsSentence, chanceSentence, FAILED, findingOf, rocFinding, rocSentence, shippedSentence } from "./words.js";

const CHARTS = {
  bounds: { ChartClass: BoundsChart, walkOf: boundsWalk, csvOf: ({ rows }) => boundsCsv(rows) },
  roc: { ChartClass: RocChart, walkOf: rocWalk, csvOf: ({ rows, limits }) => rocCsv(rows, limits) },
};

export class ResultView {
  constructor() {
    const palette = readPalette();
    const say = (text) => setText(byId("walk-announcer"), text);
    this.figures = Object.fromEntries(Object.entries(CHARTS).map(([name, { ChartClass, walkOf, csvOf }]) => {
      const save = {
        png: (figure) => savePicture(figure, { document: this.shown.documents[0], stale: false }, ChartClass),
        csv: () => saveText(csvOf(this.shown), "text/csv", this.fileName(name, "csv")),
      };
      return [name, new Figure(name, { ChartClass, palette, walkOf, say, save })];
    }));
    byId("audit-json").addEventListener("click", () => this.saveJson());
  }

  recolour() {
    for (const { chart } of Object.values(this.figures)) chart.recolour(readPalette());
  }

  update(state) {
    const shown = shownAudits(state);
    byId("audit-result").hidden = byId("audit-words").hidden = !shown;
    if (!shown || this.isShown(shown)) return;
    const rows = rowsOf(shown.documents);
    this.shown = { ...shown, rows };
    this.showFigures(shown.documents[0], rows, shown);
    this.showWords(shown.documents[0], rows, shown, state.shipped);
  }

  isShown({ documents, limits }) {
    return documents[0] === this.shown?.documents[0] && limits === this.shown?.limits;
  }

  showFigures(document, rows, { limits }) {
    const common = { badge: provenanceOf(document), evidence: document.evidence, stale: false };
    const roc = rocModel(rows, limits);
    this.figures.bounds.show(boundsModel(rows), { ...common, title: findingOf(document), description: boundsSentence(rows), table: () => resultTable(rows) });
    this.figures.roc.show(roc, { ...common, title: rocFinding(document), description: rocSentence(roc.series), table: () => rocTable(roc) });
    byId("roc-key").replaceChildren(
      ...roc.series.map(({ name, role }) => element("li", { class: `key-${role}` }, name)),
      ...(roc.curve.length ? [element("li", { class: "key-curve" }, "no attack on this mechanism exceeds")] : []),
      ...(roc.pair.length ? [element("li", { class: "key-pair" }, "no attack exceeds at this (ε, δ)")] : []),
      element("li", { class: "key-guessing" }, "guessing"));
  }

  showWords(document, rows, { isShipped, documents, limits }, shipped) {
    byId("audit-source").hidden = !isShipped;
    setText(byId("audit-source"), isShipped ? shippedSentence(shipped.provenance) : "");
    byId("audit-statements").replaceChildren(...documents.map((one) => element("p", {}, one.audit.statement)));
    setText(byId("audit-failed"), `${FAILED} A bound from below is “at least”: the true ε may lie anywhere between ▶ and ◀.`);
    setText(byId("audit-chance"), chanceSentence(document));
    fillTable(byId("audit-facts"), resultTable(rows));
    byId("audit-limits").hidden = !limits?.trade_off;
  }

  saveJson() {
    const { documents } = this.shown;
    const text = documents.length === 1 ? runJson(documents[0]) : `${JSON.stringify(documents, null, 2)}\n`;
    saveText(text, "application/json", this.fileName("audit", "json"));
  }

  fileName(name, extension) {
    const [{ id, parameters }] = this.shown.documents;
    return ["dpsgd", name === "audit" ? name : `audit-${name}`, parameters.task, "measured", ...(id ? [id] : [])].join("-") + `.${extension}`;
  }
}
