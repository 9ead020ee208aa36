/** Whose ε curve is drawn as planned, and keeping its tighter bound up to date. */

import { mechanismBody, plannedOf } from "./forecast.js";
import { isStale, shownDocument } from "./state.js";
import { followTightCurve, mechanismKey } from "./tight_curve.js";

const REST_SECONDS = 0.5;

/** Return the document whose ε is planned: the newest settings' where the shown run is stale or has not ended. */
export function plannedFor(state, document) {
  const plan = plannedOf(state);
  const running = document === state.run && document.state !== "done";
  const isWanted = document === state.simulation || isStale(state) || running;
  return isWanted && plan?.parameters.task === document.parameters.task ? plan : document;
}

/**
 * Fetch the tighter bound along the planned curve once its end is known and the settings rest. `api` is the module api.js or
 * its double, `wait(seconds)` a promise; a failed call leaves the chart without the band.
 */
export function connectTightCurve({ api, store, wait }) {
  let asked = null; // the mechanism that is being asked about, or whose answer failed
  const current = () => plannedFor(store.get(), shownDocument(store.get()));
  const ask = async (parameters, epochs) => (await api.getPrivacy({ ...mechanismBody(parameters), epochs })).epsilon_pld;

  async function follow(key) {
    await wait(REST_SECONDS);
    if (asked !== key) return;
    const found = (tight) => store.update((state) => ({ ...state, tight }));
    await followTightCurve({ ask, current, found });
  }

  store.subscribe((state) => {
    const document = shownDocument(state);
    if (!document) return;
    const { parameters, privacy } = plannedFor(state, document);
    const key = mechanismKey(parameters);
    if (key === asked) return;
    asked = null;
    if (typeof privacy.epsilon_pld !== "number" || privacy.valid === false || key === state.tight?.key) return;
    asked = key;
    follow(key).catch(() => {}); // without an answer there is no band; the next change asks again
  });
}
