/** Starting, following and stopping a real training: the store is told of every copy of its document. */

import { ServerLost, ServerProblem } from "./api.js";
import { isTraining, requestBody, withAttachedRun, withFailure, withForgottenRun, withRun } from "./state.js";

const POLL_SECONDS = 0.5;
const RETRY_SECONDS = 2;
const TOO_MANY_REQUESTS = 429;
const NOT_FOUND = 404;

const UNREACHED = "The server does not answer, so nothing was changed there. Try again in a moment.";

/** Return {start, attach, stop}, where start tells whether the server took the training; `api` is the module api.js or its double, `wait(seconds)` a promise. */
export function createFollower({ api, store, wait }) {
  async function start() {
    const { settings } = store.get();
    store.update((state) => ({ ...state, sending: true, problem: null, faults: {} }));
    try {
      const document = await api.startRun(requestBody(settings, "real"));
      store.update((state) => withRun(state, document, settings));
      await poll(document.id);
      return true;
    } catch (error) {
      fail(error);
      return false;
    }
  }

  async function attach(id) {
    try {
      const document = await api.getRun(id);
      store.update((state) => withAttachedRun(state, document));
      await poll(id);
    } catch (error) {
      if (!(error instanceof ServerProblem || error instanceof ServerLost)) throw error;
      const notice = `The run in the address cannot be shown. ${error.detail ?? error.message}`;
      store.update((state) => ({ ...state, notice }));
    }
  }

  async function stop() {
    const { run } = store.get();
    if (!run) return;
    try {
      await api.cancelRun(run.id);
    } catch (error) {
      fail(error);
    }
  }

  async function poll(id) {
    while (store.get().run?.id === id && isTraining(store.get())) {
      await wait(store.get().lost ? RETRY_SECONDS : POLL_SECONDS);
      await refresh(id);
    }
  }

  async function refresh(id) {
    try {
      const document = await api.getRun(id);
      store.update((state) => (state.run?.id === id ? withRun(state, document) : state));
    } catch (error) {
      if (isPassing(error)) store.update((state) => ({ ...state, lost: true }));
      else if (error.status === NOT_FOUND) store.update((state) => withForgottenRun(state));
      else throw error;
    }
  }

  function fail(error) {
    if (error instanceof ServerProblem) store.update((state) => withFailure(state, error));
    else if (error instanceof ServerLost) store.update((state) => withFailure(state, { detail: UNREACHED }));
    else throw error;
  }

  return { start, attach, stop };
}

/** Return whether a failure of polling is worth waiting out: no answer, a gateway's error, or too many requests. */
function isPassing(error) {
  return error instanceof ServerLost || error.status >= 500 || error.status === TOO_MANY_REQUESTS;
}
