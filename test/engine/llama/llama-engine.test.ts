import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { EngineFault } from "../../../src/engine/engine.js";
import { LlamaEngine } from "../../../src/engine/llama/llama-engine.js";
import type { LlamaOptions } from "../../../src/engine/llama/load-llama.js";
import { TINY_CONTEXT_TOKENS, createTinyModel } from "../../support/tiny-model.js";
import { TURN_END_TOKEN } from "../../support/tiny-vocabulary.js";
import { decodeGreedily, describeEngineContract, sequenceAt } from "../engine-contract.js";
import { describeGrammarContract } from "../grammar-contract.js";
import { GREEDY, LoopHarness, joined } from "../loop-harness.js";
import { spoilToken } from "../spoiled-model.js";

/** Its embedding is NaN. */
const SPOILED_TOKEN = 255;
const CONTEXT_TOKENS = 256;

const options = (modelPath: string): LlamaOptions => ({
  modelPath,
  sequences: 3,
  contextTokens: CONTEXT_TOKENS,
  threads: 1,
  maxPrefillTokens: CONTEXT_TOKENS,
  savedStateBytes: 64 * 1024 * 1024,
  stateDirectory: "auto",
  gpu: false,
});

/** Someone who reads so much, and then goes away or reads on. */
const reader = fc.record({
  prompt: fc.array(fc.integer({ min: 32, max: 126 }), { minLength: 1, maxLength: 150 }),
  pieces: fc.integer({ min: 0, max: 20 }),
  turns: fc.integer({ min: 0, max: 60 }),
  cancel: fc.boolean(),
});

