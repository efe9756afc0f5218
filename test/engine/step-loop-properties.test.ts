import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import type { DraftPolicy } from "../../src/engine/loop/draft-planner.js";
import { ManualClock } from "../support/manual-clock.js";
import { FIRST_EXTRA_TOKEN, ScriptedEngine } from "../support/scripted-engine.js";
import { certainText, expectedOutput } from "./expected-output.js";
import { LoopHarness, joined, type RunStory } from "./loop-harness.js";

const SEQUENCES = 3;

/** What one random run says, where it is to stop, and how little credit it begins with. */
interface Script {
  readonly tokens: readonly Uint8Array[];
  readonly stops: readonly string[];
  readonly maxOutputTokens: number;
  readonly creditPieces: number;
}

/** What a random reader or caller does to one of the runs. */
type Action =
  | { readonly type: "grant"; readonly run: number; readonly pieces: number; readonly bytes: number }
  | { readonly type: "cancel"; readonly run: number; readonly mode: "immediate" | "soft" }
  | { readonly type: "preempt"; readonly run: number }
  | { readonly type: "wait"; readonly turns: number };

const text = fc.string({ unit: fc.constantFrom("a", "b", "é", "€", "😀"), minLength: 1, maxLength: 4 });
/** A token is some text, a torn part of one, or any bytes. */
const token = fc.oneof(
  text.map((chars) => Uint8Array.from(Buffer.from(chars))),
  text.map((chars) => Uint8Array.from(Buffer.from(chars)).slice(0, 1)),
  text.map((chars) => Uint8Array.from(Buffer.from(chars)).slice(1)),
  fc.uint8Array({ minLength: 1, maxLength: 3 }),
);
const script: fc.Arbitrary<Script> = fc.record({
  tokens: fc.array(token, { minLength: 1, maxLength: 40 }),
  stops: fc.array(text, { maxLength: 3 }),
  maxOutputTokens: fc.integer({ min: 1, max: 50 }),
  creditPieces: fc.integer({ min: 0, max: 4 }),
});
const run = fc.integer({ min: 0, max: SEQUENCES - 1 });
const pause: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    type: fc.constant("grant" as const),
    run,
    pieces: fc.integer({ min: 0, max: 5 }),
    bytes: fc.integer({ min: 0, max: 20 }),
  }),
  fc.record({ type: fc.constant("preempt" as const), run }),
  fc.record({ type: fc.constant("wait" as const), turns: fc.integer({ min: 0, max: 5 }) }),
);
const cancel: fc.Arbitrary<Action> = fc.record({
  type: fc.constant("cancel" as const),
  run,
  mode: fc.constantFrom("immediate" as const, "soft" as const),
});
/** Drafts that many tokens wherever any can be drafted, with a wrong one at `wrongAt`. */
const drafting: fc.Arbitrary<DraftPolicy | undefined> = fc.option(
  fc
    .record({ tokens: fc.integer({ min: 1, max: 6 }), wrongAt: fc.integer({ min: 0, max: 8 }) })
    .map(({ tokens, wrongAt }) => ({
      plan: (runs) =>
        runs.map((run) => run.draft(tokens).map((tokenId, index) => (index === wrongAt ? tokenId + 1 : tokenId))),
      observe: () => {},
    })),
  { nil: undefined },
);
const scripts = fc.array(script, { minLength: SEQUENCES, maxLength: SEQUENCES });

/**
 * Plays the scripts side by side under the actions, then lets all that are left run free. Time moves by 1 ms a step, and 3 ms a wait where nothing
 * interrupts the sampling.
 */
