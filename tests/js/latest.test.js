import assert from "node:assert/strict";
import { test } from "node:test";

import { createLatest } from "../../static/js/latest.js";

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

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
