import assert from "node:assert/strict";
import fc from "fast-check";
import type { Dry } from "../../../src/core/generation-request.js";
import { DryPenalty } from "../../../src/engine/llama/dry-penalty.js";

/** Each token's text is one letter: 0 is a, 1 is b. */
const tokenBytes = (tokenId: number): Uint8Array => Uint8Array.of(97 + tokenId);
const letters = (text: string): number[] => [...Buffer.from(text)].map((byte) => byte - 97);
const DRY: Dry = { multiplier: 2, base: 3, allowedLength: 2, window: 100, sequenceBreakers: ["z"] };

function penaltiesAfter(tokens: readonly number[], dry: Dry): Record<string, number> {
  const penalty = new DryPenalty({ dry, tokenBytes });
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