async function play(
  played: readonly Script[],
  actions: readonly Action[],
  drafts?: DraftPolicy,
): Promise<{ stories: RunStory[]; lifeMs: number[] }> {
  const clock = new ManualClock();
  const extraTokens = played.flatMap(({ tokens }) => tokens.map((bytes) => [...bytes]));
  const engine = new ScriptedEngine({
    sequences: SEQUENCES,
    extraTokens,
    saves: (played[0]?.tokens.length ?? 0) % 2 === 0,
  });
  engine.beforeStep = () => clock.advance(1);
  // In some plays things come between the samples of a step, too. Time stands still there: a run would else have ended before that is told.
  const isInterrupted = actions.length % 2 === 1;
  engine.beforeDrawn = (index) => (isInterrupted && index % 2 === 1 ? nextTurn() : undefined);
  await using harness = new LoopHarness(engine, { clock, ...(drafts && { drafts }) });
  let firstToken = FIRST_EXTRA_TOKEN;
  const ids: number[] = [];
  const startedMs: number[] = [];
  const endedMs: Promise<number>[] = [];
  for (const { tokens, stops, maxOutputTokens, creditPieces } of played) {
    const prompt = Array.from(tokens, (_, index) => firstToken + index);
    firstToken += tokens.length;
    startedMs.push(clock.nowMs());
    const stopping = { stopSequences: stops, maxOutputTokens };
    const id = harness.start({ prompt, stopping, credit: { pieces: creditPieces, bytes: 1_000 } });
    ids.push(id);
    endedMs.push(harness.until(id, ({ endedMs: at }) => at !== undefined).then((story) => story.endedMs ?? NaN));
  }
  for (const action of actions) {
    if (action.type === "wait") {
      for (let turn = 0; turn < action.turns; turn++) await nextTurn();
      if (!isInterrupted) clock.advance(3);
      continue;
    }
    const id = ids[action.run] ?? 0;
    if (action.type === "grant") harness.loop.grant(id, action);
    else if (action.type === "preempt") harness.loop.preempt(id);
    else harness.loop.cancel(id, action.mode);
    // Who was preempted comes back some time later.
    if (action.type === "grant") harness.loop.resume(id);
  }
  for (const id of ids) {
    harness.loop.grant(id, { pieces: 1_000, bytes: 100_000 });
    // A preemption may still be on its way.
    void harness.until(id, ({ preempted, ends }) => {
      if (preempted) harness.loop.resume(id);
      return ends.length > 0;
    });
  }
  const ended = await Promise.all(endedMs);
  await harness[Symbol.asyncDispose]();
  assert.equal(engine.openDecoders, 0);
  assert.equal(engine.savedStates, 0);
  return {
    stories: ids.map((id) => harness.story(id)),
    lifeMs: ended.map((at, index) => at - (startedMs[index] ?? 0)),
  };
}

/** What holds of every run, however it ended. */
function assertSound(story: RunStory, lifeMs: number): void {
  assert.equal(story.ends.length, 1, "exactly one end");
  assert.equal(story.updatesAfterEnd, 0, "nothing after the end");
  const tally = story.ends[0]?.tally;
  assert.ok(tally !== undefined);
  assert.equal(tally.prefillMs + tally.decodeMs + tally.parkedMs, lifeMs, "the times add up");
  for (const piece of story.pieces) {
    assert.equal(piece.textBytes, Buffer.byteLength(piece.text));
    assert.equal(Buffer.from(piece.text).toString(), piece.text, "whole code points");
  }
}

describe("step loop, over random scripts", () => {
  it("gives what the contract says, token by token, whatever the pauses and the drafts", async () => {
    await fc.assert(
      fc.asyncProperty(scripts, fc.array(pause, { maxLength: 30 }), drafting, async (played, actions, drafts) => {
        const { stories, lifeMs } = await play(played, actions, drafts);
        for (const [index, story] of stories.entries()) {
          const { tokens, stops, maxOutputTokens } = played[index] ?? { tokens: [], stops: [], maxOutputTokens: 0 };
          const expected = expectedOutput(tokens, stops, maxOutputTokens);
          const end = story.ends[0];
          const { text: delivered, tokenIds } = joined(story);
          assertSound(story, lifeMs[index] ?? 0);
          assert.equal(delivered, expected.text);
          assert.equal(end?.tally.outputTokens, expected.outputTokens);
          assert.equal(tokenIds.length, expected.outputTokens);
          assert.equal(end.outcome.type === "finished" && end.outcome.reason, expected.reason);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("loses nothing and ends once when runs are cancelled at any moment", async () => {
    const actions = fc.array(fc.oneof({ weight: 4, arbitrary: pause }, { weight: 1, arbitrary: cancel }), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(scripts, actions, drafting, async (played, done, drafts) => {
        const { stories, lifeMs } = await play(played, done, drafts);
        for (const [index, story] of stories.entries()) {
          const { tokens, stops, maxOutputTokens } = played[index] ?? { tokens: [], stops: [], maxOutputTokens: 0 };
          const expected = expectedOutput(tokens, stops, maxOutputTokens);
          const end = story.ends[0];
          const { text: delivered, tokenIds } = joined(story);
          assertSound(story, lifeMs[index] ?? 0);
          if (end?.outcome.type !== "finished") {
            assert.ok(expected.text.startsWith(delivered));
            continue;
          }
          assert.equal(tokenIds.length, end.tally.outputTokens);
          // Softly: with the beginning of a stop sequence that did not come to be one.
          if (end.outcome.reason === "cancelled_softly")
            assert.equal(delivered, certainText(tokens.slice(0, end.tally.outputTokens)));
          else assert.equal(delivered, expected.text);
        }
      }),
      { numRuns: 300 },
    );
  });
});
