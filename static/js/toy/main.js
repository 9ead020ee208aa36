/** The XOR toy: trains with every change, a few milliseconds in each frame, and draws what it has learned. */

import { byId, setText } from "../dom.js";
import * as choices from "./choices.js";
import { readColours, watchTheme } from "./colours.js";
import { crowd, Experiment, REDRAWS } from "./experiment.js";
import { createGrids, fillGrids, findingsAt } from "./findings.js";
import { bindHandle, CLASS_NAMES, placeHandle } from "./handle.js";
import { createPainter } from "./painting.js";
import { showFindings } from "./readout.js";
import { bindSlider } from "./sliders.js";

const KINDS = ["plain", "private"];
const WORK_MILLISECONDS = 5; // of training in a frame of 16.7
const PLAY_MILLISECONDS = 4000; // for the whole training, when it is watched

const experiment = new Experiment();
const grids = createGrids();
const stepInput = byId("toy-step");
const playButton = byId("toy-play");
const painters = Object.fromEntries(KINDS.map((kind) => [kind, createPainter(byId(`toy-${kind}-canvas`), crowd)]));

let chosen = choices.SHIPPED;
let step = choices.STEPS;
let playedFrom = null; // the time at which step 0 was shown, while the training is watched
let colours = readColours();
let waiting = false;
let stale = true;

function choose(next) {
  chosen = next;
  experiment.want(next);
  playedFrom = null;
  goTo(choices.STEPS);
  for (const kind of KINDS) placeHandle(byId(`toy-${kind}-handle`), next.point);
  setText(byId("toy-class"), `Make your point a ${CLASS_NAMES[1 - next.point.label]}`);
}

function goTo(to) {
  if (to !== step) stale = true;
  step = to;
  stepInput.value = to;
  setText(playButton, playedFrom === null ? "Watch it train" : "Pause");
  wake();
}

function wake() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(frame);
}

function frame(now) {
  waiting = false;
  if (experiment.work(WORK_MILLISECONDS)) stale = true;
  if (playedFrom !== null && experiment.shown) play(now);
  if (stale && experiment.shown) draw();
  if (experiment.busy || playedFrom !== null) wake();
}

function play(now) {
  const reached = Math.floor((choices.STEPS * (now - playedFrom)) / PLAY_MILLISECONDS);
  if (reached >= choices.STEPS) playedFrom = null;
  goTo(Math.min(Math.max(reached, 0), choices.STEPS));
}

function draw() {
  stale = false;
  fillGrids(grids, experiment.shown, step);
  const redrawn = byId("toy-redraws").checked ? Array.from({ length: REDRAWS }, (_, index) => grids[`redraw${index}`]) : [];
  for (const kind of KINDS) {
    const scene = { joined: grids[`${kind}With`], absent: grids[`${kind}Without`], redrawn: kind === "private" ? redrawn : [] };
    painters[kind].resize();
    painters[kind].paint(scene, colours);
  }
  showFindings(findingsAt(experiment.shown, grids, step), experiment.shown.choices, step);
}

function redraw() {
  stale = true;
  wake();
}

function togglePlay() {
  const resumed = step === choices.STEPS ? 0 : step;
  playedFrom = playedFrom === null ? performance.now() - (resumed / choices.STEPS) * PLAY_MILLISECONDS : null;
  goTo(resumed);
}

function bind() {
  const showing = Object.entries(choices.SLIDERS).map(([name, parameter]) => {
    const show = bindSlider(`toy-${name}`, parameter, (value) => choose({ ...chosen, [name]: value }));
    return () => show(chosen[name]);
  });
  for (const kind of KINDS) {
    bindHandle(byId(`toy-${kind}-handle`), byId(`toy-${kind}-map`), {
      current: () => chosen.point,
      moved: (place) => choose(choices.withPointAt(chosen, place)),
      turned: () => choose(choices.withOtherClass(chosen)),
    });
  }
  const press = (id, next) => byId(id).addEventListener("click", () => {
    choose(next());
    for (const show of showing) show();
  });
  press("toy-class", () => choices.withOtherClass(chosen));
  press("toy-fresh", () => choices.withFreshDraw(chosen));
  press("toy-reset", () => choices.SHIPPED);
  byId("toy-redraws").addEventListener("change", redraw);
  playButton.addEventListener("click", togglePlay);
  stepInput.addEventListener("input", () => {
    playedFrom = null;
    goTo(Number(stepInput.value));
  });
  for (const show of showing) show();
  new ResizeObserver(redraw).observe(byId("toy-plain-map"));
  watchTheme(() => { colours = readColours(); redraw(); });
}

/** Begin when the toy comes near the screen: a reader of the first chapter shall not pay for it. */
function beginWhenNear() {
  const near = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    near.disconnect();
    choose(chosen);
  }, { rootMargin: "600px" });
  near.observe(byId("toy"));
}

bind();
beginWhenNear();
