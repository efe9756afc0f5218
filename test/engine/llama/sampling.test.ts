import assert from "node:assert/strict";
import fc from "fast-check";
import type { Dry, Sampling } from "../../../src/core/generation-request.js";
import { NEUTRAL_SAMPLING } from "../../../src/engine/engine.js";
import { DryPenalty, evaluateOptionsOf, LogitAdjustment } from "../../../src/engine/llama/sampling.js";

const filters = { temperature: 0.7, topK: 20, topP: 0.9, minP: 0.1, seed: 12 };
const filtered = { ...NEUTRAL_SAMPLING, ...filters };
const optionsOf = (changed: Sampling) => evaluateOptionsOf(changed, undefined);

describe("sampler options", () => {
  it("hands each number on", () => {
    assert.deepEqual(optionsOf(filtered), filters);
    const xtc = { probability: 0.3, threshold: 0.2 };
    assert.deepEqual(optionsOf({ ...filtered, xtc }), { ...filters, xtc });
  });

  it("is greedy at temperature 0, and where the division by it would overflow", () => {
    for (const temperature of [0, 1e-40, 1e-300]) {
      assert.deepEqual(optionsOf({ ...filtered, temperature }).topK, 1);
      assert.deepEqual(optionsOf({ ...filtered, temperature }).temperature, 1);
    }
  });

  it("keeps llama.cpp from choosing a seed of its own", () => {
    assert.equal(optionsOf({ ...filtered, seed: 0 }).seed, 0);
    assert.notEqual(optionsOf({ ...filtered, seed: 0xffff_ffff }).seed, 0xffff_ffff);
  });
});

const tokenBytes = (tokenId: number): Uint8Array => Uint8Array.of(tokenId);
const EAGER_DRY = { multiplier: 2, base: 3, allowedLength: 1, window: 50, sequenceBreakers: [] };

function adjustment(
  sampling: Partial<Sampling>,
  tokens: { input?: readonly number[]; output?: readonly number[] },
): LogitAdjustment {
  const { input: inputTokens = [], output: outputTokens = [] } = tokens;
  const adjustment = LogitAdjustment.for({
    sampling: { ...NEUTRAL_SAMPLING, ...sampling },
    inputTokens,
    outputTokens,
    tokenBytes,
  });
  assert.ok(adjustment !== undefined);
  return adjustment;
}

describe("logit adjustment", () => {
  it("is none where nothing asks for it", () => {
    const parts = { inputTokens: [1], outputTokens: [2], tokenBytes };
    const neutral = [
      {},
      { penaltyWindow: 0, repeatPenalty: 1.5, presencePenalty: 1 },
      { dry: { ...EAGER_DRY, multiplier: 0 } },
    ];
    for (const sampling of neutral) {
      assert.equal(LogitAdjustment.for({ ...parts, sampling: { ...NEUTRAL_SAMPLING, ...sampling } }), undefined);
    }
  });

  it("subtracts presence once and frequency each time, for tokens of the output alone", () => {
    const sampling = { presencePenalty: 0.5, frequencyPenalty: 0.25 };
    const biases = adjustment(sampling, { input: [9, 9], output: [1, 2, 1] }).biases();
    assert.deepEqual(Object.fromEntries(biases), { 1: -1, 2: -0.75 });
  });

  it("looks back no further than the window, into the input for the repeat penalty", () => {
    const tokens = { input: [7, 8, 9], output: [1, 2] };
    const sampling = { repeatPenalty: 1.2, presencePenalty: 1 };
    assert.deepEqual(adjustment({ ...sampling, penaltyWindow: 4 }, tokens).repeatTokens(), [8, 9, 1, 2]);
    assert.deepEqual([...adjustment({ ...sampling, penaltyWindow: 1 }, tokens).biases()], [[2, -1]]);
  });

  it("adds up what one token gets, and keeps a token out for good at the lowest bias", () => {
    const logitBias = [
      { tokenId: 1, bias: 5 },
      { tokenId: 3, bias: -100 },
    ];
    const tokens = { input: [2, 1], output: [1, 3, 2] };
    const biases = adjustment({ logitBias, presencePenalty: 1, dry: EAGER_DRY }, tokens).biases();
    assert.deepEqual(Object.fromEntries(biases), { 1: 5 - 1 - 2, 2: -1, 3: -Infinity });
  });

  it("is the same for a run that comes back in the middle as for one that never left", () => {
    const tokens = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 });
    const samplings = fc.record({
      repeatPenalty: fc.constantFrom(1, 1.3),
      presencePenalty: fc.constantFrom(0, 0.5),
      frequencyPenalty: fc.constantFrom(0.25, 1),
      penaltyWindow: fc.integer({ min: 1, max: 20 }),
      dry: fc.constantFrom(undefined, EAGER_DRY, { ...EAGER_DRY, window: 9, sequenceBreakers: ["\u0001\u0002"] }),
      logitBias: fc.constant([{ tokenId: 2, bias: 3 }]),
    });
    fc.assert(
      fc.property(tokens, tokens, samplings, (input, output, sampling) => {
        const stayed = adjustment(sampling, { input });
        for (const [index, tokenId] of output.entries()) {
          stayed.push(tokenId);
          const returned = adjustment(sampling, { input, output: output.slice(0, index + 1) });
          assert.deepEqual(returned.biases(), stayed.biases());
          assert.deepEqual(returned.repeatTokens(), stayed.repeatTokens());
        }
      }),
    );
  });
});

