import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { LlamaEngine } from "../../../src/engine/llama/llama-engine.js";
import type { LlamaOptions } from "../../../src/engine/llama/load-llama.js";
import { SamplerGarbage } from "../../../src/engine/llama/native-memory.js";
import { createTinyModel } from "../../support/tiny-model.js";
import { describeEngineContract } from "../engine-contract.js";
import { describeGrammarContract } from "../grammar-contract.js";
import { LoopHarness } from "../loop-harness.js";

const SEQUENCES = 3;
const stopping = { maxOutputTokens: 12, ignoreEndOfGeneration: true };

/** Settings of which each turns parts of a sampler on that the next one may not want. */
const samplings = fc.sample(
  fc.record({
    temperature: fc.constantFrom(0, 0.5, 1, 3),
    topK: fc.constantFrom(0, 1, 5, 40),
    topP: fc.constantFrom(0.5, 0.95, 1),
    minP: fc.constantFrom(0, 0.01, 0.2),
    repeatPenalty: fc.constantFrom(1, 1, 1.5),
    presencePenalty: fc.constantFrom(0, 0, 2),
    dry: fc.constantFrom(undefined, undefined, {
      multiplier: 2,
      base: 1.75,
      allowedLength: 1,
      window: 64,
      sequenceBreakers: [],
    }),
    xtc: fc.constantFrom(undefined, undefined, { probability: 1, threshold: 0.01 }),
    logitBias: fc.constantFrom([], [], [{ tokenId: 65, bias: 5 }]),
    seed: fc.constantFrom(0, 1, 2, 4_000_000_000),
  }),
  { numRuns: 60, seed: 5 },
);

describe("sampler pool", function () {
  this.timeout(60_000);
  let pooled: LlamaEngine;
  let plain: LlamaEngine;

  before(async () => {
    const options: LlamaOptions = {
      modelPath: await createTinyModel(await mkdtemp(join(tmpdir(), "rill-pool-"))),
      sequences: SEQUENCES,
      contextTokens: 256,
      threads: 1,
      maxPrefillTokens: 128,
      savedStateBytes: 64 * 1024 * 1024,
      stateDirectory: "auto",
      gpu: false,
    };
    pooled = await LlamaEngine.start(options);
    plain = await LlamaEngine.start(options, { generatorsOnly: true });
  });

  after(async () => {
    await pooled[Symbol.asyncDispose]();
    await plain[Symbol.asyncDispose]();
  });

  describeEngineContract("llama.cpp by generators", () => plain);
  describeGrammarContract("llama.cpp by generators", () => plain);

  it("is there with the release it knows, and only where it is wanted", () => {
    assert.ok(pooled.pooledSamplers !== undefined && pooled.pooledSamplers > 0);
    assert.equal(plain.pooledSamplers, undefined);
  });

  it("gives samplers that are as good as new, whatever they were used for before", async () => {
    await using ours = new LoopHarness(pooled);
    await using theirs = new LoopHarness(plain);
    for (const [index, sampling] of samplings.entries()) {
      const request = { prompt: `Run ${index % 7}: `, sampling, stopping };
      const expected = await theirs.complete(request);
      assert.deepEqual((await ours.complete(request)).tokenIds, expected.tokenIds, JSON.stringify(sampling));
    }
  });

  it("holds no more than a few for each sequence, however many generations and prompt chunks there were", async () => {
    await using harness = new LoopHarness(pooled, { prefill: { maxTokens: 64 } });
    for (let wave = 0; wave < 40; wave++) {
      const runs = Array.from({ length: SEQUENCES }, (_, n) =>
        harness.start({ prompt: `${wave} ${n} `.repeat(25), stopping }),
      );
      if (wave % 2 === 0) harness.loop.cancel(runs[0] ?? 0, "immediate");
      for (const runId of runs) await harness.end(runId);
    }
    assert.ok(
      pooled.pooledSamplers !== undefined && pooled.pooledSamplers <= 2 * SEQUENCES,
      `${pooled.pooledSamplers}`,
    );
  });
});

const VOCABULARY = 49_152;

function garbageOf(samplers: number): { garbage: SamplerGarbage; collected: () => number } {
  let collections = 0;
  const garbage = new SamplerGarbage(VOCABULARY, () => collections++);
  for (let added = 0; added < samplers; added++) garbage.add();
  return { garbage, collected: () => collections };
}

describe("sampler garbage", () => {
  it("is let be while there is little of it", () => {
    const { garbage, collected } = garbageOf(50);
    garbage.tidy(true);
    assert.equal(collected(), 0);
  });

  it("is collected after some sixty samplers when nobody waits", () => {
    const { garbage, collected } = garbageOf(60);
    garbage.tidy(false);
    assert.equal(collected(), 0);
    garbage.tidy(true);
    garbage.tidy(true);
    assert.equal(collected(), 1);
  });

  it("is collected between steps once there is too much of it", () => {
    const { garbage, collected } = garbageOf(240);
    garbage.tidy(false);
    assert.equal(collected(), 1);
  });

  it("is really collected, by V8", async () => {
    const garbage = new SamplerGarbage(20 * 1024 * 1024);
    const unused = new WeakRef({});
    garbage.add();
    await nextTurn();
    garbage.tidy(true);
    assert.equal(unused.deref(), undefined);
  });
});
