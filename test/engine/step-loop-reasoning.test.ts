import assert from "node:assert/strict";
import type { OutputFormat } from "../../src/core/output-format.js";
import type { DraftPolicy } from "../../src/engine/loop/draft-planner.js";
import { decoderOf } from "../support/scripted-decoder.js";
import { FIRST_CONTROL_TOKEN, ScriptedEngine } from "../support/scripted-engine.js";
import { LoopHarness, type RunRequest, type RunStory } from "./loop-harness.js";
import { LOOK, MARKED } from "./marked-format.js";
import { bytes, gateOf } from "./scripted-loop.js";

const END = FIRST_CONTROL_TOKEN;
const CONTROL_TOKENS = ["</think>", "<|other|>"];
/** The prompt has opened the reasoning, and a control token ends it. */
const OPEN: OutputFormat = {
  ...MARKED,
  reasoning: { begin: "<think>", end: "</think>", endTokens: [END], isOpen: true },
};
const YES = { gbnf: 'root ::= "yes"', prefixFree: true };
const ALWAYS: DraftPolicy = { plan: (runs) => runs.map((run) => run.draft(8)), observe: () => {} };

/** What was said on each channel, and how it ended. */
function outcomeOf(story: RunStory) {
  const [end] = story.ends;
  const on = (channel: string): string =>
    story.pieces.map((piece) => ((piece.channel ?? "answer") === channel ? piece.text : "")).join("");
  return {
    reasoning: on("reasoning"),
    answer: on("answer"),
    reason: end?.outcome.type === "finished" ? end.outcome.reason : end?.outcome.type,
    reasoningTokens: end?.tally.reasoningTokens,
    outputTokens: end?.tally.outputTokens,
  };
}

async function complete(request: RunRequest, drafts?: DraftPolicy) {
  const engine = new ScriptedEngine({ controlTokens: CONTROL_TOKENS });
  await using harness = new LoopHarness(engine, drafts === undefined ? {} : { drafts });
  const runId = harness.start(request);
  await harness.end(runId);
  const story = harness.story(runId);
  assert.equal(engine.openDecoders, 0);
  assert.equal(story.pieces.flatMap(({ tokenIds }) => tokenIds).length, story.ends[0]?.tally.outputTokens);
  return outcomeOf(story);
}

