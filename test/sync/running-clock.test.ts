import assert from "node:assert/strict";
import { DueTimer } from "../../src/sync/due-timer.js";
import { RunningClock } from "../../src/sync/running-clock.js";
import { ManualClock } from "../support/manual-clock.js";

const HOUR_MS = 3_600_000;

describe("RunningClock", () => {
  it("goes with the clock below it as long as the process runs", () => {
    const inner = new ManualClock();
    const clock = new RunningClock(inner);
    let dueMs: number | undefined;
    clock.startTimer(10_000, () => (dueMs = clock.nowMs()));
    inner.advance(9_999);
    assert.deepEqual([clock.nowMs(), dueMs], [9_999, undefined]);
    inner.advance(1);
    assert.equal(dueMs, 10_000);
    assert.equal(inner.pendingTimers, 0);
  });

  it("fires no timer for a stop of the process, however long, and gives the rest of its time", () => {
    for (const beforeMs of [0, 100, 9_000, 9_999]) {
      const inner = new ManualClock();
      const clock = new RunningClock(inner);
      let fired = false;
      clock.startTimer(10_000, () => (fired = true));
      inner.advance(beforeMs);
      inner.pause(HOUR_MS);
      const leftMs = 10_000 - clock.nowMs();
      assert.equal(fired, leftMs <= 0);
      assert.ok(clock.nowMs() - beforeMs <= 500, "a stop counts as half a second at most");
      inner.advance(leftMs);
      assert.equal(fired, true);
    }
  });

  it("counts each of several stops so", () => {
    const inner = new ManualClock();
    const clock = new RunningClock(inner);
    let fired = false;
    clock.startTimer(10_000, () => (fired = true));
    for (let stop = 0; stop < 10; stop++) {
      inner.pause(HOUR_MS);
      inner.advance(300);
    }
    assert.equal(fired, false);
    assert.ok(clock.nowMs() <= 10 * 800);
  });

  it("counts a stop that ends before anything of it falls due", () => {
    const inner = new ManualClock();
    const clock = new RunningClock(inner);
    let dueMs = 0;
    clock.startTimer(10_000, () => (dueMs = inner.nowMs()));
    inner.pause(8_000);
    inner.advance(20_000);
    assert.equal(dueMs, 17_750);
  });

  it("holds a DueTimer's moment up as well", () => {
    const inner = new ManualClock();
    const clock = new RunningClock(inner);
    let fired = 0;
    using timer = new DueTimer(clock, () => (fired += 1));
    timer.set(clock.nowMs() + 10_000);
    inner.pause(HOUR_MS);
    inner.advance(9_000);
    assert.equal(fired, 0);
    inner.advance(1_000);
    assert.equal(fired, 1);
  });

  it("keeps nothing going once all its timers are called off", () => {
    const inner = new ManualClock();
    const clock = new RunningClock(inner);
    const fail = (): void => assert.ok(false, "a timer that was called off has fired");
    const timers = [clock.startTimer(1_000, fail), clock.startTimer(2_000, fail)];
    for (const timer of timers) timer[Symbol.dispose]();
    for (const timer of timers) timer[Symbol.dispose]();
    assert.equal(inner.pendingTimers, 0);
    inner.pause(HOUR_MS);
    assert.equal(clock.nowMs(), HOUR_MS, "nobody is held to a limit, so all time counts");
  });
});
