/** The guarantee in words: the statement, what no attack can do, the accountants beside each other, and how batches are drawn. */

import { accountantRows, accountantsSentence, samplingSentence } from "../accountants.js";
import { attackTable } from "../attack_rows.js";
import { baselineSentence } from "../baseline_words.js";
import { byId, element, setText } from "../dom.js";
import { quotedOf } from "../forecast.js";
import * as format from "../format.js";
import { interpret } from "../privacy/interpretation.js";
import { chargedOf } from "../result_words.js";
import { shownDocument } from "../state.js";

export class Guarantee {
  constructor() {
    this.quoted = null;
  }

  update(state) {
    const document = shownDocument(state);
    if (!document) return;
    setText(byId("baseline-statement"), baselineSentence(document));
    const quoted = quotedOf(state, document);
    if (quoted === this.quoted) return;
    this.quoted = quoted;
    this.updateFigures(quoted);
    this.updateStatement(quoted.privacy);
  }

  /** The sentence and the figures change at once; the statement and the warnings are the server's and follow. */
  updateStatement({ statement, warnings }) {
    byId("statement").classList.toggle("awaited", statement === null);
    if (statement === null) return;
    setText(byId("statement"), statement);
    byId("privacy-warnings").replaceChildren(...warnings.map((text) => element("li", {}, text)));
  }

  updateFigures(quoted) {
    const { privacy, parameters, evidence, privacyIsWhole } = quoted;
    const pending = evidence !== "measured" && !privacyIsWhole && privacy.epsilon_pld === null;
    const bounds = wholeBounds(quoted);
    setText(byId("interpretation"), bounds?.sentence ?? "");
    byId("accountants").replaceChildren(...accountantRows({ privacy, pending }).map(accountantRow));
    setText(byId("accountants-difference"), accountantsSentence(privacy));
    setText(byId("sampling-caveat"), samplingSentence(parameters, privacy.valid));
    showAttacks(quoted, bounds);
  }
}

function accountantRow({ name, epsilon, share, note, role }) {
  const bar = element("span", { class: "accountant-bar", "aria-hidden": "true" }, share > 0 ? element("span", {}) : null);
  bar.style.setProperty("--share", share);
  return element("tr", { "data-role": role },
    element("th", { scope: "row" }, name), element("td", {}, epsilon === undefined ? "–" : `ε ${format.epsilon(epsilon)}`),
    element("td", {}, bar, note));
}

/** Return the bounds on attacks of all that is planned, or spent; those of a retried run are for all of its attempts, of which ε and δ alone are known. */
function wholeBounds(quoted) {
  const charged = chargedOf(quoted);
  return charged === null ? quoted.privacy.interpretation : interpret({ epsilon: charged, delta: quoted.parameters.delta });
}

function showAttacks(quoted, bounds) {
  const { privacy, parameters: { delta } } = quoted;
  const epsilon = chargedOf(quoted) ?? privacy.epsilon;
  const { columns, rows } = attackTable({ epsilon, delta, bounds });
  byId("attacks-head").replaceChildren(element("tr", {}, ...columns.map((text) => element("th", { scope: "col" }, text))));
  byId("attacks").replaceChildren(...rows.map(([label, ...cells]) =>
    element("tr", {}, element("th", { scope: "row" }, label), ...cells.map((text) => element("td", {}, text)))));
}
