import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LlamaContextSequence } from "node-llama-cpp";
import { EngineFault } from "../../src/engine/engine.js";
import { LlamaEngine } from "../../src/engine/llama/llama-engine.js";
import { ownSequence } from "../../src/engine/llama/llama-sequence.js";
import { createTinyModel } from "../support/tiny-model.js";
import { decodeGreedily, describeEngineContract, sequenceAt } from "./engine-contract.js";
import { describeGrammarContract } from "./grammar-contract.js";
import { GREEDY } from "./loop-harness.js";

const PROMPT = Uint8Array.from(Buffer.from("Once upon a time"));

/** Has llama.cpp refuse the next batch as a whole: it wants positions without gaps. */
function leaveGap(inner: LlamaContextSequence): void {
  (inner as unknown as { _nextTokenIndex: number })._nextTokenIndex += 7;
}

/** Run by one-pool-thread.test.ts in a process of its own, whose pool has one thread: there sampling is handed over before their batch is evaluated. */
describe("llama engine over one pool thread", function () {
  this.timeout(60_000);
  let engine: LlamaEngine;

  before(async () => {
    assert.equal(process.env.UV_THREADPOOL_SIZE, "1");
    engine = await LlamaEngine.start({
      modelPath: await createTinyModel(await mkdtemp(join(tmpdir(), "rill-one-thread-"))),
      sequences: 3,
      contextTokens: 256,
      threads: 1,
      poolThreads: 1,
      maxPrefillTokens: 128,
      savedStateBytes: 64 * 1024 * 1024,
      stateDirectory: "auto",
      gpu: false,
    });
    assert.ok(engine.pooledSamplers !== undefined);
  });

  after(async () => {
    await engine[Symbol.asyncDispose]();
  });

  describeEngineContract("llama.cpp over one pool thread", () => engine);
  describeGrammarContract("llama.cpp over one pool thread", () => engine);

  it("tells of a batch that failed, not of sampling that had nothing to sample from, and goes on", async () => {
    const expected = await decodeGreedily(engine, Uint32Array.from(PROMPT), 6);
    const [sampling, prefilling] = [sequenceAt(engine, 0), sequenceAt(engine, 1)];
    await sampling.trim(0);
    await prefilling.trim(0);
    await engine.step({ pulls: [], prefills: [{ sequence: sampling, tokenIds: Uint32Array.of(65, 66, 67) }] });
    leaveGap(ownSequence(sampling).inner);
    const decoder = engine.openDecoder({ sequence: sampling, tokenIds: Uint32Array.of(68), sampling: GREEDY });
    const step = await engine.step({
      pulls: [{ decoder, draft: [69, 70] }],
      prefills: [{ sequence: prefilling, tokenIds: Uint32Array.of(65, 66) }],
    });
    for (const fault of [await step.pulls[0], step.prefills[0]]) {
      assert.ok(fault instanceof EngineFault);
      assert.match(fault.message, /Eval has failed/);
    }
    assert.deepEqual([sampling.length, prefilling.length], [0, 0]);
    assert.deepEqual(await decodeGreedily(engine, Uint32Array.from(PROMPT), 6), expected);
  });
});
