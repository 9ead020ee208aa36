/** The dialogue, read aloud by the browser's own voice where it has one. */

import { byId, setText } from "../dom.js";

const PITCH = { Teacher: 0.9, Learner: 1.25 };

/** Return how a line is spoken: {text, pitch}, Greek letters by their names. */
export function spoken({ speaker, text }) {
  return { text: text.replaceAll("ε", "epsilon").replaceAll("δ", "delta").replaceAll("σ", "sigma"), pitch: PITCH[speaker] ?? 1 };
}

export class Dialogue {
  /** `voice` = {synthesis, Utterance} of the browser, or null without one. */
  constructor(voice) {
    byId("dialogue-tools").hidden = !voice;
    byId("dialogue-silent").hidden = Boolean(voice);
    if (!voice) return;
    Object.assign(this, { voice, lines: [...byId("dialogue-lines").children], turn: 0 });
    byId("dialogue-play").addEventListener("click", () => this.play());
    byId("dialogue-stop").addEventListener("click", () => this.stop());
    window.addEventListener("pagehide", () => voice.synthesis.cancel());
  }

  play() {
    this.stop();
    byId("dialogue-stop").disabled = false;
    setText(byId("dialogue-play"), "From the beginning");
    this.say(0, this.turn);
  }

  /** Say line after line; `turn` tells this reading from later ones. */
  say(index, turn) {
    if (turn !== this.turn) return;
    this.mark(this.lines[index] ?? null);
    if (!this.lines[index]) {
      this.stop();
      return;
    }
    const line = this.lines[index];
    const { text, pitch } = spoken({ speaker: line.dataset.speaker, text: line.querySelector(".said").textContent });
    const utterance = Object.assign(new this.voice.Utterance(text), { lang: "en", pitch });
    utterance.onend = () => this.say(index + 1, turn);
    utterance.onerror = () => turn === this.turn && this.stop();
    this.voice.synthesis.speak(utterance);
  }

  stop() {
    this.turn += 1;
    this.voice.synthesis.cancel();
    this.mark(null);
    byId("dialogue-stop").disabled = true;
    setText(byId("dialogue-play"), "Read aloud");
  }

  mark(line) {
    for (const other of this.lines) {
      if (other === line) other.setAttribute("aria-current", "true");
      else other.removeAttribute("aria-current");
    }
  }
}

/** Return the browser's voice, or null. */
export function browserVoice(scope = window) {
  const { speechSynthesis: synthesis, SpeechSynthesisUtterance: Utterance } = scope;
  return synthesis && Utterance ? { synthesis, Utterance } : null;
}
