/** Starting, following and stopping a measured sweep by asking for its document. */

import { askedAgain } from "../asking.js";
import { isPassing } from "../refusals.js";
import { isActive } from "../run_states.js";

const POLL_SECONDS = 1.5;
const RETRY_SECONDS = 2;
const NOT_FOUND = 404;

/**
 * Return {start, follow, stop}. `changed(document)` is told of every copy, `lost(true or false)` whether the server answers;
 * `api` is the module sweep/api.js, `wait(seconds)` gives a promise, `newKey()` a random text; each may be a double.
 */
export function createSweepFollower({ api, wait, newKey, changed, lost }) {
  let followed = null;
  let unanswered = null; // {body (as text), key} of what was asked for last, until the server takes it

  /** Ask for a sweep, under one key so that it is never started twice, and follow it to its end. */
  async function start(body) {
    const document = await askedAgain((key) => api.startSweep(body, key), keyFor(JSON.stringify(body)), { wait, silent: () => lost(true) });
    unanswered = null;
    lost(false);
    changed(document);
    await follow(document);
  }

  /** Return the key of what has been asked for without an answer, or a new one. */
  function keyFor(body) {
    if (unanswered?.body !== body) unanswered = { body, key: newKey() };
    return unanswered.key;
  }

  /** Follow a sweep until it ends or another one is followed. */
  async function follow(document) {
    let newest = document;
    followed = document.id;
    while (followed === document.id && isActive(newest)) {
      await wait(POLL_SECONDS);
      newest = await refreshed(newest);
    }
  }

  async function refreshed(document) {
    try {
      const newest = await api.getSweep(document.id);
      lost(false);
      changed(newest);
      return newest;
    } catch (error) {
      if (error.status === NOT_FOUND) return forgotten(document);
      if (!isPassing(error)) throw error;
      lost(true);
      await wait(error.retryAfter ?? RETRY_SECONDS);
      return document;
    }
  }

  /** The server no longer knows the sweep: what was measured until then is kept. */
  function forgotten(document) {
    const ended = { ...document, state: "cancelled", forgotten: true };
    lost(false);
    changed(ended);
    return ended;
  }

  async function stop(id) {
    changed(await api.cancelSweep(id));
  }

  return { start, follow, stop };
}
