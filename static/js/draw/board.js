/** The board: strokes by mouse, finger, pen and keyboard, painted white on black as the models see them. */

import { element, setText } from "../dom.js";
import { isDirection, pressed, released, RESTING, stepped, whereIs } from "./pen.js";

const PIXELS = 560;
const LINE = 0.085; // of the board's side
const GROUND = "#0b0c0e";
const INK = "#ffffff";
const PEN = "#c4b5fd";
const HINT = "#8b8f99";

export class Board {
  /** `changed(ended)` is called after each change of `strokes`, with whether the pen has been lifted. */
  constructor(changed) {
    Object.assign(this, { changed, strokes: [], pen: RESTING, keys: new Set(), pointer: null, byKeys: false });
    this.canvas = element("canvas", {
      id: "draw-board", width: PIXELS, height: PIXELS, tabindex: 0, role: "application", "aria-label": "Drawing board",
      "aria-describedby": "draw-how", "aria-roledescription": "drawing board",
    });
    this.said = element("p", { class: "visually-hidden", role: "status" });
    this.listenToPointers();
    this.listenToKeys();
    this.paint();
  }

  get isEmpty() {
    return this.strokes.length === 0;
  }

  clear() {
    Object.assign(this, { strokes: [], pen: RESTING, pointer: null });
    setText(this.said, "Cleared.");
    this.paint();
    this.changed(true);
  }

  listenToPointers() {
    const on = (name, react) => this.canvas.addEventListener(name, react);
    on("pointerdown", (event) => this.begin(event));
    on("pointermove", (event) => this.follow(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) on(name, (event) => this.end(event));
  }

  begin(event) {
    if (this.pointer !== null || event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    Object.assign(this, { pointer: event.pointerId, byKeys: false, pen: { ...this.pen, down: false } });
    this.strokes.push([]);
    this.add([this.place(event)]);
  }

  follow(event) {
    if (event.pointerId !== this.pointer) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    this.add((moves.length ? moves : [event]).map((move) => this.place(move)));
  }

  end(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.changed(true);
  }

  place({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return { x: (clientX - left) / width, y: (clientY - top) / height };
  }

  add(points) {
    this.strokes.at(-1).push(...points);
    this.paint();
    this.changed(false);
  }

  listenToKeys() {
    this.canvas.addEventListener("keydown", (event) => this.press(event));
    this.canvas.addEventListener("keyup", ({ key }) => {
      this.keys.delete(key);
      if (key === " ") this.lift(released(this.pen));
    });
    this.canvas.addEventListener("focus", () => this.paint());
    this.canvas.addEventListener("blur", () => {
      this.keys.clear();
      this.lift({ ...this.pen, down: false });
    });
  }

  press(event) {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || !(isDirection(key) || [" ", "Delete", "Backspace"].includes(key))) return;
    event.preventDefault();
    event.stopPropagation();
    this.byKeys = true;
    if (isDirection(key)) this.step(key);
    else if (key !== " ") this.clear();
    else if (!event.repeat) this.putDown();
  }

  step(key) {
    this.keys.add(key);
    this.pen = stepped(this.pen, this.keys);
    if (this.pen.down) this.add([this.pen]);
    else this.paint();
  }

  putDown() {
    const pen = pressed(this.pen);
    if (!pen.down) return this.lift(pen);
    this.pen = pen;
    this.strokes.push([]);
    this.add([pen]);
    setText(this.said, whereIs(pen));
  }

  /** Take the next pen, and tell of it if it has been lifted by that. */
  lift(pen) {
    const lifted = this.pen.down && !pen.down;
    this.pen = pen;
    this.paint();
    if (!lifted) return;
    setText(this.said, whereIs(pen));
    this.changed(true);
  }

  paint() {
    const canvas = this.canvas.getContext("2d");
    canvas.fillStyle = GROUND;
    canvas.fillRect(0, 0, PIXELS, PIXELS);
    Object.assign(canvas, { strokeStyle: INK, lineWidth: LINE * PIXELS, lineCap: "round", lineJoin: "round" });
    if (this.isEmpty) hint(canvas);
    for (const [first, ...rest] of this.strokes) {
      canvas.beginPath();
      canvas.moveTo(first.x * PIXELS, first.y * PIXELS);
      (rest.length ? rest : [first]).forEach(({ x, y }) => canvas.lineTo(x * PIXELS, y * PIXELS));
      canvas.stroke();
    }
    if (this.byKeys && document.activeElement === this.canvas) this.paintPen(canvas);
  }

  paintPen(canvas) {
    const { x, y, down } = this.pen;
    Object.assign(canvas, { strokeStyle: PEN, fillStyle: PEN, lineWidth: 6 });
    canvas.beginPath();
    canvas.arc(x * PIXELS, y * PIXELS, (LINE * PIXELS) / 2, 0, 2 * Math.PI);
    if (down) canvas.fill();
    else canvas.stroke();
  }
}

function hint(canvas) {
  Object.assign(canvas, { fillStyle: HINT, font: `${PIXELS / 14}px system-ui, sans-serif`, textAlign: "center", textBaseline: "middle" });
  canvas.fillText("Draw here", PIXELS / 2, PIXELS / 2);
}
