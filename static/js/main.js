/** The playground's entry: one state, the views that show it, and the calls that change it. */

import { addressOf, fromQuery } from "./address.js";
import * as api from "./api.js";
import { byId, setText } from "./dom.js";
import { createFollower } from "./follow.js";
import { forecast, privacyOf } from "./forecast.js";
import { createLatest } from "./latest.js";
import { lessonOf } from "./lesson.js";
import { settled } from "./noise_lock.js";
import { leftOpening, withOpening } from "./opening.js";
import {
  createStore, initialState, isOf, isTraining, shownDocument, undone, withApplied, withFailure, withFault,
  withPrivacy, withSetting, withSimulation,
} from "./state.js";
import { recalledPins, rememberPins } from "./pin_store.js";
import { connectTightCurve } from "./planned_curve.js";
import { openStream } from "./stream.js";
import { bindTheme } from "./theme.js";
import { Advice } from "./views/advice.js";
import { Compare } from "./views/compare.js";
import { Controls } from "./views/controls.js";
import { Exchange } from "./views/exchange.js";
import { Figures } from "./views/figures.js";
import { StatusStrip } from "./views/status.js";

const TITLE = document.title;
const REPLAY_MILLISECONDS = 1200;
const REST_MILLISECONDS = 500;
const RETRY_MILLISECONDS = 3000;
const ADDRESS_MILLISECONDS = 250;
const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const nextFrame = (callback) => requestAnimationFrame(callback);
const newKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");

/** Load the catalog, build the page from it and show the first simulation. */
async function start() {
  const [catalog, shipped] = await Promise.all([api.getCatalog(), shippedRuns()]);
  const { settings, runId, refused } = fromQuery(catalog, initialState(catalog).settings, location.search);
  const notice = refused.length ? `The address held values that are not allowed: ${refused.join(", ")}. They were put right.` : null;
  const pins = recalledPins(() => sessionStorage);
  const first = settled({ ...initialState(catalog), settings, notice, pins: pins ?? [] });
  const store = createStore(shipped ? withOpening(first, shipped, pins) : first);
  const follower = createFollower({ api, store, wait, openStream, newKey });
  const actions = createActions(store, follower);
  const figures = new Figures(catalog, actions);
  const views = [new Controls(catalog, actions), new StatusStrip(catalog, actions), figures, new Advice(actions), new Compare(catalog, actions), new Exchange(catalog)];
  bindTheme(() => figures.recolour());
  render(views, catalog, store.get());
  store.subscribe(onceAFrame(() => render(views, catalog, store.get())));
  connectForecast(store, catalog);
  connectTightBound(store);
  connectTightCurve({ api, store, wait });
  store.subscribe(({ pins }, previous) => pins !== previous.pins && rememberPins(() => sessionStorage, pins));
  if (runId) follower.attach(runId);
}

/** Return the runs that the page opens with, or null where the address asks for something else or they cannot be had. */
function shippedRuns() {
  return location.search ? null : api.getShippedRuns().catch(() => null);
}

function createActions(store, follower) {
  const act = (change) => store.update((state) => leftOpening({ ...change(state), notice: null }, state));
  return {
    change: (name, value) => act((state) => withSetting(state, name, value)),
    refuse: (name, fault) => act((state) => withFault(state, name, fault)),
    applyPreset: ({ title, parameters }) => act((state) => withApplied(state, { label: title, change: parameters })),
    apply: ({ title, apply }) => act((state) => withApplied(state, { label: title, change: apply })),
    undo: () => act(undone),
    keep: () => act((state) => ({ ...state, applied: null })),
    run: () => focusOnFault(store.get()) || runOnce(store, follower),
    stop: () => follower.stop(),
    changePins: (change) => store.update((state) => ({ ...state, pins: change(state.pins) })),
  };
}

