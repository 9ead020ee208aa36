/** The line at C as a slider over the gradient chart: dragged by pointer or moved by keys; letting go sets C. */

import { element } from "../dom.js";
import * as format from "../format.js";
import { positionOf, stopsOf, valueAt } from "../scale.js";

const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5, Home: -Infinity, End: Infinity };

export class NormHandle {
  /** `box` holds the canvas; `parameter` is C's row of the table; `tried(norm)` and `released(norm)` are told, null: as it was. */
  constructor(box, { parameter, tried, released }) {
    Object.assign(this, { box, parameter, tried, released, stops: stopsOf(parameter), norm: null, start: null });
    this.node = element("div", {
      class: "norm-handle", id: "norm-handle", role: "slider", tabindex: 0, hidden: true, "aria-orientation": "horizontal",
      "aria-label": "Clipping norm C, on the chart", "aria-valuemin": parameter.minimum, "aria-valuemax": parameter.maximum,
    });
    box.append(this.node);
    this.listen();
  }

  listen() {
    this.node.addEventListener("pointerdown", (event) => this.grab(event));
    this.node.addEventListener("pointermove", (event) => this.start !== null && this.node.hasPointerCapture(event.pointerId) && this.follow(event));
    this.node.addEventListener("pointerup", () => this.release());
    this.node.addEventListener("pointercancel", () => this.cancel());
    this.node.addEventListener("keydown", (event) => this.onKey(event));
    this.node.addEventListener("keyup", ({ key }) => key in STEPS && this.release());
    this.node.addEventListener("blur", () => this.release());
  }

  /** Stand on the line at `norm` of a drawn chart; `clipped` is the share in per cent that is or would be shortened. */
  place(chart, { norm, clipped, tried }) {
    const { x } = chart.scales;
    Object.assign(this, { scale: x });
    if (this.start === null) this.norm = norm;
    this.node.hidden = !norm;
    this.node.style.left = `${x.getPixelForValue(norm)}px`;
    this.node.style.top = `${chart.chartArea.top}px`;
    this.node.style.height = `${chart.chartArea.bottom - chart.chartArea.top}px`;
    this.node.setAttribute("aria-valuenow", String(norm));
    const share = clipped === null ? "" : `, ${tried ? "would clip about" : "clips"} ${clipped.toFixed(0)} %`;
    this.node.setAttribute("aria-valuetext", `C ${format.value(norm)}${share}`);
  }

  grab(event) {
    event.preventDefault(); // no text is selected while dragging
    this.node.focus({ preventScroll: true });
    this.node.setPointerCapture(event.pointerId);
    this.start ??= this.norm;
  }

  follow({ clientX }) {
    const pixel = clientX - this.box.getBoundingClientRect().left;
    this.try(valueAt(this.stops, positionOf(this.stops, this.scale.getValueForPixel(pixel))));
  }

  onKey(event) {
    if (event.key === "Escape") this.cancel();
    if (!(event.key in STEPS)) return;
    event.preventDefault(); // the page does not scroll
    this.start ??= this.norm;
    this.try(valueAt(this.stops, Math.round(positionOf(this.stops, this.norm)) + STEPS[event.key]));
  }

  try(norm) {
    if (norm === this.norm) return;
    this.norm = norm;
    this.tried(norm);
  }

  release() {
    if (this.start === null) return;
    const moved = this.norm !== this.start;
    this.start = null;
    this.released(moved ? this.norm : null);
  }

  cancel() {
    if (this.start === null) return;
    this.norm = this.start;
    this.start = null;
    this.released(null);
  }
}
