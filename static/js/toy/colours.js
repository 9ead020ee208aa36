/** The toy's colours: those of the charts, and the two classes' as numbers. */

import { readPalette } from "../charts/palette.js";

/** Return [r, g, b], 0..255, of a colour #rrggbb. */
export const numbersOf = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

/** Return {palette, classes} of the current theme. */
export function readColours() {
  const palette = readPalette();
  return { palette, classes: [numbersOf(palette.gradient), numbersOf(palette.after)] };
}

/** Call `changed()` whenever the theme changes, by the button or by the system. */
export function watchTheme(changed) {
  new MutationObserver(changed).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}
