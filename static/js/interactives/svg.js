/** What the interactives' drawings share: their fit to the page, scales and texts. */

import { drawn } from "../learning/svg.js";

const NARROWEST = 240;

/**
 * Return the function that calls `draw(width)` with the drawing's own width, so that its texts keep their size on a phone;
 * it is called again whenever the width changes. The drawing's height stands in the page.
 */
export function fitted(drawing, draw) {
  const height = Number(drawing.getAttribute("height"));
  const redraw = () => {
    const width = Math.max(NARROWEST, Math.round(drawing.clientWidth));
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    draw(width);
  };
  new ResizeObserver(redraw).observe(drawing);
  return redraw;
}

/** Return the function that maps [low, high] linearly to [start, end]. */
export const linear = ([low, high], [start, end]) => (value) => start + ((value - low) / (high - low)) * (end - start);

/** Return a text of the drawing; `anchor` is start, middle or end. */
export const label = (x, y, words, anchor = "middle") => drawn("text", { x, y, "text-anchor": anchor }, words);
