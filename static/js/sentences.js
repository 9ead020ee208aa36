/** What the charts say in words: headings that state the finding, and descriptions for screen readers. */

import * as format from "./format.js";
import { hasEnded } from "./run_states.js";
import { extremes } from "./series.js";

/**
 * Return the headings of the four charts and the descriptions of their canvases. `planned` is the document whose ε is
 * drawn as planned; `stale` says that its settings are no longer those of the shown run.
 */
export function findingsOf(document, planned = document, stale = false) {
  return {
    training: trainingFinding(document),
    privacy: privacyFinding(document, planned, stale),
    clipping: clippingFinding(document),
    classes: classesFinding(document),
  };
}

function trainingFinding(document) {
  const last = document.epochs.at(-1);
  if (!last) return { title: awaiting(document), description: "No epoch has ended yet." };
  const epochs = last.epoch === 1 ? "1 epoch" : `${last.epoch} epochs`;
  const baseline = document.baseline?.final_metrics;
  const against = baseline ? `, ${format.percent(baseline.accuracy)} without privacy` : "";
  return {
    title: baseline ? `${format.percent(last.accuracy)} correct${against}` : `${format.percent(last.accuracy)} correct after ${epochs}`,
    description:
      `Line chart, ${document.evidence}. Test accuracy goes from ${format.percent(document.epochs[0].accuracy)} ` +
      `after epoch 1 to ${format.percent(last.accuracy)} after epoch ${last.epoch}${against}; ` +
      `training loss from ${format.loss(document.epochs[0].loss)} to ${format.loss(last.loss)}.`,
  };
}

function awaiting(document) {
  if (document.evidence === "planned") return "Accuracy unknown until it is trained";
  return hasEnded(document) ? "No epoch ended, so no accuracy is known" : "Waiting for the first epoch";
}

function privacyFinding(document, planned, stale) {
  const { epochs, delta, privacy_budget: budget } = planned.parameters;
  const end = planned.privacy.epsilon;
  if (end === null) {
    return {
      title: "No privacy guarantee",
      description: `No finite privacy loss: ${planned.privacy.reason ?? "there is no noise"}.`,
    };
  }
  if (planned.privacy.valid === false) {
    return {
      title: `Shuffled batches: ε ${format.epsilon(end)} in the worst case`,
      description: `Line chart of the worst case of each pass. ${planned.privacy.shuffle.explanation}`,
    };
  }
  const measured = document.evidence === "measured";
  const ended = measured && hasEnded(document);
  if (stale && planned !== document && ended) return comparison(document, planned);
  const spent = measured ? ` ${format.epsilon(document.epsilon_spent)} is spent.` : "";
  const [final, verb] = ended ? [document.epsilon_spent, "spent"] : [end, "planned"];
  const side = final > budget ? "over" : "within";
  return {
    title: measured
      ? `ε ${format.epsilon(final)} ${verb}, ${side} the budget of ${format.value(budget)}`
      : `ε reaches ${format.epsilon(end)}, ${side} the budget of ${format.value(budget)}`,
    description:
      `Line chart. The privacy loss ε rises steeply at first and ever more slowly, to ${format.epsilon(end)} ` +
      `at δ ${format.value(delta)} after ${epochs} epochs; the budget is ${format.value(budget)}.${spent}`,
  };
}

function comparison(document, planned) {
  const [next, spent] = [format.epsilon(planned.privacy.epsilon), format.epsilon(document.epsilon_spent)];
  return {
    title: `New settings: ε ${next}; this run spent ${spent}`,
    description: `Line chart. The measured run spent ε ${spent}; the settings as they are now would spend ε ${next}.`,
  };
}

function clippingFinding(document) {
  const norms = document.gradient_norms;
  if (!norms) return { title: "Gradient clipping", description: "No gradients yet." };
  const share = format.percent(norms.clipped_fraction, 0);
  const median = document.epochs.at(-1)?.gradient_norm_median;
  const typical = median ? ` The median norm is ${format.value(Number(median.toPrecision(2)))}.` : "";
  return {
    title: `${share} of gradients are longer than C = ${format.value(norms.clipping_norm)}`,
    description:
      `Histogram on a logarithmic axis, ${document.evidence}. ${share} of the per-example gradients are longer ` +
      `than C = ${format.value(norms.clipping_norm)} and are scaled down to it.${typical}`,
  };
}

function classesFinding(document) {
  const found = extremes(document);
  if (!found) return { title: "Accuracy by class", description: "No result yet." };
  const { worst, best, never } = found;
  return {
    title: never > 1 ? `${never} of ${document.per_class_accuracy.length} classes: 0\u00a0% correct` : `Hardest: “${worst.label}”, ${format.percent(worst.accuracy, 0)} correct`,
    description:
      `Bar chart, ${document.evidence}. Test accuracy by class: worst ${worst.label} with ` +
      `${format.percent(worst.accuracy)}, best ${best.label} with ${format.percent(best.accuracy)}.`,
  };
}
