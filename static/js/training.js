/** Real trainings, whose code comes later: without the server it is of no use anyway. */

import { later } from "./near.js";
import { withFailure } from "./state.js";

const UNLOADED = "The part of the page that trains could not be loaded: the server does not answer. Try again in a moment.";

/** Return {start, attach, stop}: those of follow.js behind the loading of it; `parts` = {store, wait, newKey}. */
export function createTraining(parts) {
  const { store } = parts;
  let follower = null;

  async function withFollower(use) {
    try {
      const { createFollower, openStream, runApi: api } = await later();
      follower ??= createFollower({ ...parts, api, openStream });
    } catch {
      store.update((state) => withFailure(state, { detail: UNLOADED }));
      return false;
    }
    return use(follower);
  }

  return {
    start() {
      store.update((state) => ({ ...state, sending: true })); // at once: a second press must not ask for a second training
      return withFollower(({ start }) => start());
    },
    attach: (id) => withFollower(({ attach }) => attach(id)),
    stop: () => withFollower(({ stop }) => stop()),
  };
}
