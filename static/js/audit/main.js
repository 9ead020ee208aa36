/** The audit's section of the page of attacks: what was measured, and measuring anew. */

import * as api from "../api.js";
import { createFollower } from "../follow.js";
import { createFrameGate } from "../frame_gate.js";
import { isActive } from "../run_states.js";
import { createStore, withFailure } from "../state.js";
import { inWords } from "../refusals.js";
import { openStream } from "../stream.js";
import { newKey, wait } from "../time_and_chance.js";
import { choiceOfRun, readyChoices } from "./choices.js";
import { ResultView } from "./result_view.js";
import { StartView } from "./start_view.js";
import { createStarting } from "./starting.js";
import { firstState, hasFound, isBusy, pickedChoice } from "./state.js";

const MECHANISM = ["task", "dataset", "train_size", "batch_size", "noise_multiplier", "epochs", "delta", "sampling"];
const LOOK_SECONDS = 1;
const NOT_FOUND = 404;
const ID = /^[0-9a-f]{8,64}$/;

/** Build the section; return {recolour}. `limitsOf(parameters, limits)` is told which mechanism the limits are asked for. */
export async function startAudits({ limitsOf }) {
  const [catalog, shipped] = await Promise.all([api.getCatalog(), api.getShippedAudits().catch(() => null)]);
  const store = createStore(firstState({ catalog, choices: readyChoices(catalog), shipped }));
  const audits = new Audits(store, { limitsOf });
  audits.show();
  if (shipped) limitsOf(shipped.audits.private, shipped.audits.private.limits);
  audits.followAddress(new URLSearchParams(location.search));
  return { recolour: () => audits.result.recolour() };
}

class Audits {
  constructor(store, { limitsOf }) {
    Object.assign(this, { store, title: document.title });
    this.follower = createFollower({ api, store, wait, openStream, newKey });
    this.starting = createStarting({ api, wait, newKey, silent: () => this.change({ lost: "silent" }) });
    this.result = new ResultView();
    this.start_ = new StartView({
      pick: (picked) => this.change({ picked }), canaries: (canaries) => this.change({ canaries }),
      start: () => this.start(), stop: () => this.stop(),
    });
    document.getElementById("audit-limits").addEventListener("click", () => {
      const { documents: [shown], limits } = this.result.shown;
      limitsOf(shown, limits, { focus: true });
    });
    this.limitsOf = limitsOf;
  }

  change(changes) {
    this.store.update((state) => ({ ...state, ...changes }));
  }

  show() {
    const gate = createFrameGate((callback) => requestAnimationFrame(callback));
    const render = () => {
      const state = this.store.get();
      this.start_.update(state);
      this.result.update(state);
      document.title = isBusy(state) ? `Auditing · ${this.title}` : this.title;
    };
    render();
    this.store.subscribe(() => gate(render));
    this.store.subscribe((state, previous) => hasFound(state.run) && !hasFound(previous.run) && this.learnLimits(state.run));
  }

  /** Attach to the audit, or offer the run, that the address names. */
  async followAddress(query) {
    const [audit, run] = ["audit", "run"].map((name) => query.get(name));
    if (audit && ID.test(audit)) await this.followNamed(audit);
    else if (run && ID.test(run)) await this.offer(run);
    else if (audit || run) this.change({ notice: "The address names a run that cannot be: its id is not one." });
  }

  async offer(id) {
    try {
      const run = await api.getRun(id);
      if (run.audit) return await this.follow(id);
      document.getElementById("audit").dataset.asked = "";
      const choice = choiceOfRun(this.store.get().catalog, run);
      this.store.update((state) => ({ ...state, choices: [choice, ...state.choices], picked: choice.id }));
      this.limitsOf(run, await limitsFor(run));
    } catch (error) {
      this.fail(error, "The run in the address cannot be shown.");
    }
  }

  async start() {
    const { canaries, run, previous } = this.store.get();
    const { runId, settings } = pickedChoice(this.store.get());
    this.change({ sending: true, problem: null, notice: null, training: null, previous: hasFound(run) ? run : previous });
    try {
      const { audit, training } = await this.starting.start({ runId, settings, canaries });
      this.change({ sending: false, lost: false });
      history.replaceState({ training }, "", `${location.pathname}?audit=${audit.id}`);
      await this.follow(audit.id);
    } catch (error) {
      this.fail(error, "");
    }
  }

  /** Follow what the address says is an audit; a training is not followed. */
  async followNamed(id) {
    const named = await api.getRun(id).catch(() => null); // why there is none, following says
    if (named && !named.audit) this.change({ notice: "The address names a training, not an audit." });
    else await this.follow(id);
  }

  async follow(id) {
    await Promise.all([this.follower.attach(id), this.lookAtTraining(id)]);
  }

  /** While the audit waits for its own training, show that one. */
  async lookAtTraining(id) {
    const training = history.state?.training;
    while (training) {
      const run = await api.getRun(training).catch((error) => (error.status === NOT_FOUND ? null : undefined)); // undefined: ask again
      if (run !== undefined) this.change({ training: run });
      const { run: audit } = this.store.get();
      if ((run !== undefined && !isActive(run)) || (audit && (audit.id !== id || audit.state !== "queued"))) return;
      await wait(LOOK_SECONDS);
    }
  }

  async stop() {
    const { training } = this.store.get();
    if (isActive(training)) await api.cancelRun(training.id).catch(() => null); // it was for the audit only
    await this.follower.stop();
  }

  async learnLimits(run) {
    const limits = await limitsFor(run);
    if (limits) this.change({ limits: { id: run.id, ...limits } });
  }

  fail(error, before) {
    if (!(error instanceof api.ServerProblem || error instanceof api.ServerLost)) throw error;
    const why = error instanceof api.ServerLost ? "The server does not answer. Try again in a moment." : inWords(error);
    const detail = [before, why, ...(error.errors ?? []).map(({ message }) => message)].filter(Boolean).join(" ");
    this.store.update((state) => withFailure(state, { detail }));
  }
}

/** Return what the mechanism of a run allows any attacker, or null where the server does not say. */
async function limitsFor({ parameters }) {
  const asked = Object.fromEntries(MECHANISM.filter((name) => name in parameters).map((name) => [name, parameters[name]]));
  return api.getPrivacy(asked).catch(() => null);
}
