/**
 * What a first paint does not need, as one file that main.js and its views import when it is wanted, and in any case at the
 * first sign that somebody uses the page (near.js): before anything can be pressed, and before the network can be missed.
 */

import { cancelRun, eventsPath, getRun, startRun } from "./api.js";

export { createFollower } from "./follow.js";
export { openStream } from "./stream.js";
export * as sweepApi from "./sweep/api.js";
export { SweepPanel } from "./sweep/panel.js";
export { tablesOf } from "./tables.js";

/** What a follower asks the server; named one by one, for the rest of api.js is other pages'. */
export const runApi = { cancelRun, eventsPath, getRun, startRun };
