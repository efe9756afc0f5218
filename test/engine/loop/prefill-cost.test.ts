import assert from "node:assert/strict";
import { PrefillCost } from "../../../src/engine/loop/prefill-cost.js";

function learnedFrom(costMs: (position: number) => number, decodeMs = 0): PrefillCost {
  const cost = new PrefillCost();
  for (let round = 0; round < 60; round++) {
    if (decodeMs > 0) cost.observe({ stepMs: decodeMs, decodingRuns: 4, prefillTokens: 0, prefillPositions: 0 });
    const position = (round % 20) * 128 + 64;
    cost.observe({
      stepMs: decodeMs + 128 * costMs(position),
      decodingRuns: decodeMs > 0 ? 4 : 0,
      prefillTokens: 128,
      prefillPositions: 128 * position,
    });
  }
  return cost;
}

function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < expected * 0.05, `${actual} is not near ${expected}`);
}

describe("prefill cost", () => {
  it("starts with an estimate that grows with the position, and lets no large chunk through", () => {
    const cost = new PrefillCost();
    assert.ok(cost.estimateMs(128, 0) > 250);
    assert.ok(cost.estimateMs(64, 3_000) > 3 * cost.estimateMs(64, 0));
  });

  it("replaces it by the first measurement", () => {
    const cost = new PrefillCost();
    cost.observe({ stepMs: 64, decodingRuns: 0, prefillTokens: 64, prefillPositions: 64 * 32 });
    assertNear(cost.estimateMs(64, 0), 64);
  });

  it("is not led astray by one step that something else held up", () => {
    const cost = learnedFrom(() => 1);
    cost.observe({ stepMs: 60_000, decodingRuns: 0, prefillTokens: 128, prefillPositions: 0 });
    assert.ok(cost.estimateMs(64, 0) < 64 * 2);
  });

  it("learns both numbers of the rule from measured steps", () => {
    const cost = learnedFrom((position) => 20 + 0.01 * position);
    assertNear(cost.estimateMs(64, 0), 64 * 20.32);
    assertNear(cost.estimateMs(64, 2_000), 64 * 40.32);
  });

  it("takes off what decoding beside it took", () => {
    assertNear(learnedFrom(() => 10, 50).estimateMs(64, 1_000), 640);
  });

  it("takes nothing off where nobody decoded", () => {
    const cost = learnedFrom(() => 10, 50);
    for (let round = 0; round < 60; round++) {
      cost.observe({ stepMs: 1_280, decodingRuns: 0, prefillTokens: 128, prefillPositions: 128 * 1_000 });
    }
    assertNear(cost.estimateMs(64, 1_000), 640);
  });

  it("never believes that reading costs nothing or less with the position", () => {
    const cost = learnedFrom((position) => Math.max(0, 5 - 0.01 * position));
    assert.ok(cost.estimateMs(64, 0) > 0);
    assert.ok(cost.estimateMs(64, 4_000) >= cost.estimateMs(64, 0));
  });
});
