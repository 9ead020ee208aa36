/** What the page's buttons and controls do to the one state. */

import { byId } from "./dom.js";
import { leftOpening } from "./opening.js";
import { undone, withApplied, withChoice, withFault, withSetting } from "./state.js";
import { withoutSweep } from "./sweeps.js";

const REPLAY_MILLISECONDS = 1200;

/** Return the actions by name; `training` starts and stops the real ones. */
export function createActions(store, training) {
  const act = (change) => store.update((state) => leftOpening({ ...change(state), notice: null }, state));
  return {
    change: (name, value) => act((state) => withSetting(state, name, value)),
    choose: (what) => act((state) => withChoice(state, what)),
    refuse: (name, fault) => act((state) => withFault(state, name, fault)),
    applyPreset: ({ title, parameters }) => act((state) => withApplied(state, { label: title, change: parameters })),
    apply: ({ title, apply }) => act((state) => withApplied(state, { label: title, change: apply })),
    undo: () => act(undone),
    keep: () => act((state) => ({ ...state, applied: null })),
    run: () => focusOnFault(store.get()) || runOnce(store, training),
    stop: () => training.stop(),
    removeSweep: (slot) => store.update((state) => ({ ...state, sweeps: withoutSweep(state.sweeps, slot) })),
    changePins: (change) => store.update((state) => ({ ...state, pins: change(state.pins) })),
  };
}

/** Train for real, or replay the simulated curve as a training would draw it. */
function runOnce(store, training) {
  if (store.get().settings.mode === "real") return training.start().then((taken) => taken || focusOnFault(store.get()));
  store.update((state) => ({ ...state, opening: null }));
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? null : replay(store);
}

function replay(store) {
  let began = null;
  const step = (now) => {
    began ??= now;
    const revealed = Math.min((now - began) / REPLAY_MILLISECONDS, 1);
    store.update((state) => ({ ...state, revealed }));
    if (revealed < 1) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

/** Move the focus to the first refused value; return whether there was one. */
function focusOnFault({ faults }) {
  const [name] = Object.keys(faults);
  if (!name) return false;
  const box = byId(name);
  box.closest("details")?.setAttribute("open", "");
  box.focus();
  return true;
}
