/** Asking the server to start what must not be started twice. */

import { ServerLost } from "./api.js";

const REPEAT_SECONDS = [1, 2, 4]; // before each time that what got no answer is asked for again

/**
 * Return what `call(key)` answers; where the answer is lost, it is called again under the same key, by which the server
 * knows what it has already taken. `wait(seconds)` gives a promise; `silent()` is told each time that no answer came.
 */
export async function askedAgain(call, key, { wait, silent = () => {} }) {
  for (const seconds of REPEAT_SECONDS) {
    try {
      return await call(key);
    } catch (error) {
      if (!(error instanceof ServerLost)) throw error;
      silent();
      await wait(seconds);
    }
  }
  return call(key);
}
