/** Asking for an audit: of a run that is there, or of a training that is asked for just before it. */

import { ServerLost } from "../api.js";
import { requestBody } from "../settings.js";

const REPEAT_SECONDS = [1, 2, 4]; // before each time that what got no answer is asked for again

/**
 * Return {start}. `api` is the module api.js or its double; `wait(seconds)` gives a promise, `newKey()` a random text;
 * `silent()` is told each time that the server did not answer.
 */
export function createStarting({ api, wait, newKey, silent = () => {} }) {
  /**
   * Return {audit, training}: the document of the audit that was taken, and the id of the training that was started for
   * it, or null where `runId` was there. The audit waits in the queue behind its training. A refusal is thrown.
   */
  async function start({ runId = null, settings, canaries }) {
    const training = runId ? null : await ask((key) => api.startRun(requestBody(settings, "real"), key));
    try {
      const audit = await ask((key) => api.startAudit(runId ?? training.id, canaries, key));
      return { audit, training: training?.id ?? null };
    } catch (error) {
      if (training) await api.cancelRun(training.id).catch(() => null); // it was for the audit only
      throw error;
    }
  }

  /** Ask; where the answer is lost, again under the same key, which never starts a second run. */
  async function ask(call) {
    const key = newKey();
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

  return { start };
}
