/** One training on a table of one's own: the table is sent, its run started and followed to its end. */

import { ServerLost } from "../api.js";
import { askedAgain } from "../asking.js";
import { withEvent } from "../run_events.js";
import { isActive } from "../run_states.js";

const POLL_SECONDS = 0.5;

/**
 * Return {train, stop}. `api` is the module api.js and `openStream` that of stream.js, or their doubles; `wait(seconds)`
 * gives a promise, `newKey()` a random text.
 */
export function createTraining({ api, openStream, wait, newKey }) {
  let present = null; // the id of the run that is followed

  /**
   * Return the document of the run when it has ended. `told` is called with {table} once that is taken, and with {run}
   * for each new state of the document. A refusal is thrown, as api.js throws it; the table is then deleted.
   */
  async function train(table, request, told) {
    const taken = await api.sendTable(table);
    told({ table: taken });
    const run = await startedOn(taken.table, request);
    present = run.id;
    try {
      return await followed(run, told);
    } finally {
      present = null;
    }
  }

  async function startedOn(table, request) {
    try {
      const body = { mode: "real", dataset: "table", table, ...request };
      return await askedAgain((key) => api.startRun(body, key), newKey(), { wait });
    } catch (error) {
      await api.deleteTable(table).catch(() => null); // it is deleted after an hour in any case
      throw error;
    }
  }

  async function followed(started, told) {
    let run = { ...(await api.getRun(started.id, { after: 0 })) };
    told({ run });
    if (isActive(run)) run = await streamed(run, told);
    while (isActive(run)) {
      await wait(POLL_SECONDS);
      run = await looked(run);
      told({ run });
    }
    const whole = await api.getRun(run.id); // its statement and assessment are the server's
    told({ run: whole });
    return whole;
  }

  /** Return the run as it stands when its stream ends: at its end, or where the server refuses one. */
  function streamed(first, told) {
    return new Promise((resolve) => {
      let run = first;
      const close = openStream(api.eventsPath(run.id, run.last_event_id), {
        event(event) {
          run = withEvent(run, event);
          told({ run });
          if (!isActive(run)) end();
        },
        opened() {},
        interrupted() {},
        refused: () => end(),
      });
      function end() {
        close();
        resolve(run);
      }
    });
  }

  async function looked(run) {
    try {
      return await api.getRun(run.id);
    } catch (error) {
      if (error instanceof ServerLost || error.status >= 500) return run;
      throw error;
    }
  }

  /** Ask that the run stops; its end is told as any other. */
  async function stop() {
    if (present) await api.cancelRun(present);
  }

  return { train, stop };
}
