import assert from "node:assert/strict";
import { ScriptedEngine, SCRIPT, type ScriptedOptions } from "../support/scripted-engine.js";
import { LoopHarness, joined } from "./loop-harness.js";
import { bytes, gateOf, scripted } from "./scripted-loop.js";

/** So much credit that the run is parked after `tokens`. */
const creditFor = (tokens: number) => ({ pieces: tokens, bytes: 1_000 });
const TEXT = "The quick brown fox";

/** Preempts a parked run and gives it its slot back. */
async function preemptAndResume(harness: LoopHarness, runId: number): Promise<void> {
  harness.loop.preempt(runId);
  await harness.until(runId, ({ preempted }) => preempted);
  harness.loop.resume(runId);
}

async function runPreemptedAfter(position: number, options: ScriptedOptions): Promise<void> {
  const { engine, harness } = scripted({ sequences: 1, stepMs: 1, ...options });
  await using _ = harness;
  const undisturbed = await harness.complete({ prompt: TEXT });
  const runId = harness.start({ prompt: TEXT, credit: creditFor(position) });
  await harness.until(runId, ({ parked }) => parked);
  await preemptAndResume(harness, runId);
  harness.loop.grant(runId, creditFor(1_000));
  const end = await harness.end(runId);
  const { text, tokenIds } = joined(harness.story(runId));
  assert.equal(text, undisturbed.text);
  assert.deepEqual(tokenIds, undisturbed.tokenIds);
  assert.equal(end.tally.outputTokens, undisturbed.end.tally.outputTokens);
  assert.equal(end.tally.restarts, 1);
  assert.equal(engine.openDecoders, 0);
  assert.equal(engine.savedStates, 0);
}

