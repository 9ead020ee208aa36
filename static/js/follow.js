/**
 * Starting, following and stopping a real training. The store is told of every event; where the server has no stream (or
 * no room for one more), of every copy of the document instead.
 */

import { ServerLost, ServerProblem } from "./api.js";
import { askedAgain } from "./asking.js";
import { withAttachedRun, withForgottenRun, withRunDetails, withRunEvent } from "./following_state.js";
import { inWords, isPassing } from "./refusals.js";
import { requestBody } from "./settings.js";
import { isTraining, withFailure, withRun } from "./state.js";

const POLL_SECONDS = 0.5;
const RETRY_SECONDS = 2;
const DETAIL_SECONDS = 3;
const NOT_FOUND = 404;

const UNREACHED = "The server does not answer, so it is not known whether it took the training. Try again in a moment.";

/**
 * Return {start, attach, stop}; start tells whether the server took the training, once it has ended. `api` is the module
 * api.js and `openStream` that of stream.js, or their doubles; `wait(seconds)` gives a promise, `newKey()` a random text.
 */
export function createFollower({ api, store, wait, openStream, newKey }) {
  async function start() {
    const { settings } = store.get();
    store.update((state) => ({ ...state, sending: true, problem: null, faults: {} }));
    try {
      const silent = () => store.update((state) => ({ ...state, lost: "silent" }));
      const document = await askedAgain((key) => api.startRun(requestBody(settings, "real"), key), newKey(), { wait, silent });
      store.update((state) => withRun(state, document, settings));
      await follow(document.id);
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
      await follow(id);
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
      const document = await api.cancelRun(run.id);
      store.update((state) => (state.run?.id === run.id ? withRun(state, document) : state));
    } catch (error) {
      fail(error);
    }
  }

  /** Follow the run until it ends or another one is followed: by its stream, and by asking where there is none. */
  async function follow(id) {
    if (!isFollowed(id)) return;
    await refresh(id, { after: 0 });
    if (isFollowed(id) && store.get().run.last_event_id !== undefined) {
      await listen(id);
      if (!isFollowed(id)) await refreshDetails(id); // what only the server knows of an ended run: advice, statement
    }
    while (isFollowed(id)) {
      await wait(store.get().lost ? RETRY_SECONDS : POLL_SECONDS);
      await refresh(id, { after: store.get().run.last_event_id });
    }
  }

  const isFollowed = (id) => store.get().run?.id === id && isTraining(store.get());

  /** Take in the run's stream; resolves when the run has ended, another is followed, or the stream is refused. */
  function listen(id) {
    return new Promise((resolve) => {
      let over = false;
      const end = () => {
        over = true;
        close();
        unsubscribe();
        resolve();
      };
      const close = openStream(api.eventsPath(id, store.get().run.last_event_id), {
        event: (event) => store.update((state) => withRunEvent(state, id, event)),
        opened: () => store.update((state) => (state.lost ? { ...state, lost: false } : state)),
        interrupted: () => refreshDetails(id),
        refused: end,
      });
      const unsubscribe = store.subscribe(() => isFollowed(id) || over || end());
      keepDetails(id, () => over);
    });
  }

  async function keepDetails(id, isOver) {
    while (!isOver()) {
      await wait(DETAIL_SECONDS);
      if (!isOver()) await refreshDetails(id);
    }
  }

  async function refreshDetails(id) {
    await guarded(id, async () => {
      const document = await api.getRun(id);
      store.update((state) => withRunDetails(state, document));
    });
  }

  async function refresh(id, { after }) {
    await guarded(id, async () => {
      const { events: _, ...document } = await api.getRun(id, { after });
      store.update((state) => (state.run?.id === id ? withRun(state, document) : state));
    });
  }

  async function guarded(id, call) {
    try {
      await call();
    } catch (error) {
      if (error.status === NOT_FOUND) store.update((state) => (state.run?.id === id ? withForgottenRun(state) : state));
      else if (isPassing(error)) await bePatient(error);
      else throw error;
    }
  }

  async function bePatient(error) {
    store.update((state) => ({ ...state, lost: error instanceof ServerLost ? "silent" : "busy" }));
    if (error.retryAfter) await wait(error.retryAfter);
  }

  function fail(error) {
    if (error instanceof ServerProblem) store.update((state) => withFailure(state, { ...error, detail: inWords(error) }));
    else if (error instanceof ServerLost) store.update((state) => withFailure(state, { detail: UNREACHED }));
    else throw error;
  }

  return { start, attach, stop };
}
