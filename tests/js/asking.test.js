import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerLost, ServerProblem } from "../../static/js/api.js";
import { askedAgain } from "../../static/js/asking.js";

/** What asking does against a server that gives these answers in turn: {asked, keys, waits, silences}. */
async function asking(answers) {
  const seen = { keys: [], waits: [], silences: 0 };
  const call = async (key) => {
    seen.keys.push(key);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const wait = async (seconds) => { seen.waits.push(seconds); };
  const asked = await askedAgain(call, "k", { wait, silent: () => { seen.silences += 1; } }).catch((error) => error);
  return { asked, ...seen };
}

test("what is answered is asked for once", async () => {
  assert.deepEqual(await asking(["run"]), { asked: "run", keys: ["k"], waits: [], silences: 0 });
});

test("a lost answer is asked for again under the same key, ever more slowly", async () => {
  const found = await asking([new ServerLost(), new ServerLost(), "run"]);
  assert.deepEqual(found, { asked: "run", keys: ["k", "k", "k"], waits: [1, 2], silences: 2 });
});

test("a refusal is not asked again", async () => {
  const refusal = new ServerProblem(422, { detail: "no" });
  assert.deepEqual(await asking([refusal]), { asked: refusal, keys: ["k"], waits: [], silences: 0 });
});

test("a server that stays silent is given up after four times", async () => {
  const { asked, keys, waits } = await asking(Array.from({ length: 9 }, () => new ServerLost()));
  assert.ok(asked instanceof ServerLost);
  assert.deepEqual([keys.length, waits], [4, [1, 2, 4]]);
});