describe("step loop: preemptions", () => {
  it("lose and repeat nothing, wherever the run is", async () => {
    for (let position = 0; position < TEXT.length; position++) {
      await runPreemptedAfter(position, { saves: true });
      await runPreemptedAfter(position, { saves: false });
    }
  });

  it("may come again and again, after every token", async () => {
    for (const saves of [true, false]) {
      const { harness } = scripted({ sequences: 1, saves });
      await using _ = harness;
      const runId = harness.start({ prompt: TEXT, credit: creditFor(1) });
      for (let token = 1; token < TEXT.length; token++) {
        await harness.until(runId, ({ parked, decodedTokens }) => parked && decodedTokens === token);
        await preemptAndResume(harness, runId);
        harness.loop.grant(runId, creditFor(1));
      }
      await harness.until(runId, ({ parked, decodedTokens }) => parked && decodedTokens === TEXT.length);
      harness.loop.grant(runId, creditFor(1));
      const end = await harness.end(runId);
      assert.equal(joined(harness.story(runId)).text, TEXT);
      assert.equal(end.tally.restarts, TEXT.length - 1);
    }
  });

  it("keep half a code point and the beginning of a stop sequence", async () => {
    const { engine, harness } = scripted({ sequences: 1, extraTokens: [[0xe2], [0x82, 0xac], [0x53], [0x54]] });
    await using _ = harness;
    const prompt = [1_000, 1_001, 1_002, ...bytes("x"), 1_002, 1_003, ...bytes("y")];
    const request = { prompt, stopping: { stopSequences: ["ST"] } };
    const expected = await harness.complete(request);
    assert.equal(expected.text, "€Sx");
    const runId = harness.start(request);
    engine.beforeStep = () => harness.loop.preempt(runId);
    while (harness.story(runId).ends.length === 0) {
      await harness.until(runId, ({ preempted, ends }) => preempted || ends.length > 0);
      harness.loop.resume(runId);
      await harness.until(runId, ({ preempted }) => !preempted);
    }
    assert.equal(joined(harness.story(runId)).text, "€Sx");
    assert.equal(harness.story(runId).ends[0]?.tally.restarts, 5);
  });

  it("give the sequence to another, and leave it alone until the run is resumed", async () => {
    // Steps that take some time: otherwise another prefill would be as cheap as the saved state.
    const { engine, harness } = scripted({ sequences: 1, cycle: true, stepMs: 2 });
    await using _ = harness;
    const slow = harness.start({ prompt: "abc", credit: creditFor(4) });
    await harness.until(slow, ({ parked }) => parked);
    const other = harness.start({ prompt: "xyz", stopping: { maxOutputTokens: 5 } });
    harness.loop.grant(slow, creditFor(0));
    harness.loop.preempt(slow);
    await harness.end(other);
    assert.equal(joined(harness.story(other)).text, "xyzxy");
    harness.loop.grant(slow, creditFor(3));
    harness.loop.resume(slow);
    await harness.until(slow, ({ decodedTokens }) => decodedTokens === 7);
    assert.equal(joined(harness.story(slow)).text, "abcabca");
    assert.equal(engine.restored, 1);
    assert.equal(harness.story(slow).reprefilledTokens, 1, "the token that was not in the cache");
  });

  it("read again what was not kept, and tell how much of it", async () => {
    const { harness } = scripted({ sequences: 1, cycle: true, saves: false });
    await using _ = harness;
    const slow = harness.start({ prompt: "abc", credit: creditFor(4) });
    await harness.until(slow, ({ parked }) => parked);
    harness.loop.preempt(slow);
    await harness.until(slow, ({ preempted }) => preempted);
    await harness.complete({ prompt: "z", stopping: { maxOutputTokens: 1 } });
    harness.loop.resume(slow);
    harness.loop.grant(slow, creditFor(1));
    const story = await harness.until(slow, ({ decodedTokens }) => decodedTokens === 5);
    assert.equal(story.reprefilledTokens, 7);
    assert.deepEqual(story.prefills.at(-1), { doneTokens: 3, totalTokens: 3, reusedTokens: 0 }, "of the input only");
  });

  it("wait for the step under way, and take a run that has come to credit meanwhile", async () => {
    const { engine, harness } = scripted({ sequences: 1, cycle: true });
    await using _ = harness;
    const runId = harness.start({ prompt: "abc", credit: creditFor(2) });
    await harness.until(runId, ({ parked }) => parked);
    using gate = gateOf(engine);
    harness.loop.grant(runId, creditFor(100));
    await gate.reached;
    harness.loop.preempt(runId);
    assert.equal(harness.story(runId).preempted, false);
    gate.open();
    await harness.until(runId, ({ preempted }) => preempted);
    assert.equal(harness.story(runId).decodedTokens, 3);
  });

  it("do not outlive the run: a cancel, a soft cancel and the time limit end it without a sequence", async () => {
    for (const mode of ["immediate", "soft"] as const) {
      const { engine, harness } = scripted({ sequences: 1, cycle: true });
      await using _ = harness;
      const runId = harness.start({ prompt: "abc", credit: creditFor(2) });
      await harness.until(runId, ({ parked }) => parked);
      harness.loop.preempt(runId);
      await harness.until(runId, ({ preempted }) => preempted);
      harness.loop.cancel(runId, mode);
      assert.equal(harness.story(runId).ends.length, 1);
      assert.equal(engine.savedStates, 0);
      harness.loop.resume(runId);
      const next = await harness.complete({ prompt: "z", stopping: { maxOutputTokens: 1 } });
      assert.equal(next.text, "z");
    }
  });

  it("mean nothing for a run that is being prefilled, has ended or never was", async () => {
    const engine = new ScriptedEngine({ sequences: 1 });
    await using harness = new LoopHarness(engine);
    using gate = gateOf(engine);
    const runId = harness.start({ prompt: "abc" });
    await gate.reached;
    harness.loop.preempt(99);
    harness.loop.resume(99);
    harness.loop.resume(runId);
    gate.open();
    const end = await harness.end(runId);
    harness.loop.preempt(runId);
    assert.equal(end.tally.restarts, 0);
    assert.equal(joined(harness.story(runId)).text, "abc");
  });

  it("end runs as failed that can't be prefilled again, and leave the others", async () => {
    const { harness } = scripted({ sequences: 1, saves: false });
    await using _ = harness;
    const runId = harness.start({ prompt: [...bytes("ab"), SCRIPT.FAIL_PULL, ...bytes("c")], credit: creditFor(2) });
    await harness.until(runId, ({ parked }) => parked);
    await preemptAndResume(harness, runId);
    harness.loop.grant(runId, creditFor(9));
    assert.equal((await harness.end(runId)).outcome.type, "failed");
    assert.equal((await harness.complete({ prompt: "z" })).text, "z");
  });
});
