/** Drawing at most once a frame: the first call at once, later ones of the same frame together at the next. */

/**
 * Return gated(draw): calls `draw` now if it has not been called in this frame, else once in the next one, with the
 * newest function only. `nextFrame` is requestAnimationFrame or its double.
 */
export function createFrameGate(nextFrame) {
  let closed = false;
  let waiting = null;

  function open() {
    closed = false;
    const draw = waiting;
    waiting = null;
    if (draw) gated(draw);
  }

  function gated(draw) {
    if (closed) {
      waiting = draw;
      return;
    }
    closed = true;
    nextFrame(open);
    draw();
  }

  return gated;
}
