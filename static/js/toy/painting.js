/** Drawing one map of the toy onto a canvas: shades, people, and the lines at which the decision turns. */

import { boundaryLines, NODES } from "./boundary.js";
import { REACH } from "./crowd.js";

const STRONGEST_SHADE = 110; // of 255, where the network is sure
const PERSON = 2.6; // radius in CSS pixels

/** Where each line's look is said once: `width` in CSS pixels, `dash` in them, `colour` a name of the palette. */
const LOOKS = {
  joined: { colour: "ink", width: 2.5, dash: [] },
  absent: { colour: "epsilon", width: 3, dash: [7, 5] },
  redrawn: { colour: "muted", width: 1, dash: [] },
};

/** Return a painter of one canvas; `paint` draws whole scenes, `resize` fits it to its box. */
export function createPainter(canvas, crowd) {
  const context = canvas.getContext("2d");
  const shade = new OffscreenCanvas(NODES, NODES);
  const shadeContext = shade.getContext("2d");
  const pixels = shadeContext.createImageData(NODES, NODES);

  function resize() {
    const side = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1));
    if (side > 0 && canvas.width !== side) [canvas.width, canvas.height] = [side, side];
  }

  /** `scene` is {joined, absent, redrawn: [grid…]}; `palette` as readPalette gives it, `classes` two [r, g, b]. */
  function paint({ joined, absent, redrawn }, { palette, classes }) {
    const scale = canvas.width / Math.max(1, canvas.clientWidth);
    context.clearRect(0, 0, canvas.width, canvas.height);
    shadeBy(joined, classes, pixels.data);
    shadeContext.putImageData(pixels, 0, 0);
    // Nodes stand at the corners of cells: half a node hangs over each edge.
    const overhang = canvas.width / (2 * (NODES - 1));
    context.drawImage(shade, -overhang, -overhang, canvas.width + 2 * overhang, canvas.height + 2 * overhang);
    drawPeople(context, crowd, { classes, scale });
    for (const grid of redrawn) drawLines(context, grid, { ...LOOKS.redrawn, palette, scale });
    drawLines(context, joined, { ...LOOKS.joined, palette, scale });
    drawLines(context, absent, { ...LOOKS.absent, palette, scale });
  }

  return { paint, resize };
}

function shadeBy(grid, classes, data) {
  for (let node = 0; node < grid.length; node += 1) {
    const [red, green, blue] = classes[grid[node] > 0 ? 1 : 0];
    const at = 4 * node;
    data[at] = red;
    data[at + 1] = green;
    data[at + 2] = blue;
    data[at + 3] = STRONGEST_SHADE * Math.abs(Math.tanh(grid[node] / 2));
  }
}

/** Class 0 are discs, class 1 squares: never told by colour alone. */
function drawPeople(context, crowd, { classes, scale }) {
  const side = context.canvas.width;
  const radius = PERSON * scale;
  for (const label of [0, 1]) {
    context.fillStyle = `rgb(${classes[label].join(" ")})`;
    context.beginPath();
    for (const person of crowd) {
      if (person.label !== label) continue;
      const [x, y] = [(side * (1 + person.x / REACH)) / 2, (side * (1 - person.y / REACH)) / 2];
      if (label === 1) context.rect(x - 0.85 * radius, y - 0.85 * radius, 1.7 * radius, 1.7 * radius);
      else {
        context.moveTo(x + radius, y);
        context.arc(x, y, radius, 0, 2 * Math.PI);
      }
    }
    context.fill();
  }
}

function drawLines(context, grid, { colour, width, dash, palette, scale }) {
  const side = context.canvas.width;
  context.strokeStyle = palette[colour];
  context.lineWidth = width * scale;
  context.setLineDash(dash.map((length) => length * scale));
  context.beginPath();
  for (const line of boundaryLines(grid)) {
    context.moveTo(side * line[0], side * line[1]);
    for (let at = 2; at < line.length; at += 2) context.lineTo(side * line[at], side * line[at + 1]);
  }
  context.stroke();
  context.setLineDash([]);
}
