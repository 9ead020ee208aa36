/** The training without privacy beside the private one: what it reached, and what is (not) promised of it. Pure. */

import * as format from "./format.js";

/** Return the baseline's final metric `name` as a tile writes it by `write`, "98.4 % without privacy"; "" where there is none yet. */
export function baselineNote({ baseline }, name, write) {
  const value = baseline?.final_metrics?.[name];
  return typeof value === "number" ? `${write(value)} without privacy` : "";
}

/** Return what the baseline costs before it is asked for; `seconds` is what it adds to a real training, or null. */
export function baselineCost(mode, seconds) {
  if (mode === "simulation") return "";
  return seconds === null ? "up to 2× time" : `+${format.roughly(seconds)}`;
}

/** Return where a baseline is switched on, for a result that has none; "" for one that has, or has asked for it. */
export function baselineHint({ baseline, parameters, per_class_accuracy: classes }) {
  return baseline || parameters.baseline || !classes ? "" : "tick “Also without privacy” for the gap";
}

/** Return what the guarantee does not say of the baseline, or how to get one, as sentences. */
export function baselineSentence({ baseline, evidence, parameters }) {
  const accuracy = baseline?.final_metrics?.accuracy;
  if (typeof accuracy !== "number") return "";
  const started = evidence === "simulated" ? "stands for a training that starts" : "starts";
  const seed = evidence === "simulated" || parameters.seed === null || parameters.seed === undefined ? "" : ", from the same seed";
  const reached = `The curve “without privacy” (${format.percent(accuracy)} correct, ${evidence})`;
  const shared = `${started} from the same initial weights and takes the same batches${seed}, without clipping or noise.`;
  return `${reached} ${shared} Nothing is guaranteed of it: its ε is infinite, and it must not be released where the data are private.`;
}
