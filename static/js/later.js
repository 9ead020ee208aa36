/**
 * What a first paint does not need, as one file that main.js and its views import when it is wanted, and in any case at the
 * first sign that somebody uses the page (near.js): before anything can be pressed, and before the network can be missed.
 */

export { pictureOf } from "./charts/picture.js";
export { createFollower } from "./follow.js";
export { openStream } from "./stream.js";
export { SweepPanel } from "./sweep/panel.js";
export { tablesOf } from "./tables.js";
export { WALKS } from "./walks.js";
