import assert from "node:assert/strict";
import fc from "fast-check";
import type { RepetitionGuard } from "../../../src/core/generation-request.js";
import { RepetitionWatch } from "../../../src/engine/run/output-watches.js";

/** The contract's rule, word for word and by brute force. */
function isRepetition(tokens: readonly number[], guard: RepetitionGuard): boolean {
  for (let period = 1; period <= guard.maxPeriodTokens; period++) {
    const least = Math.max(guard.minRepeats * period, guard.minTokens);
    if (tokens.length < least) continue;
    const tail = tokens.slice(-least);
    if (tail.every((tokenId, index) => index < period || tokenId === tail[index - period])) return true;
  }
  return false;
}

/** How many tokens there were when the watch first saw a repetition. */
function firedAfter(tokens: readonly number[], guard: RepetitionGuard): number | undefined {
  const watch = new RepetitionWatch(guard);
  const index = tokens.findIndex((tokenId) => watch.push(tokenId));
  return index < 0 ? undefined : index + 1;
}

const guards = fc.record({
  maxPeriodTokens: fc.integer({ min: 1, max: 6 }),
  minRepeats: fc.integer({ min: 2, max: 4 }),
  minTokens: fc.integer({ min: 2, max: 15 }),
});
const fewTokens = fc.integer({ min: 0, max: 2 });
/** Something, then a cycle that may break off inside, then something. */
const outputs = fc
  .record({
    before: fc.array(fewTokens, { maxLength: 20 }),
    cycle: fc.array(fewTokens, { minLength: 1, maxLength: 7 }),
    length: fc.integer({ min: 0, max: 40 }),
    after: fc.array(fewTokens, { maxLength: 5 }),
  })
  .map(({ before, cycle, length, after }) => [
    ...before,
    ...Array.from({ length }, (_, index) => cycle[index % cycle.length] ?? 0),
    ...after,
  ]);

describe("repetition watch", () => {
  it("fires exactly when the rule says", () => {
    fc.assert(
      fc.property(outputs, guards, (tokens, guard) => {
        const lengths = tokens.map((_, index) => index + 1);
        const watch = new RepetitionWatch(guard);
        assert.deepEqual(
          tokens.map((tokenId) => watch.push(tokenId)),
          lengths.map((length) => isRepetition(tokens.slice(0, length), guard)),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it("takes a row of one token for a repetition only when it is long enough", () => {
    const guard = { maxPeriodTokens: 4, minRepeats: 3, minTokens: 8 };
    assert.equal(firedAfter([1, 2, ...Array<number>(20).fill(7)], guard), 10);
    assert.equal(firedAfter([1, 2, 3, 1, 2, 3, 1, 2, 3], guard), 9);
    assert.equal(firedAfter([1, 2, 3, 1, 2, 3, 1, 2, 4, 1, 2, 3], guard), undefined);
  });

  it("does not see a cycle longer than the longest that it looks for", () => {
    const tokens = Array.from({ length: 60 }, (_, index) => index % 5);
    assert.equal(firedAfter(tokens, { maxPeriodTokens: 4, minRepeats: 2, minTokens: 2 }), undefined);
    assert.equal(firedAfter(tokens, { maxPeriodTokens: 5, minRepeats: 2, minTokens: 2 }), 10);
  });
});
