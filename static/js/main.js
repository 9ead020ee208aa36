/** The playground's entry: one state, the views that show it, and what keeps it up to date. */

import { createActions } from "./actions.js";
import { fromQuery, runIdOf } from "./address.js";
import { getCatalog, getPrivacy, getRun, getShippedRuns, getShippedSweep, ServerLost, ServerProblem, simulate } from "./api.js";
import { byId, setText } from "./dom.js";
import { keepForecast, keepTightBound } from "./keep_forecast.js";
import { later, whenNear, whenUsed } from "./near.js";
import { settled } from "./noise_lock.js";
import { withOpening } from "./opening.js";
import { recalledPins, rememberPins } from "./pin_store.js";
import { connectTightCurve } from "./planned_curve.js";
import { createStore, initialState } from "./state.js";
import { addStyles } from "./styles.js";
import { Surroundings } from "./surroundings.js";
import { withTableOf } from "./table_task.js";
import { bindTheme } from "./theme.js";
import { newKey, wait } from "./time_and_chance.js";
import { createTraining } from "./training.js";
import { Advice } from "./views/advice.js";
import { Compare } from "./views/compare.js";
import { Controls } from "./views/controls.js";
import { Exchange } from "./views/exchange.js";
import { Figures } from "./views/figures.js";
import { Guarantee } from "./views/guarantee.js";
import { Help } from "./views/help.js";
import { Messages } from "./views/messages.js";
import { StatusStrip } from "./views/status.js";
import { SweepOpener } from "./views/sweep_opener.js";
import { TradeOff } from "./views/trade_off.js";

const api = { getPrivacy, simulate }; // the rest of api.js comes with what asks for it

/** Load the catalog, build the page from it, and show the shipped run or the simulation that the address asks for. */
async function start() {
  const [served, shipped, linked, shippedSweep] = await Promise.all([getCatalog(), shippedRuns(), linkedRun(), getShippedSweep().catch(() => null)]);
  const catalog = linked ? withTableOf(served, linked) : served;
  const { settings, runId, refused } = fromQuery(catalog, initialState(catalog).settings, location.search);
  const notice = refused.length ? `The address held values that are not allowed: ${refused.join(", ")}. They were put right.` : null;
  const pins = recalledPins(() => sessionStorage);
  const first = settled({ ...initialState(catalog), settings, notice, pins: pins ?? [], shippedSweep });
  const store = createStore(shipped ? withOpening(first, shipped, pins) : first);
  const training = createTraining({ store, wait, newKey });
  const sweeps = new SweepOpener({ store, catalog, wait, newKey });
  show(store, catalog, { ...createActions(store, training), sweep: (name) => sweeps.open(name) });
  sweeps.resume();
  keepForecast({ api, store, catalog });
  keepTightBound({ api, store });
  connectTightCurve({ api, store, wait });
  store.subscribe(({ pins: now }, previous) => now !== previous.pins && rememberPins(() => sessionStorage, now));
  if (runId) training.attach(runId);
  whenUsed(() => later().catch(() => {})); // whoever wants a part of it is told
}

/** Return the run that the address names, or null; following it says why it cannot be had. */
function linkedRun() {
  const id = runIdOf(location.search);
  return id ? getRun(id).catch(() => null) : null;
}

/** Return the runs that the page opens with, or null where the address asks for something else or they cannot be had. */
function shippedRuns() {
  return location.search ? null : getShippedRuns().catch(() => null);
}

/** Build the views, and let them show every new state, at most once a frame. */
function show(store, catalog, actions) {
  const figures = new Figures(catalog, actions);
  const views = [
    new Controls(catalog, actions), new Messages(actions), new StatusStrip(catalog), figures, new Advice(actions),
    new Compare(catalog, actions), new Exchange(catalog), new Surroundings(catalog),
  ];
  const render = () => views.forEach((view) => view.update(store.get()));
  new Help(catalog, actions).listen();
  const coloured = [figures];
  bindTheme(() => coloured.forEach((view) => view.recolour()));
  render();
  store.subscribe(onceAFrame(render));
  afterPaint(() => { // below the fold: neither must keep the first paint waiting
    const tradeOff = new TradeOff(actions, (text) => figures.say(text));
    const guarantee = new Guarantee();
    views.push(tradeOff, guarantee);
    coloured.push(tradeOff);
    for (const view of [tradeOff, guarantee]) view.update(store.get());
  });
  whenNear(byId("draw"), (card) =>
    Promise.all([import(card.dataset.script), addStyles(card)]).then(
      ([{ openDrawing }]) => openDrawing(card, store, actions), () => card.append("It could not be loaded: the server does not answer. Reload to try again.")));
}

const afterPaint = (callback) => requestAnimationFrame(() => setTimeout(callback));

/** Call `callback` in the next frame, once; a frame gate would also call it now, so twice before one paint. */
function onceAFrame(callback) {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      callback();
    });
  };
}

start().catch((error) => {
  byId("problem").hidden = false;
  setText(byId("problem"), `The playground could not start: ${error.message} Reload to try again.`);
  if (!(error instanceof ServerLost || error instanceof ServerProblem)) throw error;
});
