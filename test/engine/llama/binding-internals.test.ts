import assert from "node:assert/strict";
import { BatchDecoding } from "../../../src/engine/llama/batch-decoding.js";
import { tryInternalsOf } from "../../../src/engine/llama/binding-internals.js";
import type { EvaluatedBatch } from "../../../src/engine/llama/compute-threads.js";
import { EngineFault } from "../../../src/engine/engine.js";
import { LlamaSequence } from "../../../src/engine/llama/llama-sequence.js";
import { loadLlama } from "../../../src/engine/llama/load-llama.js";
import { createTinyModel } from "../../support/tiny-model.js";
import { GREEDY } from "../loop-harness.js";

const CONTEXT_TOKENS = 128;

describe("The binding's internals", function () {
  this.timeout(60_000);

  it("compute with as many threads as they are told, from batch to batch, and sample the same tokens", async () => {
    const context = await loadLlama({
      modelPath: await createTinyModel(),
      sequences: 1,
      contextTokens: CONTEXT_TOKENS,
      threads: 2,
      maxPrefillTokens: 64,
      savedStateBytes: 0,
      stateDirectory: "auto",
      gpu: false,
    });
    const sequence = new LlamaSequence(context, CONTEXT_TOKENS);
    const internals = await tryInternalsOf(context, sequence.inner, { samplesAhead: false });
    assert.ok(internals !== undefined);
    const evaluated: EvaluatedBatch[] = [];
    const tokenBytes = (): Uint8Array => new Uint8Array();
    const onEvaluated = (batch: EvaluatedBatch): void => void evaluated.push(batch);
    const decoding = new BatchDecoding({ internals, tokenBytes, endToken: undefined, onEvaluated });
    const drawThree = async (threads: readonly number[]): Promise<number[]> => {
      await sequence.trim(0);
      const decoder = decoding.openDecoder({ sequence, tokenIds: Uint32Array.of(65, 66, 67), sampling: GREEDY });
      const sampled: number[] = [];
      for (const count of threads) {
        internals.useThreads(count);
        assert.equal(context.currentThreads, count);
        const { pulls } = await decoding.step({ pulls: [{ decoder, draft: [] }], prefills: [] });
        const result = await pulls[0];
        assert.ok(result !== undefined && !(result instanceof EngineFault));
        sampled.push(...result.map(({ tokenId }) => tokenId));
      }
      decoder.close();
      return sampled;
    };
    assert.deepEqual(await drawThree([1, 2, 1]), await drawThree([2, 1, 2]));
    assert.deepEqual(
      evaluated.map(({ tokens }) => tokens),
      [3, 1, 1, 3, 1, 1],
    );
    assert.ok(evaluated.every(({ ms, cpuMs }) => ms > 0 && cpuMs > 0));
    decoding[Symbol.dispose]();
    await context.dispose();
    await context.model.dispose();
    await context.model.llama.dispose();
  });
});