/** Train for real, or replay the simulated curve as a training would draw it. */
function runOnce(store, follower) {
  if (store.get().settings.mode === "real") return follower.start().then((taken) => taken || focusOnFault(store.get()));
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

/** Ask for a new forecast in the next frame whenever a setting changed that it depends on. */
function connectForecast(store, catalog) {
  const questionOf = ({ settings: { mode, ...settings } }) => settings; // the mode changes no forecast
  const ask = createLatest({
    send: (settings, options) => forecast(api, catalog, settings, options),
    done: (document) => store.update((state) => withLesson(withSimulation(state, document))),
    failed: (error) => {
      store.update((state) => withFailure(state, failureOf(error)));
      if (error instanceof api.ServerLost) setTimeout(() => ask(questionOf(store.get())), RETRY_MILLISECONDS);
    },
    nextFrame,
  });
  let asked = JSON.stringify(questionOf(store.get()));
  store.subscribe((state) => {
    const question = questionOf(state);
    if (JSON.stringify(question) === asked) return;
    asked = JSON.stringify(question);
    ask(question);
  });
  ask(questionOf(store.get()));
}

/** Fetch the tightest accountant's figure, which takes longer, once the settings have been left alone for a moment. */
function connectTightBound(store) {
  const ask = createLatest({
    send: async (settings, options) => ({ settings, privacy: await privacyOf(api, settings, options) }),
    done: ({ settings, privacy }) => store.update((state) => withPrivacy(state, privacy, settings)),
    failed: () => {}, // the report that is shown names its own reason; the next change asks again
    nextFrame,
  });
  let timer = null;
  store.subscribe((state, previous) => {
    const { simulation } = state;
    if (simulation === previous.simulation || simulation.privacyIsWhole || simulation.privacy.epsilon_pld !== null) return;
    clearTimeout(timer);
    timer = setTimeout(() => ask(store.get().settings), REST_MILLISECONDS);
  });
}

function failureOf(error) {
  if (error instanceof api.ServerProblem) return error;
  if (error instanceof api.ServerLost) return { detail: "The server does not answer; what you see is the last result. Retrying." };
  throw error;
}

/** Return the state whose applied change, once its simulation is there, tells what it did. */
function withLesson(state) {
  const { applied, simulation } = state;
  if (!applied?.metricsBefore || applied.result || !simulation.final_metrics || !isOf(simulation, applied.after)) return state;
  const lesson = lessonOf({
    before: applied.metricsBefore, after: simulation.final_metrics, evidence: simulation.evidence,
    optimizerBefore: applied.before.optimizer, optimizerAfter: applied.after.optimizer,
  });
  return { ...state, applied: { ...applied, ...lesson } };
}

function render(views, catalog, state) {
  for (const view of views) view.update(state);
  rememberAddress(`${location.pathname}${addressOf(catalog, state)}`);
  document.title = isTraining(state) && state.run ? `${state.run.epochs.length}/${state.run.parameters.epochs} epochs · ${TITLE}` : TITLE;
  announce(state);
}

let addressTimer = null;

/** Put the settings into the address once they rest: browsers refuse more than about a hundred changes in half a minute. */
function rememberAddress(address) {
  clearTimeout(addressTimer);
  if (address === `${location.pathname}${location.search}`) return;
  addressTimer = setTimeout(() => history.replaceState(null, "", address), ADDRESS_MILLISECONDS);
}

/** Tell screen readers once an epoch, politely. */
function announce(state) {
  const last = state.run?.epochs.at(-1);
  if (!isTraining(state) || !last || shownDocument(state) !== state.run) return;
  setText(byId("announcer"), byId("training-title").textContent);
}

function onceAFrame(callback) {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    nextFrame(() => {
      scheduled = false;
      callback();
    });
  };
}

start().catch((error) => {
  byId("problem").hidden = false;
  setText(byId("problem"), `The playground could not start: ${error.message} Reload to try again.`);
  if (!(error instanceof api.ServerLost || error instanceof api.ServerProblem)) throw error;
});
