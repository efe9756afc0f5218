import assert from "node:assert/strict";
import fc from "fast-check";
import type { Sampling } from "../../../src/core/generation-request.js";
import { NEUTRAL_SAMPLING } from "../../../src/engine/loop/neutral-sampling.js";
import { LogitAdjustment } from "../../../src/engine/llama/logit-adjustment.js";

const tokenBytes = (tokenId: number): Uint8Array => Uint8Array.of(tokenId);
const DRY = { multiplier: 2, base: 3, allowedLength: 1, window: 50, sequenceBreakers: [] };

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
      { dry: { ...DRY, multiplier: 0 } },
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
    const biases = adjustment({ logitBias, presencePenalty: 1, dry: DRY }, tokens).biases();
    assert.deepEqual(Object.fromEntries(biases), { 1: 5 - 1 - 2, 2: -1, 3: -Infinity });
  });

  it("is the same for a run that comes back in the middle as for one that never left", () => {
    const tokens = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 });
    const samplings = fc.record({
      repeatPenalty: fc.constantFrom(1, 1.3),
      presencePenalty: fc.constantFrom(0, 0.5),
      frequencyPenalty: fc.constantFrom(0.25, 1),
      penaltyWindow: fc.integer({ min: 1, max: 20 }),
      dry: fc.constantFrom(undefined, DRY, { ...DRY, window: 9, sequenceBreakers: ["\u0001\u0002"] }),
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
