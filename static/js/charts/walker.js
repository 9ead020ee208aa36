/** Arrow keys on a focused chart: point by point, each shown and said. */

const MOVES = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5, Home: -Infinity, End: Infinity };

/**
 * Let arrow keys, Page keys, Home and End walk the points of `canvas`. `stops()` returns [{text, elements}] as they are now;
 * `point(elements)` shows one, `say(text)` announces it; Enter hands the stop to `enter`. Escape and leaving the chart end
 * the walk.
 */
export function bindWalker(canvas, { stops, point, say, enter = () => {} }) {
  let at = null;
  canvas.tabIndex = 0;
  const leave = () => {
    if (at !== null) point([]);
    at = null;
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
    const all = stops();
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && all[at]) enter(all[at]);
    if (!(event.key in MOVES) || !all.length) return;
    event.preventDefault(); // the page does not scroll
    at = nextStop(at, event.key, all.length);
    point(all[at].elements);
    say(`${all[at].text} ${at + 1} of ${all.length}.`);
  });
  canvas.addEventListener("blur", leave);
}

/** Return the index after a key: from nowhere (null) to the first, or to the last with End or a key back; never beyond the ends. */
export function nextStop(at, key, length) {
  const move = MOVES[key];
  if (at === null) return move === Infinity || (move < 0 && move !== -Infinity) ? length - 1 : 0;
  return Math.min(Math.max(at + move, 0), length - 1);
}
