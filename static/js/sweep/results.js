/** What a sweep has come to so far: progress, table, statement, and what failed. */

import { element, fillTable, setText } from "../dom.js";
import { isActive } from "../run_states.js";
import { progressSentence, resultsTable, shareDone } from "./words.js";

export class SweepResults {
  constructor() {
    this.activity = element("p", { id: "sweep-activity", role: "status" });
    this.progress = element("progress", { max: 1, "aria-label": "Sweep", hidden: true });
    this.problem = element("p", { class: "message", id: "sweep-problem", role: "alert", "data-severity": "warning", hidden: true });
    this.table = element("div", { class: "table-scroll", id: "sweep-table", role: "region", "aria-label": "Results of the sweep", tabindex: 0, hidden: true });
    this.statement = element("p", { class: "meaning", id: "sweep-statement" });
    this.notices = element("ul", { class: "notices" });
    this.node = element("div", { class: "sweep-results" },
      this.problem, element("div", { class: "sweep-progress" }, this.activity, this.progress), this.table, this.statement, this.notices);
  }

  /** Show a sweep's document; `parameter` is the swept one's row of the table of parameters, `lost` whether the server is silent. */
  update(document, parameter, lost) {
    setText(this.activity, progressSentence(document, lost));
    this.progress.hidden = !isActive(document);
    this.progress.value = shareDone(document);
    this.table.hidden = false;
    fillTable(this.table, resultsTable(document, parameter));
    setText(this.statement, document.statement);
    const told = document.notices.filter(({ id }) => id !== "fixed-seed"); // the statement says it
    this.notices.replaceChildren(...told.map(({ severity, text }) => element("li", { "data-severity": severity }, text)));
  }

  /** Say whether the server is silent while there is no document yet. */
  showLost(lost) {
    setText(this.activity, lost ? "The server does not answer; retrying." : "");
  }

  /** Say what failed, or with null that nothing did. */
  refuse(text) {
    this.problem.hidden = !text;
    setText(this.problem, text ?? "");
  }
}
