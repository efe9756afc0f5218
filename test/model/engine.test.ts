import assert from "node:assert/strict";
import { LlamaEngine } from "../../src/engine/llama/llama-engine.js";
import type { Sampling } from "../../src/core/generation-request.js";
import { NEUTRAL_SAMPLING } from "../../src/engine/engine.js";
import { FETCH_MODEL_LIMIT_MS, defaultModelPath } from "../support/default-model.js";
import { AMPLE_CREDIT, LoopHarness, joined, type RunStory } from "../engine/loop-harness.js";
import { rssGrowth } from "./rss-growth.js";
import { LlamaVocabulary } from "./llama-vocabulary.js";

const CONTEXT_TOKENS = 512;
/** The model's control tokens `<|im_start|>` and `<|im_end|>`. */
const TURN_START = 1;
const TURN_END = 2;

const NEUTRAL: Sampling = { ...NEUTRAL_SAMPLING, seed: 7 };

describe("engine on the default model", function () {
  this.timeout(FETCH_MODEL_LIMIT_MS);
  let engine: LlamaEngine;
  let vocabulary: LlamaVocabulary;
  let prompt: number[];

  before(async () => {
    const modelPath = await defaultModelPath();
    vocabulary = await LlamaVocabulary.load(modelPath);
    engine = await LlamaEngine.start({
      modelPath,
      sequences: 2,
      contextTokens: CONTEXT_TOKENS,
      // Two would wait for each other at every turn where the machine is busy with something else.
      threads: 1,
      maxPrefillTokens: 256,
      savedStateBytes: 64 * 1024 * 1024,
      stateDirectory: "auto",
      gpu: false,
    });
    const text = (words: string): number[] => vocabulary.tokenize(words);
    prompt = [TURN_START, ...text("user\nTell me a story about a fox.")];
    prompt.push(TURN_END, ...text("\n"), TURN_START, ...text("assistant\n"));
  });

  after(async () => {
    await engine[Symbol.asyncDispose]();
    await vocabulary[Symbol.asyncDispose]();
  });

  /** The tokens that one run alone gives. */
  async function sample(sampling: Partial<Sampling>, maxOutputTokens = 12): Promise<number[]> {
    await using harness = new LoopHarness(engine);
    const stopping = { maxOutputTokens, ignoreEndOfGeneration: true };
    return (await harness.complete({ prompt, sampling: { ...NEUTRAL, ...sampling }, stopping })).tokenIds;
  }

  /** How many different first tokens 30 seeds give. */
  async function variety(sampling: Partial<Sampling>): Promise<number> {
    const first = new Set<number>();
    for (let seed = 1; seed <= 30; seed++) for (const token of await sample({ ...sampling, seed }, 1)) first.add(token);
    return first.size;
  }

  it("knows the exact bytes of its whole vocabulary", () => {
    for (let tokenId = 0; tokenId < engine.vocabularySize; tokenId++) {
      const bytes = engine.tokenBytes(tokenId);
      assert.equal(
        new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes),
        vocabulary.detokenize(tokenId),
        `token ${tokenId}`,
      );
    }
  });

  it("repeats itself with the same seed, and not with another", async () => {
    const first = await sample({ seed: 42 });
    assert.deepEqual(await sample({ seed: 42 }), first);
    assert.notDeepEqual(await sample({ seed: 43 }), first);
  });

  it("honours all 32 bits of a seed", async () => {
    const seeds = [0, 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1];
    const outputs = new Map<number, number[]>();
    for (const seed of seeds) outputs.set(seed, await sample({ seed }));
    for (const seed of seeds) assert.deepEqual(await sample({ seed }), outputs.get(seed), `seed ${seed} repeats`);
    assert.notDeepEqual(outputs.get(0), outputs.get(2 ** 31));
    assert.notDeepEqual(outputs.get(1), outputs.get(2 ** 32 - 2));
  });

  it("is greedy at temperature 0, at top_k 1 and at min_p 1, whatever the seed", async () => {
    const greedy = await sample({ temperature: 0 });
    assert.deepEqual(await sample({ temperature: 0, seed: 99 }), greedy);
    assert.deepEqual(await sample({ topK: 1, seed: 5 }), greedy);
    assert.deepEqual(await sample({ minP: 1, seed: 6 }), greedy);
    assert.deepEqual(await sample({ topP: 0.000_001, seed: 8 }), greedy);
    assert.deepEqual(await sample({ temperature: 1e-40, seed: 9 }), greedy);
  });

  it("is narrowed by each parameter of its own", async () => {
    const free = await variety({ temperature: 2 });
    assert.ok(free > 15, `${free} different tokens at temperature 2`);
    assert.ok((await variety({ temperature: 0.2 })) < free / 2);
    assert.ok((await variety({ temperature: 2, topK: 3 })) <= 3);
    assert.ok((await variety({ temperature: 2, topP: 0.3 })) < free / 2);
    assert.ok((await variety({ temperature: 2, minP: 0.3 })) < free / 2);
  });

  it("reuses a prompt that it has just prefilled, with the same output", async () => {
    await using harness = new LoopHarness(engine);
    const stopping = { maxOutputTokens: 40 };
    await harness.complete({ prompt: [TURN_START], stopping: { maxOutputTokens: 1 } });
    const first = await harness.complete({ prompt, stopping });
    const second = await harness.complete({ prompt, stopping });
    assert.equal(second.end.tally.reusedInputTokens, prompt.length - 1);
    assert.equal(second.text, first.text);
    // A conversation that goes on holds the answer too, but for its last token, which was never evaluated.
    const next = await harness.complete({ prompt: [...prompt, ...first.tokenIds, TURN_END, ...prompt], stopping });
    assert.equal(next.end.tally.reusedInputTokens, prompt.length + first.tokenIds.length - 1);
  });

  it("ends at the end of the context with its first tokens still in the sequence", async () => {
    await using harness = new LoopHarness(engine);
    const runId = harness.start({ prompt, stopping: { ignoreEndOfGeneration: true } });
    const { outcome, tally } = await harness.end(runId);
    assert.equal(outcome.type === "finished" && outcome.reason, "context_length");
    assert.equal(prompt.length + tally.outputTokens, CONTEXT_TOKENS);
    const held = engine.sequences.find(({ length }) => length === CONTEXT_TOKENS - 1)?.tokens();
    assert.deepEqual(held, [...prompt, ...joined(harness.story(runId)).tokenIds].slice(0, -1));
  });

  it("gives whole code points and adds up, also in scripts that its tokens tear apart", async () => {
    await using harness = new LoopHarness(engine);
    const emoji = vocabulary.tokenize("Repeat: 😀 日本語 नमस्ते 😀 日本語 नमस्ते 😀 日本語");
    const runs = [1, 2].map((seed) =>
      harness.start({
        prompt: emoji,
        sampling: { temperature: 1.5, topK: 0, topP: 1, minP: 0, seed },
        stopping: { maxOutputTokens: 120, ignoreEndOfGeneration: true },
        credit: AMPLE_CREDIT,
      }),
    );
    for (const runId of runs) {
      const { tally } = await harness.end(runId);
      const { text, tokenIds } = joined(harness.story(runId));
      assert.equal(tokenIds.length, tally.outputTokens);
      assert.equal(Buffer.from(text).toString(), text);
      const bytes = Buffer.concat(tokenIds.map((tokenId) => engine.tokenBytes(tokenId)));
      assert.equal(text, new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: true }));
    }
  });

  /** A greedy run of 60 tokens whose reader stands still after every ten, and whose sequences others use then. */
  async function preemptedAgainAndAgain(): Promise<{ text: string; tokenIds: number[]; story: RunStory }> {
    await using harness = new LoopHarness(engine);
    const stopping = { maxOutputTokens: 60, ignoreEndOfGeneration: true };
    const runId = harness.start({ prompt, stopping, credit: { pieces: 10, bytes: 10_000 } });
    for (;;) {
      const { ends } = await harness.until(runId, ({ parked, ends: ended }) => parked || ended.length > 0);
      if (ends.length > 0) break;
      harness.loop.preempt(runId);
      await harness.until(runId, ({ preempted }) => preempted);
      // One after the other, so that the run is never beside another in a batch.
      for (const first of [TURN_START, TURN_END]) {
        for (let again = 0; again < engine.sequences.length; again++) {
          await harness.complete({ prompt: [first, again + 1], stopping: { maxOutputTokens: 1 } });
        }
      }
      harness.loop.grant(runId, { pieces: 10, bytes: 10_000 });
      harness.loop.resume(runId);
      await harness.until(runId, ({ preempted, parked }) => !preempted && !parked);
    }
    const story = harness.story(runId);
    return { ...joined(story), story };
  }

  it("gives the same greedy text whether a run was preempted or not, when its state is restored", async () => {
    const stopping = { maxOutputTokens: 60, ignoreEndOfGeneration: true };
    await using harness = new LoopHarness(engine);
    await harness.complete({ prompt: [TURN_START], stopping: { maxOutputTokens: 1 } });
    const undisturbed = await harness.complete({ prompt, stopping });
    const { text, tokenIds, story } = await preemptedAgainAndAgain();
    assert.equal(text, undisturbed.text);
    assert.deepEqual(tokenIds, undisturbed.tokenIds);
    const restarts = story.ends[0]?.tally.restarts ?? 0;
    assert.ok(restarts >= 5, `${restarts} restarts`);
    assert.equal(story.reprefilledTokens, restarts, "only the token that was in no cache yet, each time");
  });

  it("counts right when a preempted run has to be prefilled again", async () => {
    const save = engine.save.bind(engine);
    engine.save = () => Promise.resolve(undefined);
    try {
      const { tokenIds, story } = await preemptedAgainAndAgain();
      assert.equal(tokenIds.length, 60);
      assert.equal(story.decodedTokens, 60);
      assert.equal(story.ends.length, 1);
      assert.ok(story.reprefilledTokens > 5 * prompt.length, `${story.reprefilledTokens} tokens`);
    } finally {
      engine.save = save;
    }
  });

  it("does not grow with the number of generations", async () => {
    await using harness = new LoopHarness(engine);
    const growthBytes = await rssGrowth(300, async () => {
      await harness.complete({ prompt: prompt.slice(0, 8), stopping: { maxOutputTokens: 1 } });
    });
    // 300 samplers take 170 MiB. They are freed once they take 32 MiB and nobody waits.
    assert.ok(growthBytes < 50 * 1024 * 1024, `${growthBytes} bytes`);
  });
});
