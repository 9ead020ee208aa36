/** A figure's files: the chart as a picture, its numbers as CSV, both with where they come from. */

import { readPalette } from "../charts/palette.js";
import { pictureOf } from "../charts/picture.js";
import { csvOf } from "../chart_csv.js";
import { saveBlob, saveText } from "../export/save.js";
import { provenanceOf, settingsOf } from "../provenance.js";

/** Save what the figure shows as a PNG. */
export async function savePicture({ name, model, words }, { document, stale }, ChartClass) {
  const blob = await pictureOf({
    ChartClass, model, palette: readPalette(), measured: document.evidence === "measured",
    words: {
      title: words.title, settings: settingsOf(document), provenance: provenanceOf(document),
      source: `DP-SGD Playground${document.id ? ` · run ${document.id}` : ""}${stale ? " · settings have changed since this run" : ""}`,
    },
  });
  saveBlob(blob, fileName(name, document, "png"));
}

/** Save the figure's numbers as CSV. */
export function saveTable({ name }, { document, pins, tight, gradients }) {
  const runs = [{ label: "shown", run: document }, ...pins.map(({ number, name: label, run }) => ({ label: `pinned ${number}: ${label}`, run }))];
  saveText(csvOf(name, runs, { ...gradients, tight }), "text/csv", fileName(name, document, "csv"));
}

function fileName(name, { evidence, parameters: { seed } }, extension) {
  return `dpsgd-${name}-${evidence}${typeof seed === "number" ? `-seed-${seed}` : ""}.${extension}`;
}
