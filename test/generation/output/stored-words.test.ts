import assert from "node:assert/strict";
import fc from "fast-check";
import type { OutputEvent, TokenFacts } from "../../../src/core/generation-message.js";
import type { CompletedResult } from "../../../src/generation/claim/reading.js";
import { readStoredWords, writeStoredWords } from "../../../src/generation/output/stored-words.js";
import { ACCEPTED, COMPLETED } from "../generation-words.js";

const counts = fc.nat({ max: 1_000_000 });
const texts = fc.string({ unit: "binary", maxLength: 20 });
/** Every double, with the infinities, NaN and -0. */
const numbers = fc.double();
const bytes = fc.uint8Array({ maxLength: 8 });
const maybe = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(values, { nil: undefined });

const usages = fc.record(
  {
    inputTokens: counts,
    reusedInputTokens: counts,
    outputTokens: counts,
    reasoningTokens: counts,
    deliveredTokens: counts,
  },
  { requiredKeys: ["inputTokens", "reusedInputTokens", "outputTokens", "deliveredTokens"] },
);
const scored = fc.record(
  { tokenId: counts, logprob: numbers, tokenBytes: bytes },
  { requiredKeys: ["tokenId", "logprob"] },
);
const facts: fc.Arbitrary<TokenFacts> = fc.record({
  tokenCount: counts,
  outputTokens: counts,
  tokenIds: fc.array(counts, { maxLength: 3 }),
  scores: fc.array(fc.record({ tokenId: counts, logprob: numbers, top: fc.array(scored, { maxLength: 2 }) }), {
    maxLength: 2,
  }),
  tokenBytes: fc.array(bytes, { maxLength: 2 }),
  elapsedMs: maybe(numbers),
  usage: maybe(usages),
});
const parts: fc.Arbitrary<OutputEvent> = fc.oneof(
  fc
    .tuple(facts, texts, fc.constantFrom("answer" as const, "reasoning" as const))
    .map(([own, text, channel]): OutputEvent => ({ type: "text", channel, text, ...own })),
  fc
    .tuple(facts, texts, counts, maybe(fc.record({ id: texts, name: texts })))
    .map(([own, text, index, head]): OutputEvent => ({ type: "tool_call", index, head, arguments: text, ...own })),
);
const results: fc.Arbitrary<CompletedResult> = fc
  .tuple(
    maybe(fc.array(parts, { maxLength: 4 })),
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    maybe(counts),
    maybe(fc.record({ type: fc.constant("context_trimmed" as const), droppedTurns: counts, keptTurns: counts })),
  )
  .map(([output, textSha256, sessionRevision, contextTrimmed]) => ({
    accepted: ACCEPTED,
    contextTrimmed,
    output,
    completed: { ...COMPLETED, textSha256, sessionRevision },
  }));

describe("Core words that are stored", () => {
  it("are read back exactly as they were written", () => {
    fc.assert(
      fc.property(results, (result) => {
        assert.deepEqual(readStoredWords(writeStoredWords(result)), plainBytes(result));
      }),
    );
  });

  it("have their bytes in base64, from a buffer and from a part of one alike", () => {
    const whole = Buffer.from("abcdef");
    const words = { buffer: whole, part: whole.subarray(2, 4) };
    assert.equal(writeStoredWords(words), '{"buffer":{"$bytes":"YWJjZGVm"},"part":{"$bytes":"Y2Q="}}');
  });
});

/** The same words with every Buffer as plain bytes, which is how they are read. */
function plainBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(plainBytes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plainBytes(member)]));
}
