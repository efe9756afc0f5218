import assert from "node:assert/strict";
import { firstTokenMs, gapsMs, timePerTokenMs, tokensPerSecond, worstGapMs } from "./observed.js";
import type { Observation } from "./plan.js";

/** Opened at the first time; a token at each of the others, and the end with the last. */
function seen(openedAtMs: number, ...times: number[]): Observation {
  const arrivals = times.map((atMs) => ({ atMs, tokens: 1 }));
  return { openedAtMs, arrivals, endedAtMs: times.at(-1) ?? openedAtMs, inputTokens: 1 };
}

describe("what the client saw of a call", () => {
  it("gives the time to the first token, the gaps and the mean time of the tokens after it", () => {
    const call = seen(100, 150, 160, 190);
    assert.equal(firstTokenMs(call), 50);
    assert.deepEqual(gapsMs(call), [10, 30]);
    assert.equal(timePerTokenMs(call), 20);
    const merged = {
      ...call,
      arrivals: [
        { atMs: 150, tokens: 1 },
        { atMs: 190, tokens: 4 },
      ],
    };
    assert.equal(timePerTokenMs(merged), 10);
    assert.throws(() => timePerTokenMs(seen(0, 10)), RangeError);
  });

  it("counts all calls' tokens from the first opening to the last end", () => {
    assert.equal(tokensPerSecond([seen(500, 600, 700), seen(0, 1_000, 2_000)]), 2);
  });

  it("takes as worst gap the longest one that touches the wait of who joined", () => {
    const joiner = seen(100, 300);
    const before = seen(0, 10, 95, 105, 290, 310, 320);
    assert.equal(worstGapMs([before], joiner), 185);
    // One that began before the wait counts whole, and so does one that ends after it; later ones do not.
    assert.equal(worstGapMs([seen(0, 20, 250, 310)], joiner), 230);
    assert.equal(worstGapMs([seen(0, 110, 290, 500, 900)], joiner), 210);
    assert.equal(worstGapMs([before, seen(0, 110, 290, 500)], joiner), 210);
  });

  it("has no worst gap where a neighbour was through before the joiner's first token", () => {
    assert.throws(() => worstGapMs([seen(0, 50, 250)], seen(100, 300)), /a neighbour ended before/);
  });
});
