/** The cards: predict, see both results computed, and only then read why. */

import { element, fillTable, setText } from "../dom.js";
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
  /** `catalog` is the promise of the server's table of parameters, `simulate(body)` asks for a simulation; both may fail. */
  constructor({ catalog, simulate }) {
    Object.assign(this, { catalog, simulate });
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
      const standard = taskSettings(await this.catalog, "mnist");
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
    return this.simulate(requestBody(settings, "simulation")).catch(() => null);
  }
}
