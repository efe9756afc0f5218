import assert from "node:assert/strict";
import { forgetSpellings, type SpelledVocabulary } from "../../src/machine/forget-spellings.js";

describe("forgetSpellings", () => {
  it("leaves how many tokens there are, and nothing of them", () => {
    const vocabulary: SpelledVocabulary = { tokens: ["a", "b", "ab"], token_type: [1, 1, 1], merges: ["a b"] };
    forgetSpellings(vocabulary);
    assert.equal(vocabulary.tokens.length, 3);
    assert.deepEqual(vocabulary.tokens.flat(), []);
    assert.deepEqual([vocabulary.token_type, vocabulary.scores, vocabulary.merges], [[], [], []]);
  });
});
