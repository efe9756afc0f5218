import assert from "node:assert/strict";
import fc from "fast-check";
import { PromptLookup } from "../../../src/engine/run/prompt-lookup.js";

/** Few different tokens, so that much comes again. */
const tokens = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 60 });

describe("prompt lookup", () => {
  it("drafts what followed the same three tokens before", () => {
    const lookup = new PromptLookup([1, 2, 3, 4, 5, 6, 9, 1, 2, 3]);
    assert.deepEqual(lookup.draft(3), [4, 5, 6]);
    lookup.push(4);
    assert.deepEqual(lookup.draft(2), [5, 6]);
  });

  it("drafts nothing where two tokens came before and three did not", () => {
    const lookup = new PromptLookup([1, 2, 3, 4, 9, 2, 3]);
    assert.deepEqual(lookup.draft(3), []);
    assert.equal(lookup.confidence, 0);
  });

  it("goes on with the text it follows, even where the last three tokens came again since", () => {
    const lookup = new PromptLookup([1, 2, 3, 4, 1, 2, 3, 5, 1, 2, 3]);
    assert.deepEqual(lookup.draft(1), [5], "the latest position");
    const other = new PromptLookup([7, 1, 2, 3, 4, 1, 2, 3, 5, 8, 6, 7, 1]);
    for (const tokenId of [2, 3]) other.push(tokenId);
    assert.deepEqual(other.draft(1), [4]);
  });

  it("drafts that text which repeats itself goes on so, beyond its end", () => {
    assert.deepEqual(new PromptLookup([5, 7, 7, 7, 7]).draft(5), [7, 7, 7, 7, 7]);
    assert.deepEqual(new PromptLookup([5, 1, 2, 3, 1, 2, 3]).draft(7), [1, 2, 3, 1, 2, 3, 1]);
  });

  it("finds its position again after an edit", () => {
    const text = Array.from({ length: 30 }, (_, index) => 100 + index);
    const lookup = new PromptLookup([...text, 1, 100, 101, 102]);
    lookup.push(103);
    lookup.push(7);
    assert.deepEqual(lookup.draft(4), []);
    for (const tokenId of [110, 111, 112]) lookup.push(tokenId);
    assert.deepEqual(lookup.draft(4), [113, 114, 115, 116]);
  });

  it("is sure of a text after a few right tokens, and doubts it after as few wrong ones", () => {
    const lookup = new PromptLookup([7, 7, 7, 7]);
    for (let count = 0; count < 5; count++) lookup.push(7);
    assert.ok(lookup.confidence > 0.85, `${lookup.confidence}`);
    for (const tokenId of [1, 7, 7, 7, 2, 7, 7, 7, 3, 7, 7, 7]) lookup.push(tokenId);
    assert.ok(lookup.confidence < 0.75, `${lookup.confidence}`);
  });

  it("is the more confident the more of what it drafted came, speculated or not", () => {
    const text = Array.from({ length: 40 }, (_, index) => 100 + index);
    const lookup = new PromptLookup([...text, 1, 100, 101, 102]);
    let last = lookup.confidence;
    for (const tokenId of text.slice(3, 30)) {
      lookup.push(tokenId);
      assert.ok(lookup.confidence > last);
      last = lookup.confidence;
    }
    assert.ok(last > 0.95);
    const wrong = new PromptLookup([...text, 1, 100, 101, 102]);
    for (let edit = 0; edit < 12; edit++) for (const tokenId of [200 + edit, 100, 101, 102]) wrong.push(tokenId);
    assert.ok(wrong.confidence < 0.5, `${wrong.confidence}`);
  });

  it("only ever drafts what followed the last three tokens somewhere", () => {
    fc.assert(
      fc.property(tokens, tokens, fc.integer({ min: 0, max: 8 }), (input, output, most) => {
        const lookup = new PromptLookup(input);
        for (const tokenId of output) lookup.push(tokenId);
        const all = [...input, ...output];
        const draft = lookup.draft(most);
        if (draft.length === 0) return;
        assert.equal(draft.length, most);
        const row = [...all.slice(-3), ...draft].join();
        // The draft may itself be the beginning of the text that repeats.
        const whole = [...all, ...draft];
        const rows = all.slice(0, -3).map((_, start) => whole.slice(start, start + 3 + most).join());
        assert.ok(rows.includes(row));
      }),
    );
  });
});
