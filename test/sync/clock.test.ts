import assert from "node:assert/strict";
import fc from "fast-check";
import { spawnSync } from "node:child_process";
import { DueTimer, RunningClock, startPause, systemClock } from "../../src/sync/clock.js";
import { ManualClock } from "../support/manual-clock.js";

describe("systemClock", () => {
  // The clock's own timers do not keep the process alive while a test waits for them.
  let guard: NodeJS.Timeout;
  before(() => (guard = setTimeout(() => undefined, 60_000)));
  after(() => clearTimeout(guard));

  it("fires its timers in the order in which they fall due", async () => {
    const fired: string[] = [];
    await new Promise<void>((resolve) => {
      systemClock.startTimer(20, resolve);
      systemClock.startTimer(10, () => fired.push("second"));
      systemClock.startTimer(1, () => fired.push("first"));
    });
    assert.deepEqual(fired, ["first", "second"]);
  });

  it("does not fire a timer that was disposed", async () => {
    let fired = false;
    systemClock.startTimer(1, () => (fired = true))[Symbol.dispose]();
    await new Promise<void>((resolve) => systemClock.startTimer(10, resolve));
    assert.equal(fired, false);
  });

  it("never keeps the process alive", () => {
    const clock = new URL("../../src/sync/clock.js", import.meta.url).href;
    const program = `const { systemClock } = await import(${JSON.stringify(clock)}); systemClock.startTimer(600_000, () => {});`;
    const { status, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { timeout: 10_000 });
    assert.deepEqual({ status, signal }, { status: 0, signal: null });
  });
});

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

  it("counts each of several stops as half a second at most", () => {
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

describe("DueTimer", () => {
  const start = (): { clock: ManualClock; timer: DueTimer; firedAtMs: number[] } => {
    const clock = new ManualClock();
    const firedAtMs: number[] = [];
    return { clock, firedAtMs, timer: new DueTimer(clock, () => firedAtMs.push(clock.nowMs())) };
  };

  it("fires once, at the moment that was set last, be it earlier or later than the one before", () => {
    const { clock, timer, firedAtMs } = start();
    timer.set(100);
    timer.set(300);
    clock.advance(200);
    timer.set(250);
    clock.advance(1_000);
    assert.deepEqual(firedAtMs, [250]);
    timer.set(1_500);
    clock.advance(1_000);
    assert.deepEqual(firedAtMs, [250, 1_500]);
  });

  it("does not fire once it is called off, nor when it is disposed", () => {
    const { clock, timer, firedAtMs } = start();
    timer.set(100);
    timer.cancel();
    clock.advance(200);
    timer.set(300);
    timer[Symbol.dispose]();
    assert.equal(clock.pendingTimers, 0);
    clock.advance(1_000);
    assert.deepEqual(firedAtMs, []);
  });

  it("fires when a plain timer for each moment would, however often the moment is moved", () => {
    const move = fc.record({ afterMs: fc.nat(50), delayMs: fc.option(fc.integer({ min: 1, max: 100 })) });
    fc.assert(
      fc.property(fc.array(move), (moves) => {
        const { clock, timer, firedAtMs } = start();
        const plainMs: number[] = [];
        let plain: Disposable | undefined;
        for (const { afterMs, delayMs } of [...moves, { afterMs: 1_000, delayMs: null }]) {
          clock.advance(afterMs);
          plain?.[Symbol.dispose]();
          plain = delayMs === null ? undefined : clock.startTimer(delayMs, () => plainMs.push(clock.nowMs()));
          if (delayMs === null) timer.cancel();
          else timer.set(clock.nowMs() + delayMs);
        }
        assert.deepEqual(firedAtMs, plainMs);
      }),
    );
  });

  it("makes one timer for a thousand moments that are called off in time", () => {
    const { clock } = start();
    let timers = 0;
    const counting = {
      nowMs: () => clock.nowMs(),
      startTimer: (delayMs: number, onDue: () => void) => {
        timers += 1;
        return clock.startTimer(delayMs, onDue);
      },
    };
    const timer = new DueTimer(counting, () => undefined);
    for (let moment = 0; moment < 1_000; moment++) {
      timer.set(clock.nowMs() + 30_000);
      clock.advance(1);
      timer.cancel();
    }
    assert.equal(timers, 1);
  });
});

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
