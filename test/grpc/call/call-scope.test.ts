import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { GenerationError } from "../../../src/core/generation-error.js";
import { CallScope, type ScopeEnds } from "../../../src/grpc/call/call-scope.js";

class Call extends EventEmitter {
  cancelled = false;
}

const QUIET: ScopeEnds = { isLate: () => false, onSettled: () => {} };

describe("A call's scope", () => {
  it("aborts with what came first, as a GenerationError", () => {
    const call = new Call();
    using scope = new CallScope(call, QUIET);
    scope.abort(new GenerationError("SLOW_READER", "slow"));
    call.emit("cancelled");
    scope.abort(new GenerationError("DRAINED", "late"));
    assert.equal((scope.signal.reason as GenerationError).code, "SLOW_READER");
    assert.equal(scope.failure(new Error("whatever the abort made it throw")).code, "SLOW_READER");
  });

  it("ignores what comes after it has settled: a cancel is said at every end", () => {
    const call = new Call();
    let settled = 0;
    const scope = new CallScope(call, { ...QUIET, onSettled: () => settled++ });
    scope[Symbol.dispose]();
    scope[Symbol.dispose]();
    call.emit("cancelled");
    scope.abort(new GenerationError("DRAINED", "late"));
    assert.equal(scope.signal.aborted, false);
    assert.equal(settled, 1);
    assert.equal(call.listenerCount("cancelled"), 0);
  });

  it("is aborted from the start for a call that was cancelled before its handler ran", () => {
    const call = new Call();
    call.cancelled = true;
    using scope = new CallScope(call, QUIET);
    assert.equal((scope.signal.reason as GenerationError).code, "CANCELLED");
  });

  it("tells a client that leaves at its deadline from one that leaves before", () => {
    const reasonOf = (isLate: boolean): string => {
      const call = new Call();
      using scope = new CallScope(call, { ...QUIET, isLate: () => isLate });
      call.emit("cancelled");
      return (scope.signal.reason as GenerationError).code;
    };
    assert.equal(reasonOf(true), "DEADLINE_EXCEEDED");
    assert.equal(reasonOf(false), "CANCELLED");
  });

  it("keeps a GenerationError and makes all else INTERNAL", () => {
    using scope = new CallScope(new Call(), QUIET);
    const known = new GenerationError("QUEUE_FULL", "full");
    assert.equal(scope.failure(known), known);
    assert.equal(scope.failure(new Error("a bug")).code, "INTERNAL");
  });
});
