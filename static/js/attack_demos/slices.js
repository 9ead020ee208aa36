/** Long computations in slices, so that a slider never waits for them. */

const SLICE_MILLISECONDS = 8; // of a frame of 16.7

/**
 * Return run(work, done): goes on with the iterator `work` for a few milliseconds in every frame and calls `done` behind its
 * last step. A new run ends the one before, whose `done` is never called. `nextFrame` and `now` are the browser's or doubles.
 */
export function createSlices({ nextFrame = (call) => requestAnimationFrame(call), now = () => performance.now() } = {}) {
  let current = null;

  function slice(work, done) {
    if (work !== current) return;
    const end = now() + SLICE_MILLISECONDS;
    do {
      if (work.next().done) {
        current = null;
        done();
        return;
      }
    } while (now() < end);
    nextFrame(() => slice(work, done));
  }

  return (work, done) => {
    current = work;
    slice(work, done);
  };
}
