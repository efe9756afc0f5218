import assert from "node:assert/strict";
import { getLlama, LlamaLogLevel, type Token } from "node-llama-cpp";
import type { Sampling } from "../../src/core/generation-request.js";
import { EngineFault, type EngineSequence, NEUTRAL_SAMPLING } from "../../src/engine/engine.js";
import { LlamaEngine } from "../../src/engine/llama/llama-engine.js";
import { pull } from "../engine/engine-contract.js";
import { defaultModelPath, FETCH_MODEL_LIMIT_MS } from "../support/default-model.js";
import { expectedDistribution } from "./expected-distribution.js";

const TEXT = "The cat sat on the mat. The cat sat on the mat. The cat sat on the";
/** Of its tokens; the rest is input. */
const OUTPUT_TOKENS = 14;
const SEQUENCES = 8;
const DRAWS = 320;
const DRY = { multiplier: 0.8, base: 1.5, allowedLength: 2, window: 64, sequenceBreakers: ["\u0000"] };
const XTC = { probability: 0.6, threshold: 0.03 };
/** Few tokens that all occur: each difference shows. */
const BASE: Sampling = { ...NEUTRAL_SAMPLING, topK: 8, temperature: 1.5 };

describe("samplers on the default model", function () {
  this.timeout(FETCH_MODEL_LIMIT_MS);
  let engine: LlamaEngine;
  let tokens: number[];
  let logits: ReadonlyMap<number, number>;
  let likeliest: number[];

  before(async () => {
    const modelPath = await defaultModelPath();
    const llama = await getLlama({
      gpu: false,
      build: "never",
      skipDownload: true,
      logLevel: LlamaLogLevel.error,
    });
    const model = await llama.loadModel({ modelPath });
    const sequence = (await model.createContext({ contextSize: 128, threads: 1, flashAttention: true })).getSequence();
    tokens = model.tokenize(TEXT);
    const neutral = { temperature: 1, topK: 0, topP: 1, minP: 0 };
    const last = tokens.at(-1) as Token;
    const read = await sequence.controlledEvaluate([
      ...(tokens.slice(0, -1) as Token[]),
      [last, { generateNext: { logits: true, options: neutral } }],
    ]);
    logits = read.at(-1)?.next.logits ?? new Map<number, number>();
    likeliest = [...logits].sort(([, one], [, other]) => other - one).map(([tokenId]) => tokenId);
    await llama.dispose();
    const size = {
      sequences: SEQUENCES,
      contextTokens: 128,
      threads: 1,
      savedStateBytes: 0,
      stateDirectory: "auto",
      maxPrefillTokens: 512,
    };
    engine = await LlamaEngine.start({ modelPath, gpu: false, ...size });
  });

  after(() => engine[Symbol.asyncDispose]());

  /** Opens a decoder in the middle of an output, as for a run that comes back, for each seed. @returns how often each token was sampled */
  async function draw(sampling: Sampling): Promise<ReadonlyMap<number, number>> {
    const counts = new Map<number, number>();
    for (let seed = 0; seed < DRAWS; seed += SEQUENCES) {
      const decoders = [];
      for (const [index, sequence] of engine.sequences.entries()) {
        await holdAllButLast(sequence);
        decoders.push(
          engine.openDecoder({
            sequence,
            tokenIds: Uint32Array.from(tokens.slice(sequence.length)),
            outputTokens: tokens.slice(-OUTPUT_TOKENS),
            sampling: { ...sampling, seed: seed + index },
          }),
        );
      }
      const pulls = decoders.map((decoder) => ({ decoder, draft: [] }));
      const step = await engine.step({ pulls, prefills: [] });
      for (const pull of step.pulls) {
        const result = await pull;
        if (result instanceof EngineFault) throw result;
        for (const { tokenId } of result) counts.set(tokenId, (counts.get(tokenId) ?? 0) + 1);
      }
      for (const decoder of decoders) decoder.close();
      engine.tidy(true);
    }
    return counts;
  }

  async function holdAllButLast(sequence: EngineSequence): Promise<void> {
    await sequence.trim(tokens.length - 1);
  }

  /** Pearson's statistic per degree of freedom: about 1 where the counts were sampled from the distribution. */
  function misfit(counts: ReadonlyMap<number, number>, distribution: ReadonlyMap<number, number>): number {
    let statistic = 0;
    let bins = 0;
    let restExpected = 0;
    let restCount = DRAWS;
    for (const [tokenId, probability] of distribution) {
      const expected = probability * DRAWS;
      if (expected < 5) {
        restExpected += expected;
        continue;
      }
      const count = counts.get(tokenId) ?? 0;
      restCount -= count;
      statistic += (count - expected) ** 2 / expected;
      bins++;
    }
    // The rare ones together, and whatever else was sampled.
    statistic += (restCount - restExpected) ** 2 / Math.max(1, restExpected);
    return statistic / bins;
  }

  const cases: readonly { name: string; sampling: () => Partial<Sampling> }[] = [
    { name: "repeat_penalty, on input and output", sampling: () => ({ repeatPenalty: 1.3 }) },
    { name: "presence_penalty, on the output", sampling: () => ({ presencePenalty: 1.8 }) },
    { name: "frequency_penalty, for each time", sampling: () => ({ frequencyPenalty: 1.2 }) },
    { name: "dry, growing with the repeat", sampling: () => ({ dry: DRY }) },
    { name: "xtc, now and then", sampling: () => ({ xtc: XTC }) },
    {
      name: "logit_bias, up, down and never",
      sampling: () => ({ logitBias: [-2.5, -100, 1.5].map((bias, rank) => ({ tokenId: likeliest[rank] ?? 0, bias })) }),
    },
    {
      name: "all of them at once, within a window",
      sampling: () => ({
        repeatPenalty: 1.1,
        presencePenalty: 0.4,
        frequencyPenalty: 0.3,
        penaltyWindow: 9,
        dry: { ...DRY, multiplier: 0.3 },
        xtc: { probability: 0.3, threshold: 0.1 },
        logitBias: [{ tokenId: likeliest[1] ?? 0, bias: -1 }],
      }),
    },
  ];

  it("sample from the model's own distribution where nothing changes it", async () => {
    const situation = { logits, tokens, outputTokens: OUTPUT_TOKENS };
    assert.ok(misfit(await draw(BASE), expectedDistribution(BASE, situation)) < 4);
  });

  for (const { name, sampling } of cases) {
    it(`sample as the contract says with ${name}`, async () => {
      const situation = { logits, tokens, outputTokens: OUTPUT_TOKENS };
      const changed = { ...BASE, ...sampling() };
      const counts = await draw(changed);
      const fit = misfit(counts, expectedDistribution(changed, situation));
      assert.ok(fit < 4, `misfit ${fit}`);
      const unchanged = misfit(counts, expectedDistribution(BASE, situation));
      assert.ok(unchanged > 8, `the plain distribution fits too: ${unchanged}`);
    });
  }

  it("go on after a return as if there had been none", async () => {
    const sampling: Sampling = {
      ...NEUTRAL_SAMPLING,
      temperature: 0,
      repeatPenalty: 1.2,
      frequencyPenalty: 0.5,
      penaltyWindow: 20,
      dry: DRY,
    };
    const straight = await decode(sampling, 24, 24);
    assert.deepEqual(await decode(sampling, 24, 1), straight);
    assert.notDeepEqual(await decode({ ...NEUTRAL_SAMPLING, temperature: 0 }, 24, 24), straight);
  });

  /** Decodes so many tokens with a new decoder after every few. */
  async function decode(sampling: Sampling, count: number, perDecoder: number): Promise<number[]> {
    const [sequence] = engine.sequences;
    assert.ok(sequence !== undefined);
    await sequence.trim(0);
    const outputTokens: number[] = [];
    while (outputTokens.length < count) {
      const all = [...tokens, ...outputTokens];
      const tokenIds = Uint32Array.from(all.slice(sequence.length));
      const decoder = engine.openDecoder({ sequence, tokenIds, outputTokens: [...outputTokens], sampling });
      for (let made = 0; made < perDecoder; made++) {
        outputTokens.push(await pull(engine, decoder));
      }
      decoder.close();
    }
    return outputTokens;
  }
});
