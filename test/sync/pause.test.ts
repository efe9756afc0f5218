import assert from "node:assert/strict";
import { startPause } from "../../src/sync/pause.js";
import { ManualClock } from "../support/manual-clock.js";

describe("startPause", () => {
  it("is over after its time, and not before", async () => {
    const clock = new ManualClock();
    using pause = startPause(clock, 100);
    let over = false;
    const noted = pause.over.then(() => (over = true));
    clock.advance(99);
    await Promise.resolve();
    assert.equal(over, false);
    clock.advance(1);
    await noted;
  });

  it("leaves no timer behind when it is disposed", () => {
    const clock = new ManualClock();
    startPause(clock, 100)[Symbol.dispose]();
    assert.equal(clock.pendingTimers, 0);
  });
});
