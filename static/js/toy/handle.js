/** Your point on a map: a button that is dragged, moved by the arrow keys, and that changes class by Space or Enter. */

import { REACH } from "./crowd.js";

const [SMALL_STEP, BIG_STEP] = [0.05, 0.25];
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Bind the button `handle` over the square `box`: `moved({x, y})` and `turned()` are called, `current()` asked. */
export function bindHandle(handle, box, { current, moved, turned }) {
  const placeOf = ({ clientX, clientY }) => {
    const { left, top, width, height } = box.getBoundingClientRect();
    return { x: REACH * ((2 * (clientX - left)) / width - 1), y: REACH * (1 - (2 * (clientY - top)) / height) };
  };

  handle.addEventListener("pointerdown", (event) => handle.setPointerCapture(event.pointerId));
  handle.addEventListener("pointermove", (event) => {
    if (handle.hasPointerCapture(event.pointerId)) moved(placeOf(event));
  });
  handle.addEventListener("keydown", (event) => {
    const direction = DIRECTIONS[event.key];
    if (!direction) return;
    event.preventDefault();
    const step = event.shiftKey ? BIG_STEP : SMALL_STEP;
    const { x, y } = current();
    moved({ x: x + step * direction[0], y: y + step * direction[1] });
  });
  box.addEventListener("click", (event) => {
    const byKey = event.detail === 0; // Space and Enter click a button without a pointer
    if (event.target !== handle) moved(placeOf(event));
    else if (byKey) turned();
  });
}

/** Put the handle to where the point is and say so. */
export function placeHandle(handle, { x, y, label }) {
  handle.style.left = `${50 * (1 + x / REACH)}%`;
  handle.style.top = `${50 * (1 - y / REACH)}%`;
  handle.dataset.label = label;
  handle.setAttribute("aria-label", `Your point: ${x.toFixed(2)} across, ${y.toFixed(2)} up, class ${CLASS_NAMES[label]}`);
}

export const CLASS_NAMES = ["disc", "square"];
