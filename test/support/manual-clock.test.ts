import assert from "node:assert/strict";
import { ManualClock } from "./manual-clock.js";

describe("ManualClock", () => {
  it("fires what falls due on the way, in order, at its own time", () => {
    const clock = new ManualClock();
    const fired: [string, number][] = [];
    clock.startTimer(20, () => fired.push(["second", clock.nowMs()]));
    clock.startTimer(10, () => {
      fired.push(["first", clock.nowMs()]);
      clock.startTimer(5, () => fired.push(["from the first", clock.nowMs()]));
    });
    clock.startTimer(40, () => fired.push(["not yet", clock.nowMs()]));
    clock.startTimer(1, () => fired.push(["called off", clock.nowMs()]))[Symbol.dispose]();
    clock.advance(30);
    assert.deepEqual(fired, [
      ["first", 10],
      ["from the first", 15],
      ["second", 20],
    ]);
    assert.equal(clock.nowMs(), 30);
    assert.equal(clock.pendingTimers, 1);
  });
});
