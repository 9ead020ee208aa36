/** A chart as a PNG that can stand alone: title, settings, where it comes from, on an opaque ground. */

import { FONT } from "./font.js";

const WIDTH = 960;
const HEIGHT = 600;
const HEADER = 86;
const FOOTER = 26;
const MARGIN = 24;
const SCALE = 2; // pixels of the picture to one of the layout
const FAMILY = FONT.family;

/**
 * Return a promise of the picture as a Blob. `ChartClass` is drawn anew from `model`, larger than on the page and with a
 * key; `words` are {title, settings, provenance, source}, `measured` says how the badge is drawn.
 */
export function pictureOf({ ChartClass, model, palette, words, measured }) {
  const picture = sized(WIDTH, HEIGHT);
  const context = picture.getContext("2d");
  context.scale(SCALE, SCALE);
  context.fillStyle = palette.card;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  writeHeader(context, { palette, words, measured });
  const plot = plotOf({ ChartClass, model, palette });
  context.drawImage(plot, MARGIN, HEADER, WIDTH - 2 * MARGIN, HEIGHT - HEADER - FOOTER);
  return new Promise((resolve) => picture.toBlob(resolve, "image/png"));
}

function writeHeader(context, { palette, words, measured }) {
  context.textBaseline = "alphabetic";
  const room = WIDTH - 2 * MARGIN;
  const write = (text, y, font, colour) => {
    Object.assign(context, { font: `${font} ${FAMILY}`, fillStyle: colour });
    context.fillText(text, MARGIN, y, room);
  };
  write(words.title, 34, "650 21px", palette.ink);
  write(words.settings, 56, "13px", palette.muted);
  write(words.source, HEIGHT - 9, "11px", palette.muted);
  writeBadge(context, { text: words.provenance, palette, measured });
}

function writeBadge(context, { text, palette, measured }) {
  context.font = `700 11px ${FAMILY}`;
  const width = context.measureText(text).width + 14;
  context.save();
  Object.assign(context, { strokeStyle: palette.ink, fillStyle: palette.ink, lineWidth: 1.5 });
  if (!measured) context.setLineDash([4, 3]);
  context.beginPath();
  context.roundRect(MARGIN, 64, width, 18, 4);
  if (measured) context.fill();
  context.stroke();
  context.restore();
  context.fillStyle = measured ? palette.card : palette.ink;
  context.fillText(text, MARGIN + 7, 77);
}

/** Return a canvas on which the chart has been drawn once, with Chart.js's own key. */
function plotOf({ ChartClass, model, palette }) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: WIDTH - 2 * MARGIN, height: HEIGHT - HEADER - FOOTER });
  const chart = new ChartClass(canvas, palette, { adapt: (options) => printed(options, palette) });
  chart.draw(model);
  const copy = document.createElement("canvas"); // destroying a chart clears its canvas
  Object.assign(copy, { width: canvas.width, height: canvas.height });
  copy.getContext("2d").drawImage(canvas, 0, 0);
  chart.destroy();
  return copy;
}

function printed(options, palette) {
  const labels = {
    color: palette.ink, font: FONT, usePointStyle: true, pointStyleWidth: 26, boxHeight: 7,
    filter: ({ datasetIndex }, { datasets }) => datasets[datasetIndex].data.length > 0,
    generateLabels: (chart) => keyOf(chart),
  };
  const legend = { display: true, position: "top", align: "start", labels, onClick: null };
  return { ...options, responsive: false, devicePixelRatio: SCALE, events: [], plugins: { ...options.plugins, legend, tooltip: { enabled: false } } };
}

/** Return the key's entries: a line as a line with its dashes, a bar or an area as a box. */
function keyOf({ data: { datasets }, config: { type }, legend }) {
  return datasets.map((dataset, datasetIndex) => ({
    datasetIndex, text: dataset.label, fontColor: legend.options.labels.color, hidden: false,
    pointStyle: type === "bar" || dataset.fill ? "rect" : "line",
    strokeStyle: dataset.borderColor ?? dataset.backgroundColor, fillStyle: dataset.backgroundColor,
    lineWidth: dataset.borderWidth ?? 1, lineDash: dataset.borderDash ?? [],
  }));
}

function sized(width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: width * SCALE, height: height * SCALE });
  return canvas;
}
