/** Asking at most once a frame and keeping only the newest answer. */

/**
 * Return ask(question): calls `send(question, {signal})` in the next frame with the newest question only, aborts the
 * call that is still open, and hands the answer to `done` or the failure to `failed`; answers to old questions are dropped.
 */
export function createLatest({ send, done, failed, nextFrame }) {
  let waiting = null;
  let controller = null;
  let scheduled = false;

  async function flush() {
    scheduled = false;
    controller?.abort();
    const own = new AbortController();
    controller = own;
    try {
      const answer = await send(waiting, { signal: own.signal });
      if (controller === own) done(answer);
    } catch (error) {
      if (controller === own && error.name !== "AbortError") failed(error);
    }
  }

  return function ask(question) {
    waiting = question;
    if (scheduled) return;
    scheduled = true;
    nextFrame(flush);
  };
}
