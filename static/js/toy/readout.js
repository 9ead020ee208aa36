/** The toy's figures and sentences on the page. */

import { byId, setText } from "../dom.js";
import { DELTA, EXAMPLES, EXPECTED_BATCH, STEPS } from "./choices.js";
import { accuracySentence, changedSentence, epsilonSentence, lesson, mapSentence, placeSentence } from "./words.js";

const TITLES = { plain: "Ordinary training", private: "DP-SGD" };
const REST_MILLISECONDS = 700; // after which screen readers are told

let told = null;

/** Show the findings after `step` steps of the shown experiment. */
export function showFindings(findings, { point }, step) {
  for (const [kind, title] of Object.entries(TITLES)) {
    const influence = findings[kind];
    setText(byId(`toy-${kind}-changed`), changedSentence(influence));
    setText(byId(`toy-${kind}-place`), placeSentence(influence, point));
    setText(byId(`toy-${kind}-accuracy`), accuracySentence(influence));
    byId(`toy-${kind}-canvas`).setAttribute("aria-label", mapSentence(title, influence, { step, steps: STEPS }));
  }
  setText(byId("toy-epsilon"), epsilonSentence(findings.epsilon, { steps: step, delta: DELTA, samplingProbability: EXPECTED_BATCH / EXAMPLES }));
  setText(byId("toy-step-value"), `${step} of ${STEPS}`);
  setText(byId("toy-lesson"), step === STEPS ? lesson(findings) : "");
  tellAtRest(`Ordinary training: ${changedSentence(findings.plain).toLowerCase()}. DP-SGD: ${changedSentence(findings.private).toLowerCase()}.`);
}

/** A point that is being dragged would fill a screen reader's queue. */
function tellAtRest(sentence) {
  clearTimeout(told);
  told = setTimeout(() => setText(byId("toy-said"), sentence), REST_MILLISECONDS);
}