describe("step loop: reasoning", () => {
  it("has a channel of its own, and is counted with its marks", async () => {
    const closed = { reasoning: "hm", answer: "yes", reason: "end_of_turn", reasoningTokens: 3, outputTokens: 6 };
    assert.deepEqual(await complete({ prompt: [...bytes("hm"), END, ...bytes("yes")], format: OPEN }), closed);
    const withMark = await complete({ prompt: "<think>hm</think>yes", format: MARKED });
    assert.deepEqual(withMark, { ...closed, reasoningTokens: 17, outputTokens: 20 });
    const none = await complete({ prompt: "yes", format: MARKED });
    assert.deepEqual(none, { ...closed, reasoning: "", reasoningTokens: undefined, outputTokens: 3 });
  });

  it("is text where nothing is read as reasoning, and control tokens that are no markup are nothing", async () => {
    const { answer } = await complete({ prompt: [...bytes("<think>a"), END, END + 1] });
    assert.equal(answer, "<think>a");
    const marked = await complete({ prompt: [END + 1, ...bytes("a"), END + 1, END, ...bytes("b")], format: OPEN });
    assert.deepEqual([marked.reasoning, marked.answer], ["a", "b"]);
  });

  it("is ended when its budget is used up, and the answer goes on", async () => {
    // The echo goes on where the output is: the token that was put stands for one of it.
    const request = { prompt: "abcdefgh", format: OPEN, reasoningBudgetTokens: 3 };
    const expected = { reasoning: "abc", answer: "efgh", reason: "end_of_turn", reasoningTokens: 4, outputTokens: 8 };
    assert.deepEqual(await complete(request), expected);
    assert.deepEqual(await complete({ ...request, prompt: "abcabcabcabc" }, ALWAYS), {
      ...expected,
      answer: "bcabcabc",
      outputTokens: 12,
    });
  });

  it("is ended by tokens that are text, and that the model began by itself", async () => {
    const request = { prompt: "<think>abcdefghijklmnop", format: MARKED, reasoningBudgetTokens: 9 };
    const { reasoning, answer, reasoningTokens } = await complete(request);
    assert.deepEqual([reasoning, answer, reasoningTokens], ["ab", "klmnop", 17]);
  });

  it("that keeps within its budget is let be", async () => {
    const request = { prompt: [...bytes("ab"), END, ...bytes("cdefgh")], format: OPEN, reasoningBudgetTokens: 3 };
    assert.equal((await complete(request)).answer, "cdefgh");
  });

  it("holds a grammar up until it is over, however that comes", async () => {
    const expected = { reasoning: "abc", answer: "yes", reason: "constraint_complete", reasoningTokens: 4 };
    const held = { format: OPEN, grammar: YES };
    for (const drafts of [undefined, ALWAYS]) {
      const byBudget = await complete({ ...held, prompt: "abcabcabcabc", reasoningBudgetTokens: 3 }, drafts);
      assert.deepEqual(byBudget, { ...expected, outputTokens: 7 });
      const byModel = await complete({ ...held, prompt: [...bytes("abc"), END, ...bytes("no")] }, drafts);
      assert.deepEqual(byModel, { ...expected, outputTokens: 7 });
      const byItsEnd = await complete({ ...held, prompt: "abc" }, drafts);
      assert.deepEqual(byItsEnd, { ...expected, outputTokens: 7 });
    }
  });

  it("does not hold a grammar up where the prompt has not opened it", async () => {
    assert.equal((await complete({ prompt: "<think>no", format: MARKED, grammar: YES })).answer, "yes");
  });

  it("ends within the most tokens that the output may have", async () => {
    const request = { prompt: "abcdefgh", format: OPEN, grammar: YES, reasoningBudgetTokens: 3 };
    const cut = await complete({ ...request, stopping: { maxOutputTokens: 4 } });
    assert.deepEqual(cut, {
      reasoning: "abc",
      answer: "",
      reason: "max_tokens",
      reasoningTokens: 4,
      outputTokens: 4,
    });
  });

  it("gives tokens that were put a score of certainty", async () => {
    const engine = new ScriptedEngine({ controlTokens: CONTROL_TOKENS });
    await using harness = new LoopHarness(engine);
    const output = { logprobs: 0 };
    const runId = harness.start({ prompt: "abcdef", format: OPEN, reasoningBudgetTokens: 3, output });
    await harness.end(runId);
    const scores = harness.story(runId).pieces.flatMap((piece) => piece.scores ?? []);
    assert.deepEqual(
      scores.map(({ logprob }) => logprob === 0),
      [false, false, false, true, false, false],
    );
  });

  it("can be ended from outside, with the next token, and only while there is some", async () => {
    const engine = new ScriptedEngine({ controlTokens: CONTROL_TOKENS });
    await using harness = new LoopHarness(engine);
    const runId = harness.start({ prompt: "abcdefghij", format: OPEN, credit: { pieces: 2, bytes: 1_000 } });
    await harness.until(runId, ({ parked }) => parked);
    harness.loop.cancel(runId, "end_reasoning");
    harness.loop.grant(runId, { pieces: 2, bytes: 1_000 });
    await harness.until(runId, ({ parked, decodedTokens }) => parked && decodedTokens > 3);
    assert.deepEqual([outcomeOf(harness.story(runId)).reasoning, outcomeOf(harness.story(runId)).answer], ["abc", "e"]);
    harness.loop.cancel(runId, "end_reasoning");
    harness.loop.grant(runId, { pieces: 100, bytes: 1_000 });
    await harness.end(runId);
    assert.equal(outcomeOf(harness.story(runId)).answer, "efghij");
  });

  it("can be ended before the first token, and in the middle of a step, without undoing a cancel that came first", async () => {
    for (const cancels of [["end_reasoning"], ["soft", "end_reasoning"], ["end_reasoning", "soft"]] as const) {
      const engine = new ScriptedEngine({ controlTokens: CONTROL_TOKENS });
      await using harness = new LoopHarness(engine);
      using gate = gateOf(engine);
      const runId = harness.start({ prompt: "abcdef", format: OPEN });
      await gate.reached;
      for (const mode of cancels) harness.loop.cancel(runId, mode);
      gate.open();
      await harness.end(runId);
      const { reasoning, answer, reason } = outcomeOf(harness.story(runId));
      const isSoft = cancels.length > 1;
      assert.deepEqual(
        [reasoning, answer, reason],
        isSoft ? ["a", "", "cancelled_softly"] : ["ab", "def", "end_of_turn"],
      );
    }
  });

  it("outlasts preemptions wherever they come, with its budget and a grammar after it", async () => {
    for (const saves of [true, false]) {
      const engine = new ScriptedEngine({ sequences: 1, saves, controlTokens: CONTROL_TOKENS });
      await using harness = new LoopHarness(engine);
      const runId = harness.start({ prompt: "abcdefgh", format: OPEN, grammar: YES, reasoningBudgetTokens: 3 });
      engine.beforeStep = () => harness.loop.preempt(runId);
      while (harness.story(runId).ends.length === 0) {
        await harness.until(runId, ({ preempted, ends }) => preempted || ends.length > 0);
        harness.loop.resume(runId);
        await harness.until(runId, ({ preempted }) => !preempted);
      }
      const { reasoning, answer, reason, outputTokens } = outcomeOf(harness.story(runId));
      assert.deepEqual([reasoning, answer, reason, outputTokens], ["abc", "yes", "constraint_complete", 7]);
      assert.equal(harness.story(runId).ends[0]?.tally.restarts, 5);
      assert.equal(engine.grammars, 1);
    }
  });

  it("of many runs at once, and ended by many tokens, never makes a step larger than it may be", async () => {
    const maxTokens = 40;
    const sequences = 5;
    const engine = new ScriptedEngine({ sequences });
    const reasoning = { begin: "<think>", end: "</think>", endTokens: bytes("--------</think>"), isOpen: true };
    await using harness = new LoopHarness(engine, { prefill: { maxTokens }, drafts: ALWAYS });
    let most = 0;
    engine.beforeStep = ({ pulls, prefills }) => {
      const read = prefills.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0);
      const pulled = pulls.reduce(
        (sum, { decoder, draft }) => sum + draft.length + decoderOf(decoder).prefillTokensLeft,
        0,
      );
      most = Math.max(most, read + pulled);
    };
    const request = { prompt: "aaaaaaaa", format: { ...OPEN, reasoning }, reasoningBudgetTokens: 4 };
    const runs = [1, 2, 3, 4].map(() => harness.start(request));
    // Still being prefilled when the others' reasoning ends.
    harness.start({ prompt: "b".repeat(1_000) });
    for (const runId of runs) {
      await harness.end(runId);
      assert.equal(outcomeOf(harness.story(runId)).reasoning, "aaaa--------");
    }
    assert.ok(most > 2 * 16 && most <= maxTokens + sequences, `${most}`);
  });

  it("can't end with tokens that the model does not have", async () => {
    const reasoning = { begin: "<think>", end: "</think>", endTokens: [1_000_000], isOpen: true };
    assert.equal((await complete({ prompt: "ab", format: { ...OPEN, reasoning } })).reason, "failed");
  });
});

describe("step loop: calls", () => {
  it("end an output that ends by itself as what it is, and no other", async () => {
    assert.equal((await complete({ prompt: LOOK, format: MARKED })).reason, "tool_calls");
    assert.equal((await complete({ prompt: `${LOOK}!`, format: MARKED })).answer, "!");
    const cut = await complete({ prompt: `${LOOK}and more`, format: MARKED, stopping: { stopSequences: ["more"] } });
    assert.equal(cut.reason, "stop_sequence");
    const gbnf = `root ::= ${JSON.stringify(LOOK)}`;
    const forced = await complete({ prompt: "no call", format: MARKED, grammar: { gbnf, prefixFree: true } });
    assert.equal(forced.reason, "tool_calls");
  });

  it("end the output after the first where there may be one alone", async () => {
    const { answer, reason } = await complete({
      prompt: `${LOOK} and ${LOOK}`,
      format: { ...MARKED, parallelCalls: false },
    });
    assert.deepEqual([answer, reason], ["", "tool_calls"]);
  });
});
