/** Bring your own data: a file is read here, declared, and only then sent for one training. */

import * as api from "../api.js";
import { byId, element, onPress, setEnabled, setText } from "../dom.js";
import { openStream } from "../stream.js";
import { newKey, wait } from "../time_and_chance.js";
import { ColumnCard } from "./column_card.js";
import { NotCsv, parseCsv } from "./csv.js";
import { changed, faultsOf, filledFromFile, opened, requestOf } from "./declaration.js";
import { showActivity, showResult, showTaken } from "./result_view.js";
import { SAMPLE_KNOWN, SAMPLE_NAME } from "./sample.js";
import { createTraining } from "./training.js";
import { limitsSentence, refusalOf } from "./words.js";

/** The section's state: the file, its declaration, the trainings that it has had. */
class OwnData {
  constructor({ tables, real }) {
    this.rules = tables;
    this.file = null; // {name, text, table}
    this.columns = [];
    this.cards = [];
    this.spent = [];
    this.training = createTraining({ api, openStream, wait, newKey });
    setText(byId("own-limits"), limitsSentence(tables));
    const refused = !real.available ? `Training is not possible here: ${real.reason}` : tables.max_bytes === 0 && "This server takes no tables.";
    if (refused) {
      this.tell(refused);
      return;
    }
    this.listen();
    for (const name of ["own-file", "own-sample"]) byId(name).disabled = false;
  }

  listen() {
    byId("own-file").addEventListener("change", (event) => this.choose(event.target.files[0]));
    byId("own-sample").addEventListener("click", () => this.openSample());
    byId("own-fill").addEventListener("click", () => this.take(filledFromFile(this.columns, this.file.table)));
    byId("own-form").addEventListener("submit", (event) => {
      event.preventDefault();
      if (byId("own-train").getAttribute("aria-disabled") !== "true") this.train();
    });
    onPress(byId("own-stop"), () => this.training.stop());
  }

  async choose(file) {
    if (!file) return;
    if (file.size > this.rules.max_bytes) {
      this.tell(`The file is too large: ${limitsSentence(this.rules)}`);
      return;
    }
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
      this.open(file.name, text);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.tell("The file is not UTF-8 text. Save it as “CSV UTF-8” and choose it again.");
    }
  }

  async openSample() {
    this.open(SAMPLE_NAME, await api.getSampleTable(), SAMPLE_KNOWN);
  }

  open(name, text, known = {}) {
    try {
      const table = parseCsv(text);
      this.file = { name, text, table };
    } catch (error) {
      if (!(error instanceof NotCsv)) throw error;
      this.tell(error.message);
      return;
    }
    this.tell("");
    this.spent = [];
    byId("own-result").hidden = true;
    setText(byId("own-activity"), "");
    setText(byId("own-file-name"), `${name}: ${this.file.table.rows.length} rows, ${this.file.table.header.length} columns.`);
    this.columns = opened(this.file.table, known);
    this.cards = this.columns.map((column, place) => new ColumnCard(column, place, (...change) => this.take(changed(this.columns, ...change))));
    byId("own-columns").replaceChildren(...this.cards.map((card) => card.node));
    byId("own-form").hidden = byId("own-unsent").hidden = false;
    this.complain([]);
    byId("own-columns-title").focus();
  }

  take(columns, faults = []) {
    this.columns = columns;
    columns.forEach((column, place) => {
      this.cards[place].update(column, faults.find(({ name }) => name === column.name)?.fault ?? null);
    });
  }

  async train() {
    const faults = faultsOf(this.columns);
    this.take(this.columns, faults);
    this.complain(faults.map(({ name, fault }) => (name === null ? fault : `“${name}” ${fault}.`)));
    if (faults.length > 0) return;
    this.busy(true);
    try {
      await this.trained();
    } catch (error) {
      if (!(error instanceof api.ServerProblem || error instanceof api.ServerLost)) throw error;
      setText(byId("own-activity"), "");
      this.complain(refusalOf(error));
    } finally {
      this.busy(false);
    }
  }

  async trained() {
    setText(byId("own-activity"), "Sending the file");
    byId("own-unsent").hidden = true;
    byId("own-result").hidden = true;
    const table = requestOf(this.columns, { csv: this.file.text, empty: byId("own-empty").checked ? "leave_out" : "refuse" });
    const request = {
      target_epsilon: Number(byId("own-epsilon").value), epochs: Number(byId("own-epochs").value),
      model: byId("own-model").value, baseline: byId("own-baseline").checked,
    };
    const run = await this.training.train(table, request, (news) => (news.table ? showTaken(news.table) : showActivity(news.run)));
    if (run.progress.steps > 0) this.spent.push({ epsilon: run.epsilon_charged, delta: run.parameters.delta });
    showActivity(run);
    showResult(run, this.spent);
    if (run.error) this.complain([run.error.message]);
  }

  busy(isBusy) {
    setEnabled(byId("own-train"), !isBusy);
    setEnabled(byId("own-stop"), isBusy);
    if (!isBusy) byId("own-progress").hidden = true;
  }

  complain(sentences) {
    const box = byId("own-faults");
    box.hidden = sentences.length === 0;
    box.firstElementChild.replaceChildren(...sentences.map((sentence) => element("li", {}, sentence)));
    if (sentences.length > 0) box.focus();
  }

  tell(sentence) {
    byId("own-problem").hidden = sentence === "";
    setText(byId("own-problem"), sentence);
  }
}

/** Open the section; without the server it says what it waits for. */
export async function openOwnData() {
  try {
    return new OwnData(await api.getCatalog());
  } catch (error) {
    if (!(error instanceof api.ServerProblem || error instanceof api.ServerLost)) throw error;
    byId("own-problem").hidden = false;
    setText(byId("own-problem"), `This part waits for the server: ${error.message}`);
    return null;
  }
}
