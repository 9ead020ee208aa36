/** Starting, following and stopping a real training: the store is told of every copy of its document. */

import { ServerLost, ServerProblem } from "./api.js";
import { isTraining, requestBody, withAttachedRun, withFailure, withRun } from "./state.js";

const POLL_SECONDS = 0.5;
const RETRY_SECONDS = 2;

/** Return {start, attach, stop}; `api` is the module api.js or its double, `wait(seconds)` a promise. */
export function createFollower({ api, store, wait }) {
  async function start() {
    const { settings } = store.get();
    store.update((state) => ({ ...state, sending: true, problem: null, faults: {} }));
    try {
      const document = await api.startRun(requestBody(settings, "real"));
      store.update((state) => withRun(state, document, settings));
      await poll(document.id);
    } catch (error) {
      fail(error);
    }
  }

  async function attach(id) {
    try {
      const document = await api.getRun(id);
      store.update((state) => withAttachedRun(state, document));
      await poll(id);
    } catch (error) {
      fail(error);
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
      if (!(error instanceof ServerLost)) throw error;
      store.update((state) => ({ ...state, lost: true }));
    }
  }

  function fail(error) {
    if (error instanceof ServerProblem) store.update((state) => withFailure(state, error));
    else if (error instanceof ServerLost) store.update((state) => ({ ...state, sending: false, lost: true }));
    else throw error;
  }

  return { start, attach, stop };
}
