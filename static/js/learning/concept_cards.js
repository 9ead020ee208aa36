/** The cards: predict, see both results computed, and only then read why. */

import { byId, element, fillTable, setText } from "../dom.js";
import * as format from "../format.js";
import { guaranteedEpsilon } from "../privacy/accountant.js";
import { mechanismOf } from "../privacy/mechanism.js";
import { requestBody, taskSettings } from "../settings.js";

/** Return the rows of a comparison: `results` [{name, epsilon, document}], a document null while the server has not answered. */
export function comparisonOf(results) {
  return {
    caption: "Both settings, computed now: ε exact, the rest SIMULATED",
    columns: ["", "ε", "Accuracy", "Clipped"],
    rows: results.map(({ name, epsilon, document }) => [
      name, format.epsilon(epsilon), format.percent(document?.final_metrics.accuracy), format.percent(document?.gradient_norms.clipped_fraction, 0),
    ]),
  };
}

export class ConceptCards {
  /** `ask` = {catalog(), simulate(body)} of the server; both may fail. */
  constructor(ask) {
    this.ask = ask;
    for (const card of document.querySelectorAll(".concept[data-answer]")) {
      card.querySelector(".reveal").hidden = true;
      card.addEventListener("change", ({ target }) => this.predict(card, target));
    }
  }

  predict(card, { value }) {
    const right = value === card.dataset.answer;
    const answer = card.querySelectorAll(".predict label")[card.dataset.answer].textContent.trim();
    setText(card.querySelector(".verdict"), right ? "As you predicted." : `It turns out otherwise: ${answer.charAt(0).toLowerCase()}${answer.slice(1)}.`);
    card.querySelector(".reveal").hidden = false;
    if (!card.dataset.seen) this.see(card);
  }

  async see(card) {
    card.dataset.seen = "true";
    const place = card.querySelector(".see");
    try {
      const standard = taskSettings(await this.ask.catalog(), "mnist");
      const worlds = [["Before", "before"], ["After", "after"]].map(([name, key]) => ({ name, settings: { ...standard, ...JSON.parse(card.dataset[key]) } }));
      const results = worlds.map(({ name, settings }) => ({ name, epsilon: guaranteedEpsilon(mechanismOf(settings)), document: null }));
      fillTable(place, comparisonOf(results));
      const documents = await Promise.all(worlds.map(({ settings }) => this.simulated(settings)));
      fillTable(place, comparisonOf(results.map((result, index) => ({ ...result, document: documents[index] }))));
    } catch (error) {
      place.replaceChildren(element("p", { class: "source" }, `The comparison waits for the server: ${error.message}`));
      delete card.dataset.seen;
    }
  }

  /** Return the simulated document, or null where this task has no simulation of the settings (other data, for one). */
  simulated(settings) {
    return this.ask.simulate(requestBody(settings, "simulation")).catch(() => null);
  }
}

/** Bind the cards to the page's server. */
export function bindCards(api) {
  let catalog = null;
  byId("cards");
  return new ConceptCards({ catalog: () => (catalog ??= api.getCatalog()), simulate: api.simulate });
}
