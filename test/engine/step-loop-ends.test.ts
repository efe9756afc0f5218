import assert from "node:assert/strict";
import { ManualClock } from "../support/manual-clock.js";
import { ScriptedEngine } from "../support/scripted-engine.js";
import { TURN_END_TOKEN, TURN_START_TOKEN } from "../support/tiny-vocabulary.js";
import { LoopHarness } from "./loop-harness.js";
import { bytes, scripted, someTurns } from "./scripted-loop.js";

describe("step loop: how a run ends", () => {
  it("at the end of the turn, whose token is not counted", async () => {
    await using harness = scripted().harness;
    const { text, tokenIds, end } = await harness.complete({ prompt: [TURN_START_TOKEN, ...bytes("hello")] });
    assert.equal(text, "hello");
    assert.deepEqual(tokenIds, bytes("hello"));
    assert.deepEqual(end.outcome, {
      type: "finished",
      reason: "end_of_turn",
      stopMatch: undefined,
      incompleteText: false,
    });
    assert.equal(end.tally.outputTokens, 5);
  });

  it("counts end-of-turn tokens that are to be ignored, up to the maximum", async () => {
    await using harness = scripted().harness;
    const { text, tokenIds, end } = await harness.complete({
      prompt: "ab",
      stopping: { ignoreEndOfGeneration: true, maxOutputTokens: 20 },
    });
    assert.equal(text, "ab");
    assert.deepEqual(tokenIds, [...bytes("ab"), ...Array<number>(18).fill(TURN_END_TOKEN)]);
    assert.equal(end.tally.outputTokens, 20);
    assert.equal(end.outcome.type === "finished" && end.outcome.reason, "max_tokens");
  });

  it("at a stop token, which is named and not counted", async () => {
    await using harness = scripted().harness;
    const { text, end } = await harness.complete({ prompt: "abc", stopping: { stopTokenIds: bytes("c") } });
    assert.equal(text, "ab");
    assert.equal(end.tally.outputTokens, 2);
    assert.deepEqual(end.outcome.type === "finished" && end.outcome.stopMatch, { type: "token", tokenId: 99 });
  });

  it("at a stop sequence, which is cut off but counted", async () => {
    await using harness = scripted().harness;
    const { text, tokenIds, end } = await harness.complete({ prompt: "one.two", stopping: { stopSequences: [".t"] } });
    assert.equal(text, "one");
    assert.deepEqual(tokenIds, bytes("one.t"));
    assert.equal(end.tally.outputTokens, 5);
    assert.deepEqual(end.outcome.type === "finished" && end.outcome.stopMatch, { type: "sequence", text: ".t" });
  });

  it("at a repetition, where it is guarded against, with what was repeated in its text", async () => {
    await using harness = scripted().harness;
    const repetitionGuard = { maxPeriodTokens: 4, minRepeats: 3, minTokens: 6 };
    const { text, end } = await harness.complete({ prompt: "so ha ha ha ha", stopping: { repetitionGuard } });
    assert.equal(text, "so ha ha ha");
    assert.equal(end.outcome.type === "finished" && end.outcome.reason, "repetition");
    assert.equal((await harness.complete({ prompt: "so ha ha ha ha" })).text, "so ha ha ha ha");
  });

  it("at the maximum of output tokens, input not counted", async () => {
    await using harness = scripted().harness;
    const { text, end } = await harness.complete({ prompt: "abcdef", stopping: { maxOutputTokens: 3 } });
    assert.equal(text, "abc");
    assert.equal(end.outcome.type === "finished" && end.outcome.reason, "max_tokens");
  });

  it("at the end of the context, where that set the maximum", async () => {
    await using harness = scripted().harness;
    const { end } = await harness.complete({
      prompt: "abcdef",
      stopping: { maxOutputTokens: 3, clampedByContext: true },
    });
    assert.equal(end.outcome.type === "finished" && end.outcome.reason, "context_length");
  });

  it("when the sequence is full, whatever the maximum says", async () => {
    await using harness = scripted({ contextTokens: 32, cycle: true }).harness;
    const { end } = await harness.complete({ prompt: "abcdefgh" });
    assert.equal(end.outcome.type === "finished" && end.outcome.reason, "context_length");
    assert.equal(end.tally.outputTokens, 24);
  });

  it("inside a code point, whose bytes are dropped, counted and flagged", async () => {
    await using harness = scripted().harness;
    const { text, tokenIds, end } = await harness.complete({ prompt: [97, 0xe2, 0x82] });
    assert.equal(text, "a");
    assert.deepEqual(tokenIds, [97, 0xe2, 0x82]);
    assert.equal(end.outcome.type === "finished" && end.outcome.incompleteText, true);
  });

  it("with the text that was held back for a stop sequence that never came", async () => {
    await using harness = scripted().harness;
    const { text } = await harness.complete({ prompt: "the EN", stopping: { stopSequences: ["END"] } });
    assert.equal(text, "the EN");
  });

  it("at its time limit, also while it is parked", async () => {
    const clock = new ManualClock();
    await using harness = new LoopHarness(new ScriptedEngine({ cycle: true }), { clock });
    const runId = harness.start({ prompt: "abc", stopping: { timeLimitMs: 5_000 }, credit: { pieces: 2, bytes: 99 } });
    await harness.until(runId, (story) => story.parked);
    clock.advance(4_999);
    await someTurns();
    assert.equal(harness.story(runId).ends.length, 0);
    clock.advance(1);
    const end = await harness.end(runId);
    assert.equal(end.outcome.type === "finished" && end.outcome.reason, "time_limit");
    assert.deepEqual(end.tally, {
      reusedInputTokens: 0,
      outputTokens: 2,
      restarts: 0,
      prefillMs: 0,
      decodeMs: 0,
      parkedMs: 5_000,
    });
    assert.equal(clock.pendingTimers, 0);
  });
});
