import assert from "node:assert/strict";
import { findSliceRule, type SliceFacts, sliceEnd } from "../../../src/prepare/tokens/slice-rule.js";

const facts = (changes: Partial<SliceFacts>): SliceFacts => ({
  tokenizerModel: "gpt2",
  preTokenizer: "smollm",
  tokenTexts: [],
  wholeTexts: [],
  wholeTextsStrip: false,
  tokenize: () => [],
  ...changes,
});

function ends(text: string, sliceChars: number, changes: Partial<SliceFacts> = {}): string[] {
  const rule = findSliceRule(facts(changes));
  const slices: string[] = [];
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = sliceEnd(text, start, { rule, sliceChars });
    slices.push(text.slice(start, end));
  }
  return slices;
}

describe("slice rule", () => {
  it("cuts before a single space between two words, at the first place past the length", () => {
    assert.deepEqual(ends("one two  three, (four) 5", 1), ["one", " two  three,", " (four)", " 5"]);
    assert.deepEqual(ends("one two three", 4), ["one two", " three"]);
  });

  it("cuts before the stops of scripts without spaces", () => {
    assert.deepEqual(ends("你好。我们走", 1), ["你好", "。我们走"]);
  });

  it("never cuts inside white space, nor beside characters whose class is not certain", () => {
    assert.deepEqual(ends("a  b\n c\u0085 d\u200b e", 1), ["a  b\n c\u0085 d\u200b e"]);
  });

  it("does not cut at all for a pre-tokeniser that it does not know", () => {
    for (const preTokenizer of ["superbpe", "exaone-moe", "gemma4", "unheard-of", undefined]) {
      assert.equal(findSliceRule(facts({ preTokenizer })), undefined);
    }
  });

  it("does not cut where a token that is searched for first reaches over a boundary or takes white space along", () => {
    assert.equal(findSliceRule(facts({ wholeTexts: ["New York"] })), undefined);
    assert.equal(findSliceRule(facts({ wholeTextsStrip: true })), undefined);
    assert.notEqual(findSliceRule(facts({ wholeTexts: ["    ", " x"] })), undefined);
  });

  describe("for SentencePiece vocabularies", () => {
    const spm: Partial<SliceFacts> = {
      tokenizerModel: "llama",
      preTokenizer: "default",
      tokenTexts: ["▁", "a", "\n"],
      tokenize: (text) => [0, ...Array<number>(text.length).fill(2)],
    };

    it("cuts before a line's end, and knows the token that each text begins with", () => {
      assert.deepEqual(ends("a a\na\n\na", 1, spm), ["a a", "\na", "\n", "\na"]);
      assert.equal(findSliceRule(facts(spm))?.addedTokens, 1);
    });

    it("does not cut where a token reaches over a line's end", () => {
      assert.equal(findSliceRule(facts({ ...spm, tokenTexts: ["\n", "\n\n"] })), undefined);
      assert.equal(findSliceRule(facts({ ...spm, tokenize: () => [1] })), undefined);
    });
  });
});