describe("llama engine", function () {
  this.timeout(60_000);
  let modelPath: string;
  let engine: LlamaEngine;

  before(async () => {
    modelPath = await createTinyModel(await mkdtemp(join(tmpdir(), "rill-spoiled-")));
    await spoilToken(modelPath, SPOILED_TOKEN);
    engine = await LlamaEngine.start(options(modelPath));
  });

  after(async () => {
    await engine[Symbol.asyncDispose]();
  });

  describeEngineContract("llama.cpp", () => engine);
  describeGrammarContract("llama.cpp", () => engine);

  it("says what it runs on", () => {
    assert.deepEqual({ ...engine.facts, release: "" }, { contextTokens: 256, sequences: 3, threads: 1, release: "" });
    assert.match(engine.facts.release, /^[bv]\d/);
  });

  it("ends a run whose logits are not numbers, greedy or not, and no other", async () => {
    await using harness = new LoopHarness(engine);
    const prompt = [65, 66, SPOILED_TOKEN, 67];
    for (const sampling of [GREEDY, { temperature: 1, topK: 40 }, { temperature: 1, topK: 0, topP: 1, minP: 0 }]) {
      const stopping = { maxOutputTokens: 20, ignoreEndOfGeneration: true };
      const neighbour = harness.start({ prompt: "neighbour", stopping });
      const { end } = await harness.complete({ prompt, sampling, stopping });
      assert.deepEqual(end.outcome, { type: "failed", message: "the model's logits are not numbers" });
      assert.equal((await harness.end(neighbour)).tally.outputTokens, 20);
      assert.ok(engine.sequences.every((sequence) => !sequence.tokens().includes(SPOILED_TOKEN)));
    }
    const { end } = await harness.complete({
      prompt: "after",
      stopping: { maxOutputTokens: 5, ignoreEndOfGeneration: true },
    });
    assert.equal(end.tally.outputTokens, 5);
  });

  it("fills a sequence to the last token that fits, and never shifts it", async () => {
    await using harness = new LoopHarness(engine);
    const prompt = [...Buffer.from("context ".repeat(30))];
    const runId = harness.start({ prompt, stopping: { ignoreEndOfGeneration: true } });
    const { outcome, tally } = await harness.end(runId);
    assert.equal(outcome.type === "finished" && outcome.reason, "context_length");
    assert.equal(tally.outputTokens, CONTEXT_TOKENS - prompt.length);
    const held = engine.sequences.find(({ length }) => length === CONTEXT_TOKENS - 1)?.tokens();
    assert.deepEqual(held, [...prompt, ...joined(harness.story(runId)).tokenIds.slice(0, -1)]);
  });

  it("fails what would make the binding shift, and keeps the others' results", async () => {
    const [full, other] = [sequenceAt(engine, 0), sequenceAt(engine, 1)];
    await full.trim(0);
    await other.trim(0);
    const chunk = new Uint32Array(CONTEXT_TOKENS).fill(65);
    const decoder = engine.openDecoder({ sequence: full, tokenIds: chunk, outputTokens: [], sampling: GREEDY });
    const results = await engine.step({
      pulls: [{ decoder, draft: [] }],
      prefills: [{ sequence: other, tokenIds: chunk.subarray(1) }],
    });
    const failed = await results.pulls[0];
    assert.ok(failed instanceof EngineFault);
    assert.match(failed.message, /no room for 256 tokens after 0 in a context of 256/);
    assert.deepEqual(results.prefills, [undefined]);
    const [fault] = (await engine.step({ pulls: [], prefills: [{ sequence: other, tokenIds: chunk.subarray(0, 1) }] }))
      .prefills;
    assert.ok(fault instanceof EngineFault);
    assert.equal(other.length, 0);
  });

  it("has the bytes of every token as the binding spells them", () => {
    for (let byte = 0; byte < 256; byte++) assert.deepEqual([...engine.tokenBytes(byte)], [byte]);
    assert.equal(engine.tokenBytes(TURN_END_TOKEN).length, 0);
    assert.equal(engine.isEndOfGeneration(TURN_END_TOKEN), true);
    assert.equal(engine.isEndOfGeneration(65), false);
  });

  it("reuses a beginning with the same greedy outcome", async () => {
    await using harness = new LoopHarness(engine);
    const prompt = [...Buffer.from("the same beginning, and then something else")];
    const stopping = { maxOutputTokens: 30, ignoreEndOfGeneration: true };
    const first = await harness.complete({ prompt, stopping });
    const second = await harness.complete({ prompt, stopping });
    assert.equal(second.end.tally.reusedInputTokens, prompt.length - 1);
    assert.deepEqual(second.tokenIds, first.tokenIds);
  });

  it("survives runs that are cancelled, parked and let go on at any moment", async () => {
    await using harness = new LoopHarness(engine);
    const waves = fc.sample(fc.array(reader, { minLength: 3, maxLength: 3 }), { numRuns: 40, seed: 11 });
    for (const wave of waves) {
      const runs = wave.map(({ prompt, pieces }) => {
        const stopping = { maxOutputTokens: 30, ignoreEndOfGeneration: true };
        return harness.start({ prompt, stopping, credit: { pieces, bytes: 1_000 } });
      });
      for (const [index, { turns, cancel }] of wave.entries()) {
        for (let turn = 0; turn < turns; turn++) await nextTurn();
        const runId = runs[index] ?? 0;
        if (cancel) harness.loop.cancel(runId, "immediate");
        else harness.loop.grant(runId, { pieces: 100, bytes: 1_000 });
      }
      for (const [index, runId] of runs.entries()) {
        const { outcome, tally } = await harness.end(runId);
        if (wave[index]?.cancel === true && outcome.type === "cancelled") continue;
        assert.equal(outcome.type === "finished" && outcome.reason, "max_tokens");
        assert.equal(tally.outputTokens, 30);
        assert.equal(joined(harness.story(runId)).tokenIds.length, 30);
      }
    }
  });

  it("samples from its batches though it is told of a pool of one thread and there are more", async () => {
    await using misled = await LlamaEngine.start({ ...options(modelPath), poolThreads: 1 });
    assert.ok(misled.pooledSamplers !== undefined, "it kept to batches of its own");
    const prompt = Uint32Array.from(Buffer.from("Once upon a time"));
    assert.deepEqual(await decodeGreedily(misled, prompt, 12), await decodeGreedily(engine, prompt, 12));
  });

  it("can't be had without a model, with a clear message", async () => {
    await assert.rejects(
      LlamaEngine.start(options("/nowhere/at-all.gguf")),
      /the model \/nowhere\/at-all\.gguf could not be loaded: /,
    );
  });

  it("can't be had without the memory, with what is needed and what to lower", async () => {
    const huge = { ...options(modelPath), sequences: 64, contextTokens: TINY_CONTEXT_TOKENS * 50_000 };
    await assert.rejects(
      LlamaEngine.start(huge),
      /a context of 64 slots with 102400000 tokens each needs about \d+ MiB and could not be allocated; lower the slots/,
    );
  });
});
