import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerLost, ServerProblem } from "../../static/js/api.js";
import { createFollower } from "../../static/js/follow.js";
import { createLatest } from "../../static/js/latest.js";
import { createStore, initialState, withSetting } from "../../static/js/state.js";
import { catalog } from "./catalog_example.js";
import { exampleDocument } from "./document_example.js";

const realStore = () => createStore(withSetting(initialState(catalog), "mode", "real"));
const copies = (...states) => states.map((state) => exampleDocument({ id: "r1", evidence: "measured", state }));
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

function follower(store, answers, { startRun } = {}) {
  const waits = [];
  const calls = [];
  const next = () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const api = {
    startRun: startRun ?? (async (body) => { calls.push(body); return next(); }),
    getRun: async () => next(),
    cancelRun: async (id) => { calls.push(`cancel ${id}`); },
  };
  const wait = async (seconds) => { waits.push(seconds); };
  return { ...createFollower({ api, store, wait }), waits, calls };
}

test("a run is followed until it ends", async () => {
  const store = realStore();
  const follow = follower(store, copies("queued", "running", "running", "done"));
  await follow.start();
  assert.equal(store.get().run.state, "done");
  assert.equal(follow.waits.length, 3);
  assert.equal(follow.calls[0].mode, "real");
  assert.equal(store.get().sending, false);
});

test("a lost server is asked again and the curve is kept", async () => {
  const store = realStore();
  const seen = [];
  store.subscribe((state) => seen.push([state.lost, state.run?.state]));
  await follower(store, [...copies("running"), new ServerLost("x"), new ServerLost("x"), ...copies("done")]).start();
  assert.deepEqual(seen.slice(-3), [[true, "running"], [true, "running"], [false, "done"]]);
});

test("a refused training is told at its field", async () => {
  const store = realStore();
  const problem = new ServerProblem(422, { detail: "x", errors: [{ field: "batch_size", message: "too big" }] });
  await follower(store, [problem]).start();
  assert.equal(store.get().faults.batch_size, "too big");
  assert.equal(store.get().sending, false);
});

test("a reload attaches to the run by its id and takes over its settings", async () => {
  const store = createStore(initialState(catalog));
  const [running, done] = copies("running", "done");
  running.parameters.epochs = 7;
  await follower(store, [running, done]).attach("r1");
  assert.equal(store.get().run.state, "done");
  assert.equal(store.get().settings.epochs, 7);
  assert.equal(store.get().settings.mode, "real");
});

test("an overloaded or restarting server is waited for, not given up", async () => {
  for (const status of [429, 500, 502, 503]) {
    const store = realStore();
    await follower(store, [...copies("running"), new ServerProblem(status, { detail: "busy" }), ...copies("done")]).start();
    assert.equal(store.get().run.state, "done", String(status));
    assert.equal(store.get().lost, false);
  }
});

test("a run that the server has forgotten ends, and what was measured stays", async () => {
  const store = realStore();
  await follower(store, [...copies("running"), new ServerLost("x"), new ServerProblem(404, { detail: "gone" })]).start();
  const { run, lost, sending, problem } = store.get();
  assert.deepEqual([run.state, lost, sending, problem], ["failed", false, false, null]);
  assert.equal(run.epochs.length, 3);
  assert.match(run.error.message, /no longer knows this run/);
});

test("a training that never reached the server is not said to be running", async () => {
  const store = realStore();
  assert.equal(await follower(store, [new ServerLost("x")]).start(), false);
  assert.match(store.get().problem, /does not answer/);
  assert.deepEqual([store.get().sending, store.get().lost], [false, false]);
});

test("a forgotten run is said to be gone", async () => {
  const store = createStore(initialState(catalog));
  await follower(store, [new ServerProblem(404, { detail: "There is no run with this id." })]).attach("gone");
  assert.match(store.get().notice, /There is no run with this id\./);
});

test("stop asks the server for the run that is followed", async () => {
  const store = realStore();
  const follow = follower(store, copies("done"));
  await follow.stop();
  await follow.start();
  await follow.stop();
  assert.equal(follow.calls.at(-1), "cancel r1");
});

test("only the newest question of a frame is asked, and only the newest answer counts", async () => {
  const frames = [];
  const open = [];
  const done = [];
  const send = (question, { signal }) => new Promise((resolve) => open.push({ question, signal, resolve }));
  const ask = createLatest({ send, done: (answer) => done.push(answer), failed: assert.fail, nextFrame: (frame) => frames.push(frame) });
  ask(1);
  ask(2);
  frames.shift()();
  assert.deepEqual(open.map(({ question }) => question), [2]);
  ask(3);
  frames.shift()();
  assert.equal(open[0].signal.aborted, true);
  open[1].resolve("three");
  open[0].resolve("two");
  await settled();
  assert.deepEqual(done, ["three"]);
});
