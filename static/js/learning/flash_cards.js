/** The flash cards: one at a time, turned by Space, remembered on this device only. */

import { byId, setText } from "../dom.js";
import { forget, recalled, remember } from "../kept.js";
import { freshProgress, marked, readProgress, STORAGE_KEY, writtenProgress } from "./flash_progress.js";

export class FlashCards {
  constructor() {
    this.cards = new Map([...byId("flash-list").children].map((node) => [node.dataset.name, {
      front: node.querySelector("dt").textContent.trim(), back: textOf(node.querySelector("dd")), cite: node.querySelector("dd .cite"),
    }]));
    this.names = [...this.cards.keys()];
    this.progress = readProgress(recalled(STORAGE_KEY), this.names);
    this.turned = false;
    byId("flash-face").addEventListener("click", () => this.turn());
    byId("flash-knew").addEventListener("click", () => this.mark(true));
    byId("flash-again").addEventListener("click", () => this.mark(false));
    byId("flash-clear").addEventListener("click", () => this.clear());
    byId("flash").addEventListener("keydown", (event) => this.key(event));
    byId("flash-list").hidden = true;
    byId("flash").hidden = false;
    this.show();
  }

  turn() {
    this.turned = !this.turned;
    this.show();
  }

  /** Arrow keys answer; Space and Enter turn the card, which is a button. */
  key({ key }) {
    if (key === "ArrowRight") this.mark(true);
    if (key === "ArrowLeft") this.mark(false);
  }

  mark(knew) {
    const [name] = this.progress.order;
    if (!name) return;
    this.progress = marked(this.progress, name, knew);
    this.turned = false;
    remember(STORAGE_KEY, writtenProgress(this.progress));
    byId("flash-face").focus({ preventScroll: true });
    this.show();
  }

  clear() {
    this.progress = freshProgress(this.names);
    this.turned = false;
    forget(STORAGE_KEY);
    this.show();
  }

  show() {
    const { known, order } = this.progress;
    const card = this.cards.get(order[0]);
    setText(byId("flash-count"), `${known.length} of ${this.names.length} known`);
    setText(byId("flash-side"), !card ? "" : this.turned ? "Answer" : "Question");
    setText(byId("flash-text"), !card ? "All known. Clear the progress to start again." : this.turned ? card.back : card.front);
    setText(byId("flash-cite"), card && this.turned && card.cite ? `Source: ${card.cite.textContent}` : "");
    byId("flash-face").disabled = !card;
    for (const id of ["flash-knew", "flash-again"]) byId(id).disabled = !card;
  }
}

/** Return an answer's text without the name of its source. */
const textOf = (node) => (node.querySelector(".sentence") ?? node).textContent.trim();
