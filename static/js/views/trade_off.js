/** The trade-off figure: the shipped sweep, own sweeps and runs, and what is published, of the shown data. */

import { readPalette } from "../charts/palette.js";
import { pictureOf } from "../charts/picture.js";
import { TradeOffChart } from "../charts/trade_off.js";
import { byId, element, setText } from "../dom.js";
import { saveBlob, saveText } from "../export/save.js";
import { settingsOf } from "../provenance.js";
import { shownDocument } from "../state.js";
import { tradeOffModel } from "../trade_off/model.js";
import { tradeOffCsv, tradeOffFinding, tradeOffTable, tradeOffWalk } from "../trade_off/words.js";
import { Figure } from "./figure.js";

export class TradeOff {
  /** `actions` = {apply({title, apply}), undo(), removeSweep(slot)}; `say(text)` announces a point. */
  constructor(actions, say) {
    Object.assign(this, { actions, inputs: null });
    this.figure = new Figure("trade-off", {
      ChartClass: TradeOffChart, palette: readPalette(), walkOf: tradeOffWalk, say,
      enter: ({ apply }) => apply && this.take(apply),
      save: { png: () => this.savePicture(), csv: () => saveText(tradeOffCsv(this.figure.model), "text/csv", "dpsgd-trade-off.csv") },
    });
    this.figure.extendKey();
    this.figure.pinKey.remove(); // pins are points here, each with its number
    const { canvas, chart } = this.figure;
    canvas.setAttribute("aria-describedby", "walk-hint trade-off-hint");
    canvas.addEventListener("click", (event) => this.takeAt(chart.takeable(event)));
    canvas.addEventListener("pointermove", (event) => { canvas.style.cursor = chart.model && chart.takeable(event) ? "pointer" : ""; });
    byId("trade-off-undo").addEventListener("click", () => {
      actions.undo();
      canvas.focus({ preventScroll: true }); // the pressed button goes away
    });
  }

  recolour() {
    this.figure.chart.recolour(readPalette());
  }

  takeAt(apply) {
    if (apply) this.take(apply);
  }

  take(apply) {
    this.taken = apply.title;
    this.actions.apply(apply);
  }

  update(state) {
    const document = shownDocument(state);
    if (!document) return;
    this.showTaken(state.applied);
    const { pins = [], shippedSweep: shipped, sweeps } = state;
    if (this.hasShown(document, pins, shipped, sweeps)) return;
    this.document = document;
    const model = tradeOffModel({ document, pins, shipped, sweeps });
    this.figure.show(model, { ...tradeOffFinding(model), stale: false, table: () => tradeOffTable(model) });
    this.showKey(model, sweeps);
  }

  hasShown(...inputs) {
    const same = this.inputs?.every((input, index) => input === inputs[index]) ?? false;
    this.inputs = inputs;
    return same;
  }

  /** Say here what was taken, too: the message at the top may be out of sight. */
  showTaken(applied) {
    const isTaken = Boolean(applied) && applied.label === this.taken;
    byId("trade-off-undo").hidden = !isTaken;
    setText(byId("trade-off-taken"), isTaken ? `Applied: ${applied.label}.` : "");
  }

  showKey({ layers }, sweeps) {
    const has = (...kinds) => layers.some(({ kind, evidence }) => kinds.includes(kind) || (kind === "run" && kinds.includes(evidence)));
    byId("key-measured").hidden = !has("measured");
    byId("key-simulated").hidden = !has("simulated");
    byId("key-published").hidden = !has("published");
    byId("key-front").hidden = !has("front");
    const drawn = sweeps.filter(({ slot }) => layers.some((layer) => layer.slot === slot));
    byId("sweep-key").replaceChildren(...drawn.map((sweep) => this.sweepEntry(sweep)));
  }

  sweepEntry({ slot, document: { parameter, values, seeds } }) {
    const label = `Sweep ${slot}: ${parameter.replaceAll("_", " ")}, ${values.length} values, ${seeds.length} seed${seeds.length === 1 ? "" : "s"}`;
    const remove = element("button", { type: "button", class: "link", "aria-label": `Remove ${label}` }, "Remove");
    remove.addEventListener("click", () => {
      this.actions.removeSweep(slot);
      this.figure.canvas.focus({ preventScroll: true });
    });
    return element("li", { "data-slot": slot }, `${label} `, remove);
  }

  async savePicture() {
    const { model, words } = this.figure;
    const blob = await pictureOf({
      ChartClass: TradeOffChart, model, palette: readPalette(), measured: words.evidence === "measured",
      words: {
        title: words.title, settings: `Shown run: ${settingsOf(this.document)}`, provenance: words.badge,
        source: "DP-SGD Playground · filled measured, hatched simulated, hollow diamonds published · bars: SD over seeds",
      },
    });
    saveBlob(blob, "dpsgd-trade-off.png");
  }
}
