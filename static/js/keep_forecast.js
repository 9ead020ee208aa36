/** Keeping the forecast in step with the settings: the simulated curve at once, the slower accountant a moment later. */

import { ServerLost, ServerProblem } from "./api.js";
import { forecast, privacyOf } from "./forecast.js";
import { createLatest } from "./latest.js";
import { lessonOf } from "./lesson.js";
import { inWords } from "./refusals.js";
import { isOf } from "./settings.js";
import { withFailure, withPrivacy, withSimulation } from "./state.js";

const REST_MILLISECONDS = 500;
const RETRY_MILLISECONDS = 3000;
const NOT_OF_THE_FORECAST = ["mode", "engine", "accountant", "target_epsilon"];

const nextFrame = (callback) => requestAnimationFrame(callback);

/** Ask for a new forecast in the next frame whenever a setting changed that it depends on; `api` is the module api.js. */
export function keepForecast({ api, store, catalog }) {
  const ask = createLatest({
    send: (settings, options) => forecast(api, catalog, settings, options),
    done: (document) => store.update((state) => withLesson(withSimulation(state, document))),
    failed: (error) => {
      store.update((state) => withFailure(state, failureOf(error)));
      const seconds = error instanceof ServerLost ? RETRY_MILLISECONDS : 1000 * (error.retryAfter ?? 0);
      if (seconds) setTimeout(() => ask(store.get().settings), seconds);
    },
    nextFrame,
  });
  let asked = questionOf(store.get());
  store.subscribe((state) => {
    const question = questionOf(state);
    if (question === asked) return;
    asked = question;
    ask(state.settings);
  });
  ask(store.get().settings);
}

/** Fetch the tightest accountant's figure, which takes longer, once the settings have been left alone for a moment. */
export function keepTightBound({ api, store }) {
  const ask = createLatest({
    send: async (settings, options) => ({ settings, privacy: await privacyOf(api, settings, options) }),
    done: ({ settings, privacy }) => store.update((state) => withPrivacy(state, privacy, settings)),
    failed: () => {}, // the report that is shown names its own reason; the next change asks again
    nextFrame,
  });
  let timer = null;
  store.subscribe((state, previous) => {
    const { simulation } = state;
    if (simulation === previous.simulation || simulation.privacyIsWhole || simulation.privacy.epsilon_pld !== null) return;
    clearTimeout(timer);
    timer = setTimeout(() => ask(store.get().settings), REST_MILLISECONDS);
  });
}

function questionOf({ settings }) {
  return JSON.stringify(Object.entries(settings).filter(([name]) => !NOT_OF_THE_FORECAST.includes(name)));
}

function failureOf(error) {
  if (error instanceof ServerProblem) return { ...error, detail: inWords(error) };
  if (error instanceof ServerLost) return { detail: "The server does not answer; what you see is the last result. Retrying." };
  throw error;
}

/** Return the state whose applied change, once its simulation is there, tells what it did. */
function withLesson(state) {
  const { applied, simulation } = state;
  if (!applied?.metricsBefore || applied.result || !simulation.final_metrics || !isOf(simulation, applied.after)) return state;
  const lesson = lessonOf({
    before: applied.metricsBefore, after: simulation.final_metrics, evidence: simulation.evidence,
    optimizerBefore: applied.before.optimizer, optimizerAfter: applied.after.optimizer,
  });
  return { ...state, applied: { ...applied, ...lesson } };
}
