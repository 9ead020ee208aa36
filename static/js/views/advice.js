/** Assessment, recommendations with Apply, the privacy statement and the notices of a document. */

import { byId, element, setText } from "../dom.js";
import { quotedOf } from "../forecast.js";
import * as format from "../format.js";
import { shownDocument } from "../state.js";

export class Advice {
  /** `apply(recommendation)` is called by an Apply button. */
  constructor({ apply }) {
    this.apply = apply;
    this.shown = null;
  }

  update(state) {
    const document = shownDocument(state);
    if (!document) return;
    this.updateStatement(quotedOf(state, document));
    if (document === this.shown) return;
    this.shown = document;
    this.updateAssessment(document.assessment);
    this.updateRecommendations(document.recommendations ?? []);
    this.updateNotices(document.notices ?? []);
  }

  updateAssessment(assessment) {
    setText(byId("assessment"), assessment?.summary ?? "");
    byId("assessment").dataset.level = assessment?.level ?? "";
  }

  updateRecommendations(recommendations) {
    const cards = recommendations.map((recommendation) => this.card(recommendation));
    const none = element("li", { class: "quiet" }, "Nothing to recommend for these settings.");
    byId("recommendations").replaceChildren(...(cards.length ? cards : [none]));
  }

  card(recommendation) {
    const { severity, title, detail, apply, predicted } = recommendation;
    const card = element("li", { class: "recommendation", "data-severity": severity },
      element("h3", {}, title), element("p", {}, detail), this.prediction(predicted));
    if (apply && Object.keys(apply).length) {
      const button = element("button", { type: "button", class: "secondary", "aria-label": `Apply: ${title}` }, "Apply");
      button.addEventListener("click", () => this.apply(recommendation));
      card.append(button);
    }
    return card;
  }

  prediction(predicted) {
    if (!predicted) return null;
    const parts = [];
    if (predicted.epsilon !== undefined) parts.push(`ε ${format.epsilon(predicted.epsilon)} (exact)`);
    if (typeof predicted.accuracy === "number") {
      parts.push(`accuracy ${format.percent(predicted.accuracy)} (${predicted.evidence ?? "simulated"})`);
    }
    return parts.length ? element("p", { class: "prediction" }, `Then: ${parts.join(", ")}`) : null;
  }

  /** The sentence and the figures change at once; the statement and the warnings are the server's and follow. */
  updateStatement(quoted) {
    if (quoted === this.quoted) return;
    this.quoted = quoted;
    const { privacy, evidence, privacyIsWhole } = quoted;
    setText(byId("interpretation"), privacy.interpretation?.sentence ?? "");
    const rows = accountants(privacy, evidence !== "measured" && !privacyIsWhole).map(([name, value, note]) =>
      element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value), element("td", {}, note)));
    byId("accountants").replaceChildren(...rows);
    byId("statement").classList.toggle("awaited", privacy.statement === null);
    if (privacy.statement === null) return;
    setText(byId("statement"), privacy.statement);
    byId("privacy-warnings").replaceChildren(...privacy.warnings.map((text) => element("li", {}, textOf(text))));
  }

  updateNotices(notices) {
    byId("notices").replaceChildren(...notices.map(({ severity, text }) =>
      element("li", { "data-severity": severity }, text)));
  }
}

function accountants(privacy, pending) {
  if (privacy.valid === false) return shuffledAccountants(privacy);
  const missing = pending ? ["computing…", ""] : ["none", privacy.epsilon_pld_reason ?? ""];
  return [
    ["RDP", `ε ${format.epsilon(privacy.epsilon_rdp)}`, "the headline: a valid upper bound"],
    ["PLD", ...(privacy.epsilon_pld === null
      ? missing : [`ε ${format.epsilon(privacy.epsilon_pld)}`, "a valid upper bound, the tightest known"])],
    ["GDP", `ε ${format.epsilon(privacy.epsilon_gdp)}`, "an approximation that under-reports; never the claim"],
  ];
}

/** Return the rows for shuffled batches: only the worst case holds; the accountants of Poisson sampling do not apply. */
function shuffledAccountants(privacy) {
  const note = "for Poisson sampling only; not valid for this run";
  const poisson = [["RDP", privacy.epsilon_rdp], ["PLD", privacy.epsilon_pld], ["GDP", privacy.epsilon_gdp]];
  return [
    ["Worst case", `ε ${format.epsilon(privacy.epsilon)}`, "the headline: it holds for shuffled batches"],
    ...poisson.filter(([, value]) => value !== null).map(([name, value]) => [name, `ε ${format.epsilon(value)}`, note]),
  ];
}

function textOf(warning) {
  return typeof warning === "string" ? warning : warning.text ?? warning.message ?? "";
}
