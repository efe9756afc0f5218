import assert from "node:assert/strict";
import { alternate } from "./alternate.js";

describe("alternating rounds", () => {
  it("measure one contender at a time, every other round backwards, and give results in the contenders' order", async () => {
    const order: string[] = [];
    let measuring = 0;
    const rounds = await alternate({
      setup: { rounds: 3, announce: () => {} },
      contenders: ["a", "b", "c"],
      settleMs: 0,
      measure: async (contender, round) => {
        assert.equal(++measuring, 1);
        await Promise.resolve();
        measuring -= 1;
        order.push(contender);
        return `${contender}${round}`;
      },
    });
    assert.equal(order.join(""), "abccbaabc");
    assert.deepEqual(rounds, [
      ["a0", "b0", "c0"],
      ["a1", "b1", "c1"],
      ["a2", "b2", "c2"],
    ]);
  });

  it("are quiet before each measurement", async () => {
    let lastMs = performance.now();
    const quietMs: number[] = [];
    await alternate({
      setup: { rounds: 2, announce: () => {} },
      contenders: ["a", "b"],
      settleMs: 30,
      measure: () => {
        quietMs.push(performance.now() - lastMs);
        lastMs = performance.now();
        return Promise.resolve();
      },
    });
    assert.equal(quietMs.length, 4);
    // A timer may be a millisecond early.
    assert.ok(
      quietMs.every((ms) => ms >= 29),
      String(quietMs),
    );
  });
});
