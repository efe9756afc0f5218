import assert from "node:assert/strict";
import { WAIT_ERROR_BOUNDS_MS } from "../../../src/core/load-snapshot.js";
import { WaitAccuracy } from "../../../src/scheduler/forecast/run-work.js";

describe("WaitAccuracy", () => {
  it("holds each wait against its estimate, and counts how far it is from the middle", () => {
    const accuracy = new WaitAccuracy();
    const estimate = { lowMs: 1_000, highMs: 3_000 };
    for (const waitedMs of [0, 999, 1_000, 2_000, 3_000, 3_001, 60_000]) accuracy.observe(estimate, waitedMs);
    const { verdicts, errors, errorSumMs } = accuracy.snapshot();
    assert.deepEqual(verdicts, { shorter: 2, within: 3, longer: 2 });
    const counted = WAIT_ERROR_BOUNDS_MS.map((bound, index) => [bound, errors[index]]).filter(
      ([, count]) => count !== 0,
    );
    assert.deepEqual(counted, [
      [-1_000, 3],
      [30, 1],
      [1_000, 1],
      [3_000, 1],
      [Infinity, 1],
    ]);
    assert.equal(errorSumMs, -2_000 - 1_001 - 1_000 + 0 + 1_000 + 1_001 + 58_000);
  });

  it("leaves out waits that could not be forecast", () => {
    const accuracy = new WaitAccuracy();
    accuracy.observe({ lowMs: 0, highMs: 0 }, 5_000);
    assert.deepEqual(accuracy.snapshot().verdicts, { shorter: 0, within: 0, longer: 0 });
  });
});
