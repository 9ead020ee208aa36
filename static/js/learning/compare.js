/** "How does my ε compare?": the person's own ε among the published ones. */

import { byId, setText } from "../dom.js";
import * as format from "../format.js";
import { levelOf } from "../privacy/interpretation.js";
import { epsilonAt } from "./bells.js";

const WORDS = { strong: "strong", good: "good", weak: "weak", little: "little formal protection" };

/** Return where `mine` stands among `published` numbers. */
export function standing(mine, published) {
  const below = published.filter((epsilon) => epsilon < mine).length;
  return `ε ${format.epsilon(mine)} is called ${WORDS[levelOf(mine)]} here. ${below} of the ${published.length} published figures below are smaller, ` +
    `${published.length - below} as large or larger; but each is about another unit, so this ranks numbers, not promises.`;
}

export class Comparison {
  /** `mine` is the ε of the settings that came along, or null. */
  constructor(mine) {
    this.rows = [...byId("deployments").querySelectorAll("tbody tr")];
    byId("compare-mine").hidden = false;
    const range = byId("compare-epsilon");
    if (mine) range.value = String(Math.round(10 * Math.log10(mine)));
    range.addEventListener("input", () => this.show(epsilonAt(Number(range.value))));
    this.show(mine ?? epsilonAt(Number(range.value)));
  }

  show(mine) {
    setText(byId("compare-epsilon-value"), format.epsilon(mine));
    byId("compare-epsilon").setAttribute("aria-valuetext", `ε ${format.epsilon(mine)}`);
    setText(byId("compare-text"), standing(mine, this.rows.map(({ dataset }) => Number(dataset.epsilon))));
    let marked = false;
    for (const row of this.rows) {
      const first = !marked && Number(row.dataset.epsilon) >= mine;
      row.classList.toggle("mine-above", first);
      marked ||= first;
    }
  }
}