/** Each token's text is one letter: 0 is a, 1 is b. */
const letterBytes = (tokenId: number): Uint8Array => Uint8Array.of(97 + tokenId);
const letters = (text: string): number[] => [...Buffer.from(text)].map((byte) => byte - 97);
const DRY: Dry = { multiplier: 2, base: 3, allowedLength: 2, window: 100, sequenceBreakers: ["z"] };

function penaltiesAfter(tokens: readonly number[], dry: Dry): Record<string, number> {
  const penalty = new DryPenalty({ dry, tokenBytes: letterBytes });
  for (const tokenId of tokens) penalty.push(tokenId);
  return Object.fromEntries([...penalty.penalties()].map(([tokenId, value]) => [letterOf(tokenId), value]));
}

function letterOf(tokenId: number): string {
  return String.fromCharCode(97 + tokenId);
}

/** The contract's words, by brute force. */
function expectedPenalties(tokens: readonly number[], dry: Dry): Record<string, number> {
  const text = tokens.map(letterOf).join("");
  const lastBreak = Math.max(0, ...dry.sequenceBreakers.map((breaker) => endOfLast(text, breaker)));
  const seen = text.slice(Math.max(0, text.length - dry.window));
  const mostCounted = text.length - lastBreak;
  const penalties: Record<string, number> = {};
  for (let next = 1; next < seen.length; next++) {
    let length = 0;
    while (length < Math.min(next, mostCounted) && seen[next - 1 - length] === seen[seen.length - 1 - length]) length++;
    const letter = seen[next] ?? "";
    if (length < dry.allowedLength || dry.sequenceBreakers.includes(letter)) continue;
    const penalty = dry.multiplier * dry.base ** (length - dry.allowedLength);
    penalties[letter] = Math.max(penalties[letter] ?? 0, penalty);
  }
  return penalties;
}

function endOfLast(text: string, breaker: string): number {
  const at = text.lastIndexOf(breaker);
  return at < 0 ? 0 : at + breaker.length;
}

describe("DRY penalty", () => {
  it("is on the token that would lengthen a repeat, and grows with the repeat", () => {
    assert.deepEqual(penaltiesAfter(letters("abcxab"), DRY), { c: 2 });
    assert.deepEqual(penaltiesAfter(letters("abcdxabc"), DRY), { d: 6 });
    assert.deepEqual(penaltiesAfter(letters("abcdabxab"), DRY), { c: 2, x: 2 });
    assert.deepEqual(penaltiesAfter(letters("abxb"), DRY), {});
  });

  it("does not count a repeat across a sequence breaker, nor penalise one", () => {
    assert.deepEqual(penaltiesAfter(letters("azbcxazb"), DRY), {});
    assert.deepEqual(penaltiesAfter(letters("abzxab"), DRY), {});
    const dry = { ...DRY, sequenceBreakers: ["yz"] };
    assert.deepEqual(penaltiesAfter(letters("ayzbcdxayzbc"), dry), { d: 2 });
    assert.deepEqual(penaltiesAfter(letters("azybcdxazybc"), dry), { d: 54 });
  });

  it("looks back no further than its window", () => {
    assert.deepEqual(penaltiesAfter(letters("abcxxab"), { ...DRY, window: 7 }), { c: 2 });
    assert.deepEqual(penaltiesAfter(letters("abcxxab"), { ...DRY, window: 6 }), {});
  });

  it("equals the contract's formula, whatever came before", () => {
    const dries = fc.record({
      multiplier: fc.constant(1),
      base: fc.constant(2),
      allowedLength: fc.integer({ min: 1, max: 3 }),
      window: fc.integer({ min: 0, max: 30 }),
      sequenceBreakers: fc.uniqueArray(fc.constantFrom("c", "ab", "cab", "bb"), { maxLength: 2 }),
    });
    const outputs = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 40 });
    fc.assert(
      fc.property(outputs, dries, (tokens, dry) => {
        assert.deepEqual(penaltiesAfter(tokens, dry), expectedPenalties(tokens, dry));
      }),
      { numRuns: 2_000 },
    );
  });
});
