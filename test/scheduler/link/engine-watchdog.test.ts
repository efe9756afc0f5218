import assert from "node:assert/strict";
import { EngineWatchdog } from "../../../src/scheduler/link/engine-link.js";
import { ManualClock } from "../../support/manual-clock.js";

function watch(stepLimitMs: number): {
  watchdog: EngineWatchdog;
  clock: ManualClock;
  pings: number[];
  alarms: string[];
} {
  const clock = new ManualClock();
  const pings: number[] = [];
  const alarms: string[] = [];
  const watchdog = new EngineWatchdog({
    stepLimitMs,
    clock,
    ping: (pingId) => pings.push(pingId),
    onHang: (error) => alarms.push(error.message),
  });
  return { watchdog, clock, pings, alarms };
}

describe("EngineWatchdog", () => {
  it("asks every second while any run is active, and never otherwise", () => {
    const { watchdog, clock, pings } = watch(30_000);
    clock.advance(10_000);
    assert.deepEqual(pings, []);
    watchdog.runStarted();
    watchdog.runStarted();
    for (let second = 1; second <= 3; second++) {
      clock.advance(1_000);
      watchdog.onPong({ pingId: second, stepNumber: undefined });
    }
    assert.deepEqual(pings, [1, 2, 3]);
    watchdog.runEnded();
    clock.advance(1_000);
    assert.equal(pings.length, 4);
    watchdog.runEnded();
    clock.advance(10_000);
    assert.equal(pings.length, 4);
    assert.equal(clock.pendingTimers, 0);
  });

  it("gives the alarm once when no answer comes for as long as a step may take", () => {
    const { watchdog, clock, pings, alarms } = watch(5_000);
    watchdog.runStarted();
    clock.advance(5_000);
    assert.deepEqual([pings, alarms], [[1], []]);
    clock.advance(1_000);
    assert.deepEqual(alarms, ["the engine has not answered for 5000 ms"]);
    clock.advance(60_000);
    assert.equal(alarms.length, 1);
    assert.equal(clock.pendingTimers, 0);
  });

  it("gives the alarm when an answer tells of a step beyond its limit", () => {
    const { watchdog, clock, pings, alarms } = watch(5_000);
    watchdog.runStarted();
    for (let second = 1; second <= 6; second++) {
      clock.advance(1_000);
      assert.deepEqual([pings.length, alarms], [second, []]);
      watchdog.onPong({ pingId: second, stepNumber: 7 });
    }
    assert.deepEqual(alarms, ["a step of the engine has been running for 5000 ms, its limit is 5000 ms"]);
    assert.equal(clock.pendingTimers, 0);
  });

  it("gives each step its whole limit", () => {
    const { watchdog, clock, alarms } = watch(2_000);
    watchdog.runStarted();
    for (let pingId = 1; pingId <= 20; pingId++) {
      clock.advance(500);
      watchdog.onPong({ pingId, stepNumber: Math.ceil(pingId / 4) });
    }
    assert.deepEqual(alarms, []);
  });

  it("counts no time in which the process was stopped, neither for a step nor for an answer", () => {
    const { watchdog, clock, pings, alarms } = watch(5_000);
    watchdog.runStarted();
    clock.advance(1_000);
    watchdog.onPong({ pingId: 1, stepNumber: 7 });
    clock.pause(3_600_000);
    clock.advance(1_000);
    watchdog.onPong({ pingId: 2, stepNumber: 7 });
    clock.advance(1_000);
    clock.pause(3_600_000);
    assert.deepEqual([pings, alarms], [[1, 2, 3], []]);
    watchdog.onPong({ pingId: 3, stepNumber: 7 });
    assert.deepEqual(alarms, []);
    for (let pingId = 4; pingId <= 6; pingId++) {
      clock.advance(1_000);
      watchdog.onPong({ pingId, stepNumber: 7 });
    }
    assert.equal(alarms.length, 1, "a step that does hang is found all the same");
  });

  it("ignores answers to what it did not ask", () => {
    const { watchdog, clock, alarms } = watch(2_000);
    watchdog.runStarted();
    clock.advance(500);
    watchdog.onPong({ pingId: 99, stepNumber: 1 });
    assert.deepEqual(alarms, []);
    clock.advance(2_000);
    assert.equal(alarms.length, 1);
  });

  it("asks more often than every second when a step may take less than four", () => {
    const { watchdog, clock, pings, alarms } = watch(80);
    watchdog.runStarted();
    clock.advance(20);
    assert.deepEqual([pings, alarms], [[1], []]);
    clock.advance(80);
    assert.equal(alarms.length, 1);
  });
});
