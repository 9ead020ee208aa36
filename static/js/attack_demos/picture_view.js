/** Small pictures in the page's own ink, and the file that they come from. */

import { getDigitsByClass } from "../api.js";
import { element } from "../dom.js";
import { drawn } from "../learning/svg.js";
import { decodePictures, SIDE } from "./pictures.js";

/** Return the drawing of a picture (64 numbers 0..1) that is read out as `name`. */
export function drawingOf(picture, name) {
  const squares = Array.from(picture, (ink, place) =>
    drawn("rect", { x: place % SIDE, y: Math.floor(place / SIDE), width: 1.02, height: 1.02, "fill-opacity": ink.toFixed(3) }));
  return drawn("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img", "aria-label": name }, ...squares);
}

/** Return a figure of drawings [picture, name] in a row, with a caption of lines below. */
export function figureOf(pictures, lines) {
  const drawings = pictures.map(([picture, name]) => drawingOf(picture, name));
  return element("figure", { class: "demo-figure" },
    element("div", { class: "demo-pictures" }, ...drawings),
    element("figcaption", {}, ...lines.map((line) => element("span", {}, line))));
}

let loading = null; // one request for all demonstrations

/** Return the shipped pictures by class; a failure is not kept, so that it can be tried again. */
export function loadPictures() {
  loading ??= getDigitsByClass().then(decodePictures).catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** Call `begin(pictures)` once they are there; else show `problem`, whose button tries again. */
export async function withPictures(problem, begin) {
  let pictures = null;
  try {
    pictures = await loadPictures();
  } catch {
    problem.hidden = false;
    problem.querySelector("button").onclick = () => withPictures(problem, begin);
    return;
  }
  problem.hidden = true;
  begin(pictures);
}
