import assert from "node:assert/strict";
import { getLlama, LlamaLogLevel, type Llama, type LlamaContextSequence, type Token } from "node-llama-cpp";
import { NEUTRAL_SAMPLING } from "../../src/engine/engine.js";
import type { TokenScore } from "../../src/core/piece.js";
import { LlamaEngine } from "../../src/engine/llama/llama-engine.js";
import { LoopHarness } from "../engine/loop-harness.js";
import { FETCH_MODEL_LIMIT_MS, defaultModelPath } from "../support/default-model.js";

/** The binding's own numbers are of single precision, and batches of other widths differ by more. */
const TOLERANCE = 0.02;

describe("scores on the default model", function () {
  this.timeout(FETCH_MODEL_LIMIT_MS);
  let llama: Llama;
  let sequence: LlamaContextSequence;
  let engine: LlamaEngine;
  let prompt: Token[];

  before(async () => {
    const modelPath = await defaultModelPath();
    llama = await getLlama({
      gpu: false,
      build: "never",
      skipDownload: true,
      logLevel: LlamaLogLevel.error,
    });
    const model = await llama.loadModel({ modelPath });
    sequence = (await model.createContext({ contextSize: 256, threads: 1, flashAttention: true })).getSequence();
    prompt = model.tokenize("The capital of France is");
    const options = {
      sequences: 4,
      contextTokens: 256,
      threads: 1,
      savedStateBytes: 0,
      stateDirectory: "auto",
      maxPrefillTokens: 128,
      gpu: false,
    } as const;
    engine = await LlamaEngine.start({ modelPath, ...options });
  });

  after(async () => {
    await engine[Symbol.asyncDispose]();
    await llama.dispose();
  });

  /** The model's plain softmax at the place of each token, as the binding's public interface gives it where no sampler changes anything. */
  async function plainProbabilities(tokenIds: readonly number[]): Promise<ReadonlyMap<number, number>[]> {
    await sequence.clearHistory();
    const neutral = { temperature: 1, topK: 0, topP: 1, minP: 0, yieldEogToken: true };
    const generator = sequence.evaluateWithMetadata(prompt, { probabilities: true }, neutral);
    const places: ReadonlyMap<number, number>[] = [];
    let place = await generator.next();
    for (const tokenId of tokenIds) {
      assert.ok(place.value !== undefined);
      places.push(place.value.probabilities);
      // In place of the token that the binding has sampled itself.
      place = await generator.next(tokenId as Token);
    }
    await generator.return();
    return places;
  }

  /** Holds each token's score against the softmax at its place. */
  async function check(tokenIds: readonly number[], scores: readonly TokenScore[], topTokens: number): Promise<void> {
    assert.equal(scores.length, tokenIds.length);
    const places = await plainProbabilities(tokenIds);
    for (const [index, { logprob, top }] of scores.entries()) {
      const expected = places[index];
      assert.ok(expected !== undefined);
      const close = (tokenId: number, actual: number): void => {
        const difference = Math.abs(Math.exp(actual) - (expected.get(tokenId) ?? 0));
        assert.ok(difference < TOLERANCE, `token ${tokenId} at ${index}: off by ${difference}`);
      };
      close(tokenIds[index] ?? -1, logprob);
      assert.equal(top.length, topTokens);
      for (const token of top) close(token.tokenId, token.logprob);
      const descending = top.map((token) => token.logprob).toSorted((one, other) => other - one);
      assert.deepEqual(
        top.map((token) => token.logprob),
        descending,
      );
      const least = Math.exp(top.at(-1)?.logprob ?? 0) - TOLERANCE;
      const better = [...expected].filter(([, probability]) => probability > least + 2 * TOLERANCE);
      for (const [tokenId] of better) assert.ok(top.some((token) => token.tokenId === tokenId) || topTokens === 0);
    }
  }

  it("are the model's plain softmax, whatever the sampling makes of it", async () => {
    await using harness = new LoopHarness(engine);
    const sampling = {
      ...NEUTRAL_SAMPLING,
      temperature: 1.8,
      topK: 20,
      repeatPenalty: 1.5,
      logitBias: [{ tokenId: 260, bias: 4 }],
      seed: 3,
    };
    for (const logprobs of [0, 5]) {
      const stopping = { maxOutputTokens: 8, ignoreEndOfGeneration: true };
      const runId = harness.start({ prompt, sampling, stopping, output: { logprobs } });
      await harness.end(runId);
      const { pieces } = harness.story(runId);
      const tokenIds = pieces.flatMap((piece) => [...piece.tokenIds]);
      await check(
        tokenIds,
        pieces.flatMap((piece) => piece.scores ?? []),
        logprobs,
      );
    }
  });

  it("belong to their own run where several are scored side by side, and others not", async () => {
    await using harness = new LoopHarness(engine);
    const runs = [3, undefined, 1, 0].map((logprobs, seed) =>
      harness.start({
        prompt,
        sampling: { ...NEUTRAL_SAMPLING, seed },
        stopping: { maxOutputTokens: 5, ignoreEndOfGeneration: true },
        output: { logprobs },
      }),
    );
    for (const [index, logprobs] of [3, undefined, 1, 0].entries()) {
      const runId = runs[index] ?? 0;
      await harness.end(runId);
      const { pieces } = harness.story(runId);
      const tokenIds = pieces.flatMap((piece) => [...piece.tokenIds]);
      const scores = pieces.flatMap((piece) => piece.scores ?? []);
      if (logprobs === undefined) assert.equal(scores.length, 0);
      else await check(tokenIds, scores, logprobs);
    }
  });
});
