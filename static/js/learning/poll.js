/** The student poll: many noisy counts, with and without one person's yes. */

import { byId, setText } from "../dom.js";
import * as format from "../format.js";
import { createDice } from "../toy/dice.js";
import { published } from "./noisy_count.js";
import { drawn } from "./svg.js";

const YES = 12; // of the others
const TIMES = 2000;
const [FROM, TO] = [0, 25];
const [LEFT, RIGHT, BASE, HEIGHT] = [20, 620, 180, 160];
const TENTHS = 10; // the slider goes by tenths of a decade: ε = 10^(position/10)

export class Poll {
  constructor() {
    this.seed = 1;
    byId("poll-epsilon").addEventListener("input", () => this.show());
    byId("poll-again").addEventListener("click", () => {
      this.seed += 1;
      this.show();
    });
    this.show();
  }

  show() {
    const epsilon = Number((10 ** (Number(byId("poll-epsilon").value) / TENTHS)).toPrecision(2));
    const worlds = [YES, YES + 1].map((count, stream) =>
      published({ count, epsilon, times: TIMES, uniform: createDice(this.seed, stream).uniform }));
    setText(byId("poll-epsilon-value"), format.value(epsilon));
    byId("poll-epsilon").setAttribute("aria-valuetext", `ε ${format.value(epsilon)}`);
    byId("poll-drawing").replaceChildren(...bars(worlds));
    setText(byId("poll-text"), this.sentence(epsilon, worlds));
  }

  sentence(epsilon, [without, within]) {
    const [off, off2] = [without.get(YES) ?? 0, within.get(YES + 1) ?? 0];
    return `${YES} others said yes. ${format.percent((off + off2) / 2, 0)} of the published counts were exactly right; the noise moves a count by ` +
      `${format.value(Number((1 / epsilon).toPrecision(2)))} on average. Whatever count is published, it is at most ${format.value(Number(Math.exp(epsilon).toPrecision(3)))} times as likely ` +
      "in one of the two worlds as in the other.";
  }
}

function bars([without, within]) {
  const width = (RIGHT - LEFT) / (TO - FROM + 1);
  const tallest = Math.max(...without.values(), ...within.values());
  const bar = (share, count, kind, shift) => drawn("rect", {
    class: kind, x: LEFT + (count - FROM) * width + shift, y: BASE - (share / tallest) * HEIGHT, width: width / 2 - 1.5, height: (share / tallest) * HEIGHT,
  });
  const shown = Array.from({ length: TO - FROM + 1 }, (_, index) => FROM + index);
  const labels = shown.filter((count) => count % 5 === 0 || count === YES || count === YES + 1).map((count) =>
    drawn("text", { x: LEFT + (count - FROM + 0.5) * width, y: BASE + 18, "text-anchor": "middle" }, String(count)));
  return [
    drawn("line", { class: "axis", x1: LEFT, x2: RIGHT, y1: BASE, y2: BASE }),
    ...shown.map((count) => bar(without.get(count) ?? 0, count, "without", 1)),
    ...shown.map((count) => bar(within.get(count) ?? 0, count, "within", width / 2)),
    ...labels,
    drawn("text", { x: (LEFT + RIGHT) / 2, y: BASE + 36, "text-anchor": "middle" }, "published count"),
  ];
}
