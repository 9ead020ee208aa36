/** The messages over the tiles: what failed, what is stale, what is badly wrong, and what a button has just changed. */

import { byId, setText } from "../dom.js";
import { quotedOf } from "../forecast.js";
import { lossOf } from "../progress_words.js";
import { headlineOf } from "../result_words.js";
import { changesBetween } from "../settings.js";
import { isStale, shownDocument } from "../state.js";
import { troubleOf } from "../trouble.js";

export class Messages {
  /** `actions` = {run, undo, keep, apply({title, apply})}. */
  constructor(actions) {
    byId("run-again").addEventListener("click", () => actions.run());
    byId("trouble-apply").addEventListener("click", () => {
      actions.apply({ title: this.trouble.label, apply: this.trouble.change });
      byId("undo").focus({ preventScroll: true }); // the pressed button may go away and would take the focus along
    });
    for (const name of ["undo", "keep"]) {
      byId(name).addEventListener("click", () => {
        actions[name]();
        byId("optimal").focus({ preventScroll: true });
      });
    }
  }

  update(state) {
    byId("stale").hidden = !isStale(state);
    show("lost", lossOf(state) ?? "");
    show("problem", [state.problem, state.notice].filter(Boolean).join(" "));
    this.updateTrouble(state);
    this.updateApplied(state);
  }

  updateTrouble(state) {
    const document = shownDocument(state);
    const epsilon = document ? headlineOf(quotedOf(state, document)).epsilon : null;
    this.trouble = document && !isStale(state) ? troubleOf(state, document, epsilon) : null;
    byId("trouble").hidden = !this.trouble;
    setText(byId("trouble-text"), this.trouble?.text ?? "");
    byId("trouble-apply").hidden = !this.trouble?.change;
    byId("trouble-apply").setAttribute("aria-label", `Apply: ${this.trouble?.label}`);
  }

  updateApplied({ applied, settings }) {
    byId("applied").hidden = !applied;
    if (!applied) return;
    setText(byId("applied-label"), applied.label);
    const untouched = changesBetween(applied.after, settings).length === 0;
    setText(byId("applied-result"), (untouched && applied.result) || "");
    setText(byId("applied-reason"), (untouched && applied.reason) || "");
  }
}

function show(id, text) {
  byId(id).hidden = !text;
  setText(byId(id), text);
}
