import assert from "node:assert/strict";
import fc from "fast-check";
import { DueTimer } from "../../src/sync/due-timer.js";
import { ManualClock } from "../support/manual-clock.js";

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
