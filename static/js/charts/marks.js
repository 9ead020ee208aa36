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
