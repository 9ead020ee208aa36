import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerLost, ServerProblem } from "../../static/js/api.js";
import { createFollower } from "../../static/js/follow.js";
import { inWords } from "../../static/js/refusals.js";
import { createStore, initialState, withSetting } from "../../static/js/state.js";
import { catalog } from "./catalog_example.js";
import { exampleDocument } from "./document_example.js";

const realStore = () => createStore(withSetting(initialState(catalog), "mode", "real"));
const copy = (state, changes = {}) => exampleDocument({ id: "r1", evidence: "measured", state, ...changes });
const copies = (...states) => states.map((state) => copy(state));
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A follower of a server without streams: `answers` are given in turn to whatever is asked. */
function follower(store, answers) {
  const [waits, calls] = [[], []];
  const next = () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const api = {
    startRun: async (body, key) => { calls.push({ body, key }); return next(); },
    getRun: async () => next(),
    cancelRun: async (id) => { calls.push(`cancel ${id}`); return next(); },
    eventsPath: (id, after) => `/events/${id}/${after}`,
  };
  let keys = 0;
  const wait = async (seconds) => { waits.push(seconds); };
  const newKey = () => `key-${(keys += 1)}`;
  const openStream = () => assert.fail("this server has no stream");
  return { ...createFollower({ api, store, wait, newKey, openStream }), waits, calls };
}

/** A follower of a server with a stream, which the test drives by `stream`. */
function streaming(store, { documents, startRun = async () => copy("queued", NOTHING) }) {
  const stream = {};
  const api = {
    startRun, cancelRun: async () => copy("cancelled"), eventsPath: (id, after) => `/events/${id}/${after}`,
    getRun: async () => {
      const answer = documents.shift();
      if (answer instanceof Error) throw answer;
      return answer ?? copy("queued", { ...NOTHING, last_event_id: 0 });
    },
  };
  const openStream = (path, handlers) => {
    Object.assign(stream, { path, closed: false, ...handlers });
    return () => { stream.closed = true; };
  };
  const wait = () => new Promise(() => {}); // the details' timer never fires here
  return { ...createFollower({ api, store, wait, openStream, newKey: () => "key" }), stream };
}

const NOTHING = { epochs: [], iterations: [], final_metrics: null, per_class_accuracy: null, gradient_norms: null };
const epoch = (id, number) => ({ id, data: { kind: "epoch", series: "private", epoch: number, iteration: number * 10, accuracy: 0.5, loss: 1, test_loss: 1, per_class_accuracy: [0.5], epsilon: 1, clipped_fraction: 0.5, gradient_norm_histogram: { before: [], after: [] } } });

test("without a stream a run is asked after until it ends", async () => {
  const store = realStore();
  const follow = follower(store, copies("queued", "running", "running", "done"));
  assert.equal(await follow.start(), true);
  assert.equal(store.get().run.state, "done");
  assert.equal(follow.calls[0].body.mode, "real");
  assert.equal(store.get().sending, false);
});

test("a lost server is asked again and the curve is kept", async () => {
  const store = realStore();
  const seen = [];
  store.subscribe((state) => seen.push([state.lost, state.run?.state]));
  await follower(store, [...copies("running", "running"), new ServerLost("x"), new ServerLost("x"), ...copies("done")]).start();
  assert.deepEqual(seen.slice(-3), [["silent", "running"], ["silent", "running"], [false, "done"]]);
});

test("a refused training is told at its field", async () => {
  const store = realStore();
  const problem = new ServerProblem(422, { detail: "x", errors: [{ field: "batch_size", message: "too big" }] });
  await follower(store, [problem]).start();
  assert.equal(store.get().faults.batch_size, "too big");
  assert.equal(store.get().sending, false);
});

test("a refusal for now says in words when to come back", async () => {
  const store = realStore();
  await follower(store, [new ServerProblem(429, { detail: "You have 2 runs already." }, 10)]).start();
  assert.equal(store.get().problem, "You have 2 runs already. Try again in about 10 seconds.");
  assert.equal(inWords({ detail: "Full.", retryAfter: 180 }), "Full. Try again in about 3 minutes.");
  assert.equal(inWords({ detail: "Full.", retryAfter: 1 }), "Full. Try again in about 1 second.");
  assert.equal(inWords({ detail: "Full.", retryAfter: null }), "Full.");
});

test("a training whose answer was lost is asked for again under the same key, and each press has its own", async () => {
  const store = realStore();
  const follow = follower(store, [new ServerLost("x"), new ServerLost("x"), ...copies("done", "done")]);
  assert.equal(await follow.start(), true);
  assert.deepEqual(follow.calls.map(({ key }) => key), ["key-1", "key-1", "key-1"]);
  await follow.start();
  assert.equal(follow.calls.at(-1).key, "key-2");
});

