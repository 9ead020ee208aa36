/** A figure's files: the chart as a picture, its numbers as CSV, both with where they come from. */

import { readPalette } from "../charts/palette.js";
import { pictureOf } from "../charts/picture.js";
import { csvOf } from "../chart_csv.js";
import { element } from "../dom.js";
import { provenanceOf, settingsOf } from "../provenance.js";

const LATER_MILLISECONDS = 10_000; // browsers read the file after the click has returned

/** Save what the figure shows as a PNG. */
export async function savePicture({ name, model, words }, { document, stale }, ChartClass) {
  const blob = await pictureOf({
    ChartClass, model, palette: readPalette(), measured: document.evidence === "measured",
    words: {
      title: words.title, settings: settingsOf(document), provenance: provenanceOf(document),
      source: `DP-SGD Playground${document.id ? ` · run ${document.id}` : ""}${stale ? " · settings have changed since this run" : ""}`,
    },
  });
  save(blob, fileName(name, document, "png"));
}

/** Save the figure's numbers as CSV. */
export function saveTable({ name }, { document, pins, tight, gradients }) {
  const runs = [{ label: "shown", run: document }, ...pins.map(({ number, name: label, run }) => ({ label: `pinned ${number}: ${label}`, run }))];
  save(new Blob([csvOf(name, runs, { ...gradients, tight })], { type: "text/csv;charset=utf-8" }), fileName(name, document, "csv"));
}

function fileName(name, { evidence, parameters: { seed } }, extension) {
  return `dpsgd-${name}-${evidence}${typeof seed === "number" ? `-seed-${seed}` : ""}.${extension}`;
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), LATER_MILLISECONDS);
}
