import assert from "node:assert/strict";
import type { OutputGrammar } from "../../src/core/output-format.js";
import type { DraftPolicy } from "../../src/engine/loop/draft-planner.js";
import { ScriptedEngine } from "../support/scripted-engine.js";
import { LoopHarness, joined, type RunRequest } from "./loop-harness.js";
import { scripted } from "./scripted-loop.js";

/** One of these texts. */
function oneOf(texts: readonly string[], prefixFree: boolean): OutputGrammar {
  return { gbnf: `root ::= ${texts.map((text) => JSON.stringify(text)).join(" | ")}`, prefixFree };
}

async function complete(request: RunRequest) {
  const { engine, harness } = scripted();
  await using _ = harness;
  const { text, end } = await harness.complete(request);
  const reason = end.outcome.type === "finished" ? end.outcome.reason : end.outcome.type;
  return { text, reason, outputTokens: end.tally.outputTokens, pulls: engine.pulls };
}

/** Tries the right next token and two wrong ones wherever it can. */
const drafting: DraftPolicy = { plan: (runs) => runs.map((run) => run.draft(3)), observe: () => {} };

describe("step loop: grammars", () => {
  it("end the output at the first token after which it may end, if it must end there, without one pull more", async () => {
    const grammar = oneOf(["yes", "no"], true);
    const completed = { text: "yes", reason: "constraint_complete", outputTokens: 3, pulls: 3 };
    assert.deepEqual(await complete({ prompt: "yes, and so on", grammar }), completed);
  });

  it("are kept to where the model would rather say something else, or nothing more", async () => {
    const grammar = oneOf(["yes", "no"], true);
    assert.equal((await complete({ prompt: "maybe", grammar })).text, "no");
    assert.equal((await complete({ prompt: "n", grammar })).text, "no");
  });

  it("leave it to the model where the output ends, if it may end at several", async () => {
    const grammar = oneOf(["12", "123"], false);
    const short = await complete({ prompt: "12", grammar });
    assert.deepEqual(short, { text: "12", reason: "constraint_complete", outputTokens: 2, pulls: 3 });
    assert.equal((await complete({ prompt: "123", grammar })).text, "123");
  });

  it("end the output with blanks after what could be the end, which are no part of it", async () => {
    const grammar = oneOf(["12", "12 ", "12  "], false);
    const cut = await complete({ prompt: "12  ", grammar });
    assert.deepEqual(cut, { text: "12", reason: "constraint_complete", outputTokens: 2, pulls: 3 });
  });

  it("do not take blanks for the end where something has to follow them, or before there is any", async () => {
    assert.equal((await complete({ prompt: "a b", grammar: oneOf(["a", "a b"], false) })).text, "a b");
    assert.equal((await complete({ prompt: " a", grammar: oneOf([" a", " a "], false) })).text, " a");
  });

  it("let the other stopping rules be", async () => {
    const grammar = oneOf(["yes, it is"], true);
    const stopped = await complete({ prompt: "yes", grammar, stopping: { stopSequences: [","] } });
    assert.deepEqual([stopped.text, stopped.reason], ["yes", "stop_sequence"]);
    const cut = await complete({ prompt: "yes", grammar, stopping: { maxOutputTokens: 2 } });
    assert.deepEqual([cut.text, cut.reason], ["ye", "max_tokens"]);
    const whole = await complete({ prompt: "yes", grammar: oneOf(["yes"], true), stopping: { maxOutputTokens: 3 } });
    assert.deepEqual([whole.text, whole.reason], ["yes", "constraint_complete"]);
  });

  it("that do not compile fail their own run alone", async () => {
    const { harness } = scripted();
    await using _ = harness;
    const other = harness.start({ prompt: "other" });
    const { end } = await harness.complete({ prompt: "x", grammar: { gbnf: "root ::= (", prefixFree: true } });
    assert.deepEqual(end.outcome, { type: "failed", message: "the grammar does not compile" });
    await harness.end(other);
    assert.equal(joined(harness.story(other)).text, "other");
  });

  it("outlast preemptions, wherever they come", async () => {
    const whole = "the answer, constrained by its grammar";
    for (const saves of [true, false]) {
      const { engine, harness } = scripted({ sequences: 1, saves });
      await using _ = harness;
      const request = { prompt: "another text", grammar: oneOf([whole], true), credit: { pieces: 1, bytes: 1_000 } };
      const runId = harness.start(request);
      for (let token = 1; token < whole.length; token++) {
        await harness.until(runId, ({ parked, decodedTokens }) => parked && decodedTokens === token);
        harness.loop.preempt(runId);
        await harness.until(runId, ({ preempted }) => preempted);
        harness.loop.resume(runId);
        harness.loop.grant(runId, { pieces: 1, bytes: 1_000 });
      }
      const { outcome, tally } = await harness.end(runId);
      assert.equal(outcome.type === "finished" && outcome.reason, "constraint_complete");
      assert.equal(joined(harness.story(runId)).text, whole);
      assert.equal(tally.restarts, whole.length - 1);
      assert.equal(engine.grammars, 1);
    }
  });

  it("are kept to with drafts, accepted ones and others", async () => {
    const engine = new ScriptedEngine();
    await using harness = new LoopHarness(engine, { drafts: drafting });
    const whole = "abcdefabcdxfabcdefghabcdef.";
    const { text, end } = await harness.complete({ prompt: "abcdefghabcdefgh", grammar: oneOf([whole], true) });
    assert.equal(text, whole);
    assert.equal(end.tally.outputTokens, whole.length);
    assert.ok(engine.pulls < whole.length - 5, `${engine.pulls}`);
  });
});