test("a training that never reached the server is not said to be running", async () => {
  const store = realStore();
  assert.equal(await follower(store, Array.from({ length: 4 }, () => new ServerLost("x"))).start(), false);
  assert.match(store.get().problem, /does not answer/);
  assert.deepEqual([store.get().sending, store.get().lost], [false, false]);
});

test("a reload attaches to the run by its id and takes over its settings", async () => {
  const store = createStore(initialState(catalog));
  const running = copy("running");
  running.parameters.epochs = 7;
  await follower(store, [running, running, ...copies("done")]).attach("r1");
  assert.equal(store.get().run.state, "done");
  assert.equal(store.get().settings.epochs, 7);
  assert.equal(store.get().settings.mode, "real");
});

test("an overloaded or restarting server is waited for, as long as it asks, not given up", async () => {
  for (const status of [429, 500, 502, 503]) {
    const store = realStore();
    const follow = follower(store, [...copies("running", "running"), new ServerProblem(status, { detail: "busy" }, 7), ...copies("done")]);
    await follow.start();
    assert.equal(store.get().run.state, "done", String(status));
    assert.equal(store.get().lost, false);
    assert.ok(follow.waits.includes(7));
  }
});

test("a run that the server has forgotten ends, and what was measured stays", async () => {
  const store = realStore();
  await follower(store, [...copies("running", "running"), new ServerLost("x"), new ServerProblem(404, { detail: "gone" })]).start();
  const { run, lost, sending, problem } = store.get();
  assert.deepEqual([run.state, lost, sending, problem], ["failed", false, false, null]);
  assert.equal(run.epochs.length, 3);
  assert.match(run.error.message, /no longer knows this run/);
});

test("a forgotten run is said to be gone", async () => {
  const store = createStore(initialState(catalog));
  await follower(store, [new ServerProblem(404, { detail: "There is no run with this id." })]).attach("gone");
  assert.match(store.get().notice, /There is no run with this id\./);
});

test("stop asks the server for the run that is followed and shows its end at once", async () => {
  const store = realStore();
  const follow = follower(store, copies("done", "cancelled"));
  await follow.stop();
  await follow.start();
  await follow.stop();
  assert.deepEqual(follow.calls.slice(1), ["cancel r1"]);
  assert.equal(store.get().run.state, "cancelled");
});

test("the stream's events draw the curve; its end fetches what only the server knows and closes it", async () => {
  const store = realStore();
  const follow = streaming(store, { documents: [undefined, copy("done", { recommendations: ["x"] })] });
  const started = follow.start();
  await settled();
  assert.equal(follow.stream.path, "/events/r1/0");
  follow.stream.event({ id: 1, data: { kind: "started", attempt: 1 } });
  follow.stream.event(epoch(2, 1));
  assert.deepEqual([store.get().run.state, store.get().run.epochs.length], ["running", 1]);
  follow.stream.event({ id: 3, data: { kind: "finished", state: "done", steps: 10, training_seconds: 2, error: null } });
  assert.equal(await started, true);
  assert.equal(follow.stream.closed, true);
  assert.deepEqual(store.get().run.recommendations, ["x"]);
});

test("a page that comes late resumes the stream behind what its copy holds", async () => {
  const store = realStore();
  const follow = streaming(store, { documents: [copy("running"), copy("running", { last_event_id: 41 })] });
  follow.attach("r1");
  await settled();
  assert.equal(follow.stream.path, "/events/r1/41");
  follow.stream.event(epoch(41, 3));
  assert.equal(store.get().run.epochs.length, 3); // the copy held it already
  follow.stream.event(epoch(42, 4));
  assert.equal(store.get().run.epochs.length, 4);
});

test("a stream that breaks keeps the curve, says so, and goes on when it stands again", async () => {
  const store = realStore();
  const follow = streaming(store, { documents: [undefined, new ServerLost("x")] });
  follow.start();
  await settled();
  follow.stream.event(epoch(1, 1));
  follow.stream.interrupted();
  await settled();
  assert.deepEqual([store.get().lost, store.get().run.epochs.length], ["silent", 1]);
  follow.stream.opened();
  assert.equal(store.get().lost, false);
  assert.equal(follow.stream.closed, false);
});

test("a refused stream is replaced by asking", async () => {
  const store = realStore();
  const documents = [copy("running", { last_event_id: 3 }), copy("done")];
  const api = { startRun: async () => copy("queued"), getRun: async () => documents.shift(), eventsPath: () => "" };
  const openStream = (_, { refused }) => { queueMicrotask(refused); return () => {}; };
  const wait = () => new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(await createFollower({ api, store, wait, openStream, newKey: () => "k" }).start(), true);
  assert.equal(store.get().run.state, "done");
});
