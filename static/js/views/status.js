/** The status strip: badge, what is going on, tiles with their differences to a pinned run, and the privacy meter. */

import { baselineNote } from "../baseline_words.js";
import { tileDifferences } from "../differences.js";
import { byId, setText } from "../dom.js";
import { quotedOf } from "../forecast.js";
import * as format from "../format.js";
import { activityOf, outcomeOf } from "../progress_words.js";
import { badgeOf, bandSentence, boundsOf, chargedOf, contextOf, headlineOf, liveLine, uncertaintyOf } from "../result_words.js";
import { isTraining, shownDocument } from "../state.js";

const TILES = ["accuracy", "loss", "epsilon", "clipped"];

export class StatusStrip {
  constructor(catalog) {
    this.catalog = catalog;
  }

  update(state) {
    const document = shownDocument(state);
    this.updateActivity(state, document);
    if (!document) return;
    this.updateBadge(document);
    const quoted = quotedOf(state, document);
    const headline = headlineOf(quoted, state.settings.accountant);
    this.updateTiles(document, headline);
    this.updateDifferences(state.pins[0], document);
    this.updateMeter(quoted, headline);
    setText(byId("live-line"), liveLine(quoted, state.settings.accountant));
  }

  updateBadge(shown) {
    const badge = byId("badge");
    setText(badge, badgeOf(shown));
    badge.dataset.evidence = shown.evidence;
    setText(byId("context"), contextOf(shown, this.catalog));
  }

  updateTiles(shown, { epsilon, note }) {
    const { final_metrics: metrics, epochs, parameters } = shown;
    setText(byId("tile-accuracy"), format.percent(metrics?.accuracy));
    setText(byId("tile-accuracy-note"), uncertaintyOf(shown));
    setText(byId("tile-accuracy-baseline"), baselineNote(shown, "accuracy", format.percent));
    setText(byId("tile-loss-baseline"), baselineNote(shown, "loss", format.loss));
    setText(byId("tile-loss"), format.loss(metrics?.loss));
    setText(byId("tile-epsilon"), `ε ${format.epsilon(epsilon)}`);
    setText(byId("tile-epsilon-note"), note);
    setText(byId("tile-clipped"), format.percent(epochs.at(-1)?.clipped_fraction, 0));
    setText(byId("tile-clipped-note"), `of gradients, at C ${format.value(parameters.clipping_norm)}`);
  }

  updateDifferences(pin, shown) {
    const differences = tileDifferences(pin, shown);
    for (const name of TILES) {
      const text = differences?.[name] ?? null;
      setText(byId(`tile-${name}-difference`), text ? `${text} vs ${differences.number}` : "");
      byId(`tile-${name}-difference`).title = text ? `Difference to pinned run ${differences.number}, ${differences.name}` : "";
    }
  }

  updateMeter(quoted, { epsilon, verb }) {
    const { parameters } = quoted;
    const target = parameters.privacy_budget;
    const share = epsilon === null ? Infinity : epsilon / target;
    const meter = byId("meter");
    const text = `ε ${format.epsilon(epsilon)} ${verb}${againstTarget(epsilon, target)}`;
    meter.setAttribute("aria-valuenow", String(Math.min(epsilon ?? target, target)));
    meter.setAttribute("aria-valuemax", String(target));
    meter.setAttribute("aria-valuetext", text);
    meter.style.setProperty("--share", Math.min(share, 1));
    meter.dataset.over = String(share > 1);
    setText(byId("meter-text"), text);
    setText(byId("band-text"), bandSentence(chargedOf(quoted) ?? epsilon, parameters.delta, boundsOf(quoted)));
  }

  updateActivity(state, shown) {
    const outcome = shown && shown === state.run ? outcomeOf(state.run) : null;
    setText(byId("activity"), activityOf(state) ?? outcome ?? restingText(state));
    const progress = byId("progress");
    progress.hidden = !isTraining(state);
    const { steps = 0, steps_total: total = 1 } = state.run?.progress ?? {};
    if (isTraining(state) && state.run?.state === "running" && steps > 0) progress.value = steps / total;
    else progress.removeAttribute("value");
  }
}

/** Return how an ε (null: infinite) stands to the target, " of 3" or ", over budget by 0.4". */
function againstTarget(epsilon, target) {
  if (epsilon === null) return ", over any budget";
  return epsilon > target ? `, over budget by ${format.epsilon(epsilon - target)}` : ` of ${format.value(target)}`;
}

function restingText({ settings, run, simulation, opening }) {
  if (opening && !run) return "Measured before and shipped with the page.";
  if (!run && simulation?.evidence === "planned") return "ε is exact; train for real to see the rest.";
  if (!simulation && !run) return "Loading…";
  if (settings.mode === "simulation") return "Instant; touches no data.";
  return run ? "" : "Press Run Training; until then, the forecast.";
}
