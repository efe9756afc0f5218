import assert from "node:assert/strict";
import { ModelError } from "../../../src/models/files/model-error.js";
import { SilenceGuard } from "../../../src/models/download/silence-guard.js";
import { ManualClock } from "../../support/manual-clock.js";

describe("SilenceGuard", () => {
  const never = new AbortController().signal;

  it("aborts when nothing is heard for the limit, also after something was", () => {
    const clock = new ManualClock();
    using guard = new SilenceGuard(never, clock);
    guard.heard();
    guard.allow(20_000, "the hub");
    clock.advance(15_000);
    guard.heard();
    clock.advance(19_999);
    assert.equal(guard.signal.aborted, false);
    clock.advance(1);
    assert.ok(guard.signal.reason instanceof ModelError);
    assert.match(guard.signal.reason.message, /^the hub was silent for 20 s/);
  });

  it("holds nobody to account for the time in which the process was stopped", () => {
    const clock = new ManualClock();
    using guard = new SilenceGuard(never, clock);
    guard.allow(20_000, "the hub");
    clock.advance(19_000);
    clock.pause(3_600_000);
    assert.equal(guard.signal.aborted, false);
    clock.advance(1_000);
    assert.equal(guard.signal.aborted, true);
  });

  it("leaves no timer behind", () => {
    const clock = new ManualClock();
    const guard = new SilenceGuard(never, clock);
    guard.allow(20_000, "the hub");
    guard[Symbol.dispose]();
    assert.equal(clock.pendingTimers, 0);
  });

  it("passes on the caller's reason, and lets go of the caller's signal when disposed of", () => {
    const caller = new AbortController();
    const passing = new SilenceGuard(caller.signal);
    const disposed = new SilenceGuard(caller.signal);
    disposed[Symbol.dispose]();
    const reason = new Error("enough");
    caller.abort(reason);
    assert.equal(passing.signal.reason, reason);
    assert.notEqual(disposed.signal.reason, reason);
  });
});
