/** The toy's sliders over round values, each with its value beside the label. */

import { byId, setText } from "../dom.js";
import * as format from "../format.js";
import { positionOf, stopsOf, valueAt } from "../scale.js";

/**
 * Bind the range `id` to a parameter {minimum, maximum, scale}; `chosen(value)` is called while it moves. Returns
 * `show(value)`, which moves the thumb to a value. `write` turns a value into what is read, for the eye and the ear.
 */
export function bindSlider(id, parameter, chosen, write = format.value) {
  const stops = stopsOf(parameter);
  const input = byId(id);
  Object.assign(input, { min: 0, max: stops.length - 1, step: 1 });

  function show(value) {
    input.value = Math.round(positionOf(stops, value));
    input.setAttribute("aria-valuetext", write(value));
    setText(byId(`${id}-value`), write(value));
  }

  input.addEventListener("input", () => {
    const value = valueAt(stops, Number(input.value));
    show(value);
    chosen(value);
  });
  return show;
}
