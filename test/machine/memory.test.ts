import assert from "node:assert/strict";
import { getHeapStatistics } from "node:v8";
import { forgetTokenTexts, shrinkHeap, type TokenMetadata } from "../../src/machine/memory.js";

const MIB = 1024 * 1024;

describe("shrinkHeap", function () {
  this.timeout(20_000);

  it("gives back what garbage had taken, old and young", async () => {
    const kept = Array.from({ length: 1_000_000 }, (_, index) => ({ index, text: `${index}` }));
    const grownBytes = getHeapStatistics().total_heap_size;
    kept.length = 0;
    await shrinkHeap();
    const { total_heap_size: bytes, used_heap_size: usedBytes } = getHeapStatistics();
    assert.ok(bytes < grownBytes - 40 * MIB, `${bytes} of ${grownBytes}`);
    assert.ok(bytes < 1.5 * usedBytes + 8 * MIB, `${bytes} for ${usedBytes}`);
  });
});

describe("forgetTokenTexts", () => {
  it("leaves how many tokens there are, and nothing of them", () => {
    const vocabulary: TokenMetadata = { tokens: ["a", "b", "ab"], token_type: [1, 1, 1], merges: ["a b"] };
    forgetTokenTexts(vocabulary);
    assert.equal(vocabulary.tokens.length, 3);
    assert.deepEqual(vocabulary.tokens.flat(), []);
    assert.deepEqual([vocabulary.token_type, vocabulary.scores, vocabulary.merges], [[], [], []]);
  });
});
