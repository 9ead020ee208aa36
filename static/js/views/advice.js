/** Assessment, recommendations with Apply, and the notices of a document. */

import { byId, element, setText } from "../dom.js";
import * as format from "../format.js";
import { isActive } from "../run_states.js";
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
    if (document === this.shown) return;
    this.shown = document;
    this.updateAssessment(document.assessment);
    this.updateRecommendations(document);
    this.updateNotices(document.notices ?? []);
  }

  updateAssessment(assessment) {
    setText(byId("assessment"), assessment?.summary ?? "");
    byId("assessment").dataset.level = assessment?.level ?? "";
  }

  updateRecommendations(document) {
    const cards = (document.recommendations ?? []).map((recommendation) => this.card(recommendation));
    const none = element("li", { class: "quiet" }, noAdvice(document));
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

  updateNotices(notices) {
    byId("notices").replaceChildren(...notices.map(({ severity, text }) =>
      element("li", { "data-severity": severity }, text)));
  }
}

/** Return why there is no recommendation: none is needed, or there is nothing yet to go by. */
function noAdvice(document) {
  const { epochs, evidence } = document;
  if (epochs.length) return "Nothing to recommend for these settings.";
  if (evidence === "planned") return "Advice comes with a result: train for real.";
  return isActive(document) ? "Advice comes with the first epoch." : "There is no result to go by.";
}
