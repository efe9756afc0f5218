import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ScriptedEngine, SCRIPT, type ScriptedOptions } from "../support/scripted-engine.js";
import { LoopHarness, joined, type RunRequest } from "./loop-harness.js";
import { bytes, NO_CREDIT } from "./scripted-loop.js";

/** A beginning that is worth sharing. */
const SYSTEM =
  "You answer in one word, and you never say more than that word to anybody, ever, whatever they ask. ".repeat(3);
const LEAST_GAIN_TOKENS = 64;

/** An engine on which prefill takes time, so that saved state is worth its cost, and a loop that prefills in small chunks. */
function slowReading(options: ScriptedOptions = {}): { engine: ScriptedEngine; harness: LoopHarness } {
  const engine = new ScriptedEngine({ sequences: 4, stepMs: 2, ...options });
  return { engine, harness: new LoopHarness(engine, { prefill: { maxTokens: 8 } }) };
}

const scoped = (cacheScope: string | undefined): Pick<RunRequest, "cacheScope" | "isAlone"> =>
  cacheScope === undefined ? { isAlone: true } : { cacheScope };

describe("step loop: shared beginnings", () => {
  it("are prefilled once for callers that come together, and each answer is its own", async () => {
    const { engine, harness } = slowReading();
    await using _ = harness;
    const questions = ["What?", "Where?", "When?", "Why?"];
    const runs = questions.map((question) => harness.start({ prompt: SYSTEM + question }));
    for (const [index, runId] of runs.entries()) {
      await harness.end(runId);
      assert.equal(joined(harness.story(runId)).text, SYSTEM + (questions[index] ?? ""));
    }
    const reused = await Promise.all(runs.map(async (runId) => (await harness.end(runId)).tally.reusedInputTokens));
    assert.equal(reused.filter((tokens) => tokens >= SYSTEM.length).length, 3, reused.join(" "));
    assert.ok(engine.prefillTokens < SYSTEM.length + 200, `${engine.prefillTokens} tokens prefilled`);
  });

  it("are copied from a run that goes on decoding", async () => {
    const { engine, harness } = slowReading();
    await using _ = harness;
    const first = harness.start({ prompt: [...bytes(SYSTEM), SCRIPT.CYCLE, ...bytes("first")] });
    await harness.until(first, ({ decodedTokens }) => decodedTokens > 5);
    const second = await harness.complete({ prompt: `${SYSTEM}second` });
    assert.equal(second.text, `${SYSTEM}second`);
    assert.equal(second.end.tally.reusedInputTokens, SYSTEM.length);
    assert.equal(engine.restored, 1);
    harness.loop.cancel(first, "immediate");
  });

  it("are prefilled again for a run of another scope, whether they are free, saved, decoded or just prefilled", async () => {
    const { engine, harness } = slowReading();
    await using _ = harness;
    const runs = ["one", "one", "two", undefined].map((cacheScope) =>
      harness.start({ prompt: [...bytes(SYSTEM), SCRIPT.CYCLE], ...scoped(cacheScope) }),
    );
    for (const runId of runs) await harness.until(runId, ({ decodedTokens }) => decodedTokens > 5);
    for (const runId of runs) harness.loop.cancel(runId, "immediate");
    const reused = await Promise.all(runs.map(async (runId) => (await harness.end(runId)).tally.reusedInputTokens));
    assert.deepEqual(reused, [0, SYSTEM.length, 0, 0]);
    assert.ok(engine.prefillTokens > 2.9 * SYSTEM.length, `${engine.prefillTokens} tokens prefilled`);
    const later = [];
    for (const cacheScope of ["three", undefined, "one", "two"]) {
      const { end } = await harness.complete({ prompt: `${SYSTEM}later`, ...scoped(cacheScope) });
      later.push(end.tally.reusedInputTokens);
    }
    assert.deepEqual(later, [0, 0, SYSTEM.length, SYSTEM.length]);
  });

  it("are the run's own after a preemption, also where it shares nothing", async () => {
    const { engine, harness } = slowReading({ sequences: 1 });
    await using _ = harness;
    const alone = harness.start({ prompt: [...bytes(SYSTEM), SCRIPT.CYCLE, ...bytes("x")], isAlone: true });
    await harness.until(alone, ({ decodedTokens }) => decodedTokens > 5);
    harness.loop.preempt(alone);
    await harness.until(alone, ({ preempted }) => preempted);
    assert.equal((await harness.complete({ prompt: `${SYSTEM}other` })).end.tally.reusedInputTokens, 0);
    harness.loop.resume(alone);
    const { decodedTokens } = harness.story(alone);
    await harness.until(alone, (story) => story.decodedTokens > decodedTokens);
    assert.ok(harness.story(alone).reprefilledTokens < LEAST_GAIN_TOKENS, "its state was kept for it");
    assert.equal(engine.restored, 1);
    harness.loop.cancel(alone, "immediate");
  });

  it("are waited for no longer than somebody reads them", async () => {
    for (const how of ["cancelled", "failed"] as const) {
      const { engine, harness } = slowReading();
      await using _ = harness;
      const trap = how === "failed" ? [SCRIPT.FAIL_PREFILL] : [];
      const leader = harness.start({ prompt: [...bytes(SYSTEM), ...trap, ...bytes(SYSTEM)] });
      const follower = harness.start({ prompt: `${SYSTEM}follower` });
      await harness.until(leader, ({ prefills }) => prefills.length > 0);
      assert.equal(harness.story(follower).prefills.length, 0);
      if (how === "cancelled") harness.loop.cancel(leader, "immediate");
      await harness.end(follower);
      assert.equal(joined(harness.story(follower)).text, `${SYSTEM}follower`);
      assert.ok(engine.openDecoders === 0);
    }
  });

  it("hold up nobody who follows and leaves", async () => {
    const { engine, harness } = slowReading();
    await using _ = harness;
    const leader = harness.start({ prompt: `${SYSTEM}leader` });
    const follower = harness.start({ prompt: `${SYSTEM}follower` });
    await harness.until(leader, ({ prefills }) => prefills.length > 0);
    harness.loop.cancel(follower, "immediate");
    assert.equal(harness.story(follower).ends.length, 1);
    await harness.end(leader);
    assert.equal(joined(harness.story(leader)).text, `${SYSTEM}leader`);
    assert.equal(engine.openDecoders, 0);
  });

  it("may be led by a run that has no credit for its first token", async () => {
    const { harness } = slowReading();
    await using _ = harness;
    const leader = harness.start({ prompt: SYSTEM, credit: NO_CREDIT });
    const follower = await harness.complete({ prompt: `${SYSTEM}follower` });
    assert.equal(follower.text, `${SYSTEM}follower`);
    assert.ok(follower.end.tally.reusedInputTokens >= SYSTEM.length - 1);
    harness.loop.cancel(leader, "immediate");
  });

  it("are not waited for when they are short", async () => {
    const { harness } = slowReading();
    await using _ = harness;
    const short = SYSTEM.slice(0, LEAST_GAIN_TOKENS - 2);
    const runs = ["one", "two"].map((name) => harness.start({ prompt: `${short}|${name}|${SYSTEM}` }));
    for (const runId of runs) assert.equal((await harness.end(runId)).tally.reusedInputTokens, 0);
  });

  it("outlive the sequence that held them, when they were used twice", async () => {
    const { engine, harness } = slowReading({ sequences: 1 });
    await using _ = harness;
    await harness.complete({ prompt: `${SYSTEM}one` });
    await harness.complete({ prompt: `${SYSTEM}two` });
    await harness.complete({ prompt: "something else" });
    const again = await harness.complete({ prompt: `${SYSTEM}three` });
    assert.equal(again.text, `${SYSTEM}three`);
    assert.equal(again.end.tally.reusedInputTokens, SYSTEM.length);
    assert.equal(engine.restored, 1);
    assert.equal(engine.savedStates, 1);
  });

  it("give way to what preempted runs need, and leave nothing behind at the end", async () => {
    const { engine, harness } = slowReading({ sequences: 1 });
    {
      await using _ = harness;
      await harness.complete({ prompt: `${SYSTEM}one` });
      await harness.complete({ prompt: `${SYSTEM}two` });
      await harness.complete({ prompt: "something else" });
      assert.equal(engine.savedStates, 1);
      const save = engine.save.bind(engine);
      engine.save = (sequence) => (engine.savedStates > 0 ? Promise.resolve(undefined) : save(sequence));
      const slow = harness.start({ prompt: SYSTEM.toUpperCase(), credit: { pieces: 3, bytes: 100 } });
      await harness.until(slow, ({ parked }) => parked);
      harness.loop.preempt(slow);
      await harness.until(slow, ({ preempted }) => preempted);
      await nextTurn();
      assert.equal(engine.savedStates, 1, "the preempted run's, in place of the shelf's");
      harness.loop.cancel(slow, "immediate");
    }
    assert.equal(engine.savedStates, 0);
  });
});
