/** Asking for an audit: of a run that is there, or of a training that is asked for just before it. */

import { askedAgain } from "../asking.js";
import { requestBody } from "../settings.js";

/**
 * Return {start}. `api` is the module api.js or its double; `wait(seconds)` gives a promise, `newKey()` a random text;
 * `silent()` is told each time that the server did not answer.
 */
export function createStarting({ api, wait, newKey, silent = () => {} }) {
  const ask = (call) => askedAgain(call, newKey(), { wait, silent });

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

  return { start };
}
