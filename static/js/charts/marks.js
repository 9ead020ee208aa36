/** Text and lines drawn over a chart's data. Positions are in pixels of the canvas. */

const FONT = "600 12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const LINE_HEIGHT = 14;

/** Write `text` at (x, y) with a halo in the ground's colour, moved so that it stays inside the plot. */
export function labelAt(chart, text, { x, y, colour, halo, align = "right" }) {
  const { ctx, chartArea } = chart;
  ctx.save();
  ctx.font = FONT;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  const width = ctx.measureText(text).width;
  const start = align === "right" ? x - width : align === "center" ? x - width / 2 : x;
  const left = Math.min(Math.max(start, chartArea.left + 3), chartArea.right - width - 3);
  const middle = Math.min(Math.max(y, chartArea.top + LINE_HEIGHT / 2), chartArea.bottom - LINE_HEIGHT / 2);
  Object.assign(ctx, { lineWidth: 4, lineJoin: "round", strokeStyle: halo, fillStyle: colour });
  ctx.strokeText(text, left, middle);
  ctx.fillText(text, left, middle);
  ctx.restore();
}

/** Return how many pixels wide labelAt writes `text`. */
export function labelWidth({ ctx }, text) {
  ctx.save();
  ctx.font = FONT;
  const { width } = ctx.measureText(text);
  ctx.restore();
  return width;
}

/** Draw a vertical line through the plot at pixel `x`. */
export function verticalLine(chart, { x, colour, dash = [] }) {
  const { ctx, chartArea } = chart;
  ctx.save();
  Object.assign(ctx, { strokeStyle: colour, lineWidth: 2 });
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(x, chartArea.top);
  ctx.lineTo(x, chartArea.bottom);
  ctx.stroke();
  ctx.restore();
}

/** Draw a triangle that stands on the upper edge of the plot: the data go on above it. */
export function edgeMark({ ctx }, { x, y, colour, size = 4 }) {
  ctx.save();
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.moveTo(x, y - size);
  ctx.lineTo(x + size, y + size);
  ctx.lineTo(x - size, y + size);
  ctx.fill();
  ctx.restore();
}

/** Draw an error bar: a vertical line with a foot at both ends; `foot` is half of its width, 0 for none. */
export function whisker({ ctx }, { x, top, bottom, colour, foot }) {
  ctx.save();
  Object.assign(ctx, { strokeStyle: colour, lineWidth: 1.5 });
  ctx.beginPath();
  for (const [from, to] of [[[x, top], [x, bottom]], [[x - foot, top], [x + foot, top]], [[x - foot, bottom], [x + foot, bottom]]]) {
    ctx.moveTo(...from);
    ctx.lineTo(...to);
  }
  ctx.stroke();
  ctx.restore();
}

/** Return a pattern of slanted lines of `colour` on `ground`: what is simulated. */
export function hatched(colour, ground) {
  const tile = document.createElement("canvas");
  Object.assign(tile, { width: 4, height: 4 });
  const context = tile.getContext("2d");
  context.fillStyle = ground;
  context.fillRect(0, 0, 4, 4);
  Object.assign(context, { strokeStyle: colour, lineWidth: 1.2 });
  context.beginPath();
  for (const start of [-4, 0, 4]) {
    context.moveTo(start, 4);
    context.lineTo(start + 4, 0);
  }
  context.stroke();
  return context.createPattern(tile, "repeat");
}
