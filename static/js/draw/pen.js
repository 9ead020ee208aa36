/** The pen that the keyboard moves: pure steps from a pen to the next one. */

const STEP = 0.04; // of the board
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The pen before it is used: {x, y} in 0..1 of the board; whether it is down; whether it has drawn since it was put down. */
export const RESTING = { x: 0.5, y: 0.25, down: false, drew: false };

export const isDirection = (key) => key in DIRECTIONS;

/** Return the pen after a step; of two arrow keys held together it goes between them. */
export function stepped(pen, keys) {
  const steps = [...keys].map((key) => DIRECTIONS[key]);
  const along = (axis) => steps.reduce((sum, step) => sum + step[axis], 0) * STEP;
  const within = (place) => Math.min(0.96, Math.max(0.04, place));
  return { ...pen, x: within(pen.x + along(0)), y: within(pen.y + along(1)), drew: pen.down };
}

/** Return the pen after Space went down: it is put down, or lifted if it was. */
export const pressed = (pen) => ({ ...pen, down: !pen.down, drew: false });

/** Return the pen after Space came up: held while it drew, it is lifted; only tapped, it stays where it was put. */
export const released = (pen) => (pen.down && pen.drew ? { ...pen, down: false, drew: false } : pen);

/** Return where the pen is, for those who hear it. */
export function whereIs({ x, y, down }) {
  return `Pen ${down ? "down" : "up"}, ${Math.round(100 * x)} % from the left, ${Math.round(100 * y)} % from the top.`;
}
