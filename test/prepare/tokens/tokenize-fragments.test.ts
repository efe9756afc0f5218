import assert from "node:assert/strict";
import fc from "fast-check";
import { type Tokenizer, tokenizeFragments } from "../../../src/prepare/tokens/tokenize-fragments.js";
import { Vocabulary } from "../../../src/prepare/tokens/vocabulary.js";
import { createTinyModel } from "../../support/tiny-model.js";
import { TURN_END_TOKEN } from "../../support/tiny-vocabulary.js";
import { runJob } from "../run-job.js";

describe("tokenizeFragments", () => {
  let vocabulary: Vocabulary;

  before(async () => {
    vocabulary = await Vocabulary.load(await createTinyModel());
  });
  after(() => vocabulary[Symbol.asyncDispose]());

  const all = Infinity;

  it("refuses a stretch that cannot be cut and would hold everyone else up", () => {
    const { value } = runJob(tokenizeFragments(vocabulary, ["a few words " + "x".repeat(300_000)], { maxTokens: all }));
    assert.match(value.type === "refused" ? value.problem : value.type, /stretch of 300\d* characters .*262144/);
    const within = runJob(tokenizeFragments(vocabulary, ["x".repeat(200_000)], { maxTokens: all }));
    assert.equal(within.value.type, "tokens");
  });

  it("gives the same tokens whatever the slice length", () => {
    const word = fc.oneof(
      fc.constantFrom(" ", " the", "hello", "\n\n", "  ", "é", "你好", "。", "it's", "123", "<|im_end|>", "\u0085"),
      fc.string({ unit: "grapheme", maxLength: 4 }).filter((text) => !/\p{Surrogate}/u.test(text)),
    );
    const text = fc.array(word, { maxLength: 60 }).map((words) => words.join(""));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 20 }), (whole, sliceChars) => {
        const { value } = runJob(tokenizeFragments(vocabulary, [whole], { maxTokens: all, sliceChars }));
        assert.deepEqual(value, { type: "tokens", tokens: Uint32Array.from(vocabulary.tokenize(whole)) });
      }),
    );
  });

  it("takes away, from all slices but the first, what the vocabulary puts in front of every text", () => {
    const added = 7;
    const tokenizer: Tokenizer = {
      tokenize: (text) => [added, ...Buffer.from(text)],
      isControl: () => false,
      sliceRule: { boundary: /(?=\n)/gu, addedTokens: 1 },
    };
    const { value } = runJob(tokenizeFragments(tokenizer, ["a\nb\nc", "d"], { maxTokens: all, sliceChars: 1 }));
    assert.deepEqual(value, { type: "tokens", tokens: Uint32Array.of(added, ...Buffer.from("a\nb\nc"), added, 100) });
  });

  it("puts the tokens of control fragments between those of the text", () => {
    const { value } = runJob(tokenizeFragments(vocabulary, ["ab", TURN_END_TOKEN, "", "c"], { maxTokens: all }));
    assert.deepEqual(value, { type: "tokens", tokens: Uint32Array.of(97, 98, TURN_END_TOKEN, 99) });
  });

  it("lets others have their turn while it works on a long text", () => {
    const job = tokenizeFragments(vocabulary, ["hello world ".repeat(20_000)], { maxTokens: all });
    assert.ok(runJob(job).turns > 20);
  });

  it("stops at the bound without looking at the rest", () => {
    const text = "x ".repeat(100_000);
    const { value, turns } = runJob(tokenizeFragments(vocabulary, [text], { maxTokens: 10_000 }));
    assert.ok(value.type === "too_long" && !value.exact);
    assert.ok(value.inputTokens > 10_000 && value.inputTokens < 30_000);
    assert.ok(turns < 10);
  });

  it("counts exactly where the end is near", () => {
    const { value } = runJob(tokenizeFragments(vocabulary, ["xyz"], { maxTokens: 2 }));
    assert.deepEqual(value, { type: "too_long", inputTokens: 3, exact: true });
    assert.equal(runJob(tokenizeFragments(vocabulary, ["xyz"], { maxTokens: 3 })).value.type, "tokens");
  });
});
