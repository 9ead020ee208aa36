/** The result of a training on one's own table, as it comes in. */

import { byId, element, fillTable, setText } from "../dom.js";
import * as format from "../format.js";
import { isActive } from "../run_states.js";
import { activityOf, resultOf, takenSentences, togetherSentence, verdictOf } from "./words.js";

/** Show how far the run is. */
export function showActivity(run) {
  setText(byId("own-activity"), activityOf(run));
  const { steps = 0, steps_total: total } = run.progress ?? {};
  byId("own-progress").hidden = !isActive(run);
  byId("own-progress").value = total ? steps / total : 0;
}

/** Show what became of the rows. */
export function showTaken(table) {
  byId("own-taken").replaceChildren(...takenSentences(table).map((sentence) => element("li", {}, sentence)));
}

/** Show the run that has ended; `spent` is [{epsilon, delta}] of all trainings on this file. */
export function showResult(run, spent) {
  const tiles = resultOf(run);
  byId("own-result").hidden = tiles.length === 0;
  setText(byId("own-verdict"), verdictOf(run));
  byId("own-tiles").replaceChildren(...tiles.map(tile));
  setText(byId("own-together"), togetherSentence(spent));
  setText(byId("own-statement"), run.privacy.statement);
  byId("own-notices").replaceChildren(
    ...run.notices.map(({ severity, text }) => element("li", { class: "message", "data-severity": severity }, text)),
  );
  byId("own-open").href = `/?run=${encodeURIComponent(run.id)}`;
  fillTable(byId("own-epochs-table").querySelector(".table-box"), {
    caption: "The private model after each epoch",
    columns: ["Epoch", "Test accuracy", "Training loss", "ε so far", "Gradients clipped"],
    rows: run.epochs.map((epoch) => [
      String(epoch.epoch), format.percent(epoch.accuracy), format.loss(epoch.loss), format.epsilon(epoch.epsilon), format.percent(epoch.clipped_fraction, 0),
    ]),
  });
}

function tile({ term, value, note }) {
  return element("div", {}, element("dt", {}, term), element("dd", {}, element("b", {}, value), element("small", {}, note)));
}
