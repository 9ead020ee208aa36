/** A sweep in words: what it costs, how far it is, and its results as a table. Pure. */

import * as format from "../format.js";
import { hasEnded, isActive } from "../run_states.js";

/** Return about how long so many seconds are, "about 40 s", "about 4 min". */
export function about(seconds) {
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${minutes} min` : `about ${(seconds / 3600).toFixed(1)} h`;
}

/** Return whether a sweep would take longer than this server allows. */
export const isTooLong = ({ seconds, limit_seconds: limit }) => seconds !== null && typeof limit === "number" && seconds > limit;

/** Return what measuring would cost, "Measure: 18 runs, about 4 min." */
export function costSentence(cost) {
  const { runs, seconds, source, limit_seconds: limit } = cost;
  const count = `Measure: ${runs} run${runs === 1 ? "" : "s"}`;
  if (seconds === null) return `${count}; how long they take here is not known yet.`;
  if (isTooLong(cost)) return `${count}, ${about(seconds)}: more than the ${about(limit)} that this server allows a sweep. Take fewer values, seeds or epochs.`;
  return `${count}, ${about(seconds)}${source === "estimated" ? " (estimated; nothing has been timed here yet)" : ""}.`;
}

/** Return how far a sweep is or how it ended, "7 of 18 done, about 2 min left". */
export function progressSentence(document, lost = false) {
  const { state, mode, runs, eta_seconds: eta, forgotten } = document;
  const count = (wanted) => runs.filter((run) => run.state === wanted).length;
  if (lost) return "The server does not answer; retrying. What was measured is kept.";
  if (mode === "simulation") return `Simulated: ${runs.length} runs. Nothing was trained.`;
  const done = `${runs.filter(hasEnded).length} of ${runs.length} done`;
  if (isActive(document)) {
    const left = typeof eta === "number" ? `, ${about(eta)} left` : "";
    return state === "queued" ? `Queued: ${done}${left}.` : `${done}${left}.`;
  }
  const failed = count("failed");
  if (forgotten) return "The server no longer knows this sweep; what it measured until then is kept here.";
  if (state === "failed") return "The sweep failed: no run of it could be finished.";
  if (state === "cancelled") return `Stopped: ${count("done")} of ${runs.length} runs were finished; what they measured is kept.`;
  return `Measured: ${count("done")} of ${runs.length} runs${failed ? `; ${failed} failed` : ""}.`;
}

/** Return the share of a sweep's runs that have ended, 0..1. */
export const shareDone = ({ runs }) => runs.filter(hasEnded).length / runs.length;

/** Return the results as a table: {caption, columns, rows} of text. */
export function resultsTable({ mode, points, seeds, parameters, pareto }, { label }) {
  const measured = mode === "real";
  const of = (accuracy, sd) => (typeof accuracy === "number" ? `${format.percent(accuracy)}${typeof sd === "number" ? ` ± ${(100 * sd).toFixed(1)}` : ""}` : "–");
  return {
    caption: `Test accuracy, mean ± SD over seeds ${seeds.join(", ")}; ${parameters.train_size ? `${format.count(parameters.train_size)} examples, ` : ""}δ ${format.value(parameters.delta)}. ★ no other value is better in both`,
    columns: [label, "ε of one run", ...(measured ? ["Measured", "Runs"] : []), "Simulated"],
    rows: points.map((point, index) => [
      `${format.value(point.value)}${pareto.includes(index) ? " ★" : ""}`, format.epsilon(point.epsilon),
      ...(measured ? [of(point.accuracy, point.accuracy_sd), `${point.runs} of ${seeds.length}`, of(point.simulated_accuracy, point.simulated_accuracy_sd)] : [of(point.accuracy, point.accuracy_sd)]),
    ]),
  };
}
