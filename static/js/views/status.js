/** The status strip: badge, tiles, privacy meter, activity, and what is stale, failed or undone. */

import { byId, setText } from "../dom.js";
import { quotedOf } from "../forecast.js";
import * as format from "../format.js";
import { activityOf, badgeOf, contextOf, headlineOf, liveLine, outcomeOf, uncertaintyOf } from "../sentences.js";
import { changesBetween, isStale, isTraining, shownDocument } from "../state.js";

export class StatusStrip {
  /** `actions` = {run, undo, keep}. */
  constructor(catalog, actions) {
    this.catalog = catalog;
    byId("run-again").addEventListener("click", () => actions.run());
    for (const name of ["undo", "keep"]) {
      byId(name).addEventListener("click", () => {
        actions[name]();
        byId("optimal").focus({ preventScroll: true }); // the pressed button goes away and would take the focus along
      });
    }
  }

  update(state) {
    const document = shownDocument(state);
    this.updateActivity(state, document);
    this.updateMessages(state);
    if (!document) return;
    this.updateBadge(document);
    const quoted = quotedOf(state, document);
    this.updateTiles(document, quoted);
    this.updateMeter(quoted);
    setText(byId("live-line"), liveLine(quoted));
  }

  updateBadge(shown) {
    const badge = byId("badge");
    setText(badge, badgeOf(shown));
    badge.dataset.evidence = shown.evidence;
    setText(byId("context"), contextOf(shown, this.catalog));
  }

  updateTiles(shown, quoted) {
    const { final_metrics: metrics, epochs, parameters } = shown;
    setText(byId("tile-accuracy"), format.percent(metrics?.accuracy));
    setText(byId("tile-accuracy-note"), uncertaintyOf(shown));
    setText(byId("tile-loss"), format.loss(metrics?.loss));
    const { epsilon, note } = headlineOf(quoted);
    setText(byId("tile-epsilon"), `ε ${format.epsilon(epsilon)}`);
    setText(byId("tile-epsilon-note"), note);
    setText(byId("tile-clipped"), format.percent(epochs.at(-1)?.clipped_fraction, 0));
    setText(byId("tile-clipped-note"), `of gradients, at C ${format.value(parameters.clipping_norm)}`);
  }

  updateMeter(shown) {
    const budget = shown.parameters.privacy_budget;
    const { epsilon, verb } = headlineOf(shown);
    const share = epsilon === null ? Infinity : epsilon / budget;
    const meter = byId("meter");
    const text = `ε ${format.epsilon(epsilon)} ${verb}, ${againstBudget(epsilon, budget)}`;
    meter.setAttribute("aria-valuenow", String(Math.min(epsilon ?? budget, budget)));
    meter.setAttribute("aria-valuemax", String(budget));
    meter.setAttribute("aria-valuetext", text);
    meter.style.setProperty("--share", Math.min(share, 1));
    meter.dataset.over = String(share > 1);
    setText(byId("meter-text"), text);
  }

  updateActivity(state, shown) {
    const activity = activityOf(state);
    const outcome = shown && shown === state.run ? outcomeOf(state.run) : null;
    setText(byId("activity"), activity ?? outcome ?? restingText(state));
    const progress = byId("progress");
    progress.hidden = !isTraining(state);
    const { steps = 0, steps_total: total = 1 } = state.run?.progress ?? {};
    if (isTraining(state) && state.run?.state === "running" && steps > 0) progress.value = steps / total;
    else progress.removeAttribute("value");
  }

  updateMessages(state) {
    byId("stale").hidden = !isStale(state);
    const problem = [state.problem, state.notice].filter(Boolean).join(" ");
    byId("problem").hidden = !problem;
    setText(byId("problem"), problem);
    byId("applied").hidden = !state.applied;
    if (!state.applied) return;
    setText(byId("applied-label"), state.applied.label);
    const untouched = changesBetween(state.applied.after, state.settings).length === 0;
    setText(byId("applied-result"), (untouched && state.applied.result) || "");
    setText(byId("applied-reason"), (untouched && state.applied.reason) || "");
  }
}

/** Return how an ε (null: infinite) stands to the budget, "budget 3" or "over the budget of 3 by 4.48". */
function againstBudget(epsilon, budget) {
  if (epsilon === null) return "over any budget";
  const full = format.value(budget);
  return epsilon > budget ? `over the budget of ${full} by ${format.epsilon(epsilon - budget)}` : `budget ${full}`;
}

function restingText({ settings, run, simulation, opening }) {
  if (opening && !run) return "Measured before and shipped with the page.";
  if (!run && simulation?.evidence === "planned") return "ε is exact; train for real to see the rest.";
  if (!simulation && !run) return "Loading…";
  if (settings.mode === "simulation") return "Instant; touches no data.";
  return run ? "" : "Press Run Training; until then, the forecast.";
}
