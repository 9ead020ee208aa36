/** ε made visible: two curves, what may be believed, and the worst procedure that δ allows. */

import { guessBound, posteriorBound } from "../attack_bounds.js";
import { byId, setText } from "../dom.js";
import * as format from "../format.js";
import { drawn, pathOf } from "./svg.js";

const TENTHS = 10; // sliders of ε go by tenths of a decade
const [LEFT, RIGHT, BASE, HEIGHT] = [20, 620, 190, 160];
const SPAN = 6; // of the drawing, in multiples of one person's effect
const POINTS = 241;

/** Return the ε at a slider's position, 10^(position/10), with two digits. */
export const epsilonAt = (position) => Number((10 ** (position / TENTHS)).toPrecision(2));

export class Bells {
  constructor() {
    for (const id of ["bells-epsilon", "bells-prior"]) byId(id).addEventListener("input", () => this.show());
    this.show();
  }

  show() {
    const epsilon = epsilonAt(Number(byId("bells-epsilon").value));
    const prior = Number(byId("bells-prior").value) / 100;
    setText(byId("bells-epsilon-value"), format.value(epsilon));
    setText(byId("bells-prior-value"), format.percent(prior, 0));
    byId("bells-epsilon").setAttribute("aria-valuetext", `ε ${format.value(epsilon)}`);
    byId("bells-prior").setAttribute("aria-valuetext", format.percent(prior, 0));
    byId("bells-drawing").replaceChildren(...curves(epsilon));
    setText(byId("bells-text"),
      `Nowhere is one curve more than ${format.value(Number(Math.exp(epsilon).toPrecision(3)))} times as high as the other. Who found it ${format.percent(prior, 0)} likely that you took part ` +
      `may find it at most ${format.percent(posteriorBound({ epsilon, prior }))} likely afterwards, and guesses right at most ` +
      `${format.percent(guessBound({ epsilon, delta: 0 }))} of the time if it had been a coin's toss.`);
  }
}

function curves(epsilon) {
  const density = (x, centre) => Math.exp(-Math.abs(x - centre) * epsilon);
  const line = (centre, kind) => drawn("path", {
    class: kind,
    d: pathOf(Array.from({ length: POINTS }, (_, index) => {
      const x = (index / (POINTS - 1) - 0.5) * SPAN * 2;
      return [LEFT + ((x + SPAN) / (2 * SPAN)) * (RIGHT - LEFT), BASE - density(x, centre) * HEIGHT];
    })),
  });
  const label = (x, anchor, text) => drawn("text", { x, y: BASE + 20, "text-anchor": anchor }, text);
  return [
    drawn("line", { class: "axis", x1: LEFT, x2: RIGHT, y1: BASE, y2: BASE }), line(-0.5, "curve-without"), line(0.5, "curve-within"),
    label((LEFT + RIGHT) / 2 - 30, "end", "without you"), label((LEFT + RIGHT) / 2 + 30, "start", "with you"),
  ];
}

/** Return the words on a procedure that publishes each of `people` records with probability δ. */
export function lotteryWords({ delta, people }) {
  const some = -Math.expm1(people * Math.log1p(-delta));
  const verdict = delta * people >= 1 ? "δ is not below one over their number: far too large." : "";
  const mean = format.value(Number((delta * people).toPrecision(2)));
  return `Of ${format.count(people)} people, ${mean} are given away on average; with probability ${format.percent(some, some < 0.01 ? 3 : 1)} at least one is. ${verdict}`.trim();
}

export class Lottery {
  constructor() {
    for (const id of ["lottery-delta", "lottery-people"]) byId(id).addEventListener("input", () => this.show());
    this.show();
  }

  show() {
    const delta = Number(`1e${byId("lottery-delta").value}`);
    const people = 10 ** Number(byId("lottery-people").value);
    setText(byId("lottery-delta-value"), format.value(delta));
    setText(byId("lottery-people-value"), format.count(people));
    byId("lottery-delta").setAttribute("aria-valuetext", `δ ${format.value(delta)}`);
    byId("lottery-people").setAttribute("aria-valuetext", `${format.count(people)} people`);
    setText(byId("lottery-text"), lotteryWords({ delta, people }));
  }
}
