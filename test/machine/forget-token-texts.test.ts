import assert from "node:assert/strict";
import { forgetTokenTexts, type SpelledVocabulary } from "../../src/machine/forget-token-texts.js";

describe("forgetTokenTexts", () => {
  it("leaves how many tokens there are, and nothing of them", () => {
    const vocabulary: SpelledVocabulary = { tokens: ["a", "b", "ab"], token_type: [1, 1, 1], merges: ["a b"] };
    forgetTokenTexts(vocabulary);
    assert.equal(vocabulary.tokens.length, 3);
    assert.deepEqual(vocabulary.tokens.flat(), []);
    assert.deepEqual([vocabulary.token_type, vocabulary.scores, vocabulary.merges], [[], [], []]);
  });
});
