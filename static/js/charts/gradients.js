/** The three views of the gradients on one canvas: one chart at a time. */

import { ClippingChart } from "./clipping.js";
import { ClippedChart, SignalChart } from "./gradient_lines.js";

const VIEWS = { norms: ClippingChart, clipped: ClippedChart, signal: SignalChart };

export class GradientsChart {
  constructor(canvas, palette, options = {}) {
    Object.assign(this, { canvas, palette, options });
    this.show("norms");
  }

  show(view) {
    if (view === this.view) return;
    this.current?.destroy();
    this.view = view;
    this.current = new VIEWS[view](this.canvas, this.palette, this.options);
  }

  /** Show `model`, whose `view` says how: "norms", "clipped" or "signal". */
  update(model) {
    this.show(model.view);
    this.current.update(model);
  }

  draw(model) {
    this.show(model.view);
    this.current.draw(model);
  }

  recolour(palette) {
    this.palette = palette;
    this.current.recolour(palette);
  }

  destroy() {
    this.current.destroy();
  }

  point(elements) {
    this.current.point(elements);
  }

  get model() {
    return this.current.model;
  }
}
