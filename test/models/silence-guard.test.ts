import assert from "node:assert/strict";
import { once } from "node:events";

import { ModelError } from "../../src/models/model-error.js";
import { SilenceGuard } from "../../src/models/silence-guard.js";

describe("SilenceGuard", () => {
  const never = new AbortController().signal;

  it("aborts when nothing is heard, also after something was", async () => {
    using guard = new SilenceGuard(never);
    guard.allow(20, "the hub");
    guard.heard();
    await once(guard.signal, "abort");
    assert.ok(guard.signal.reason instanceof ModelError);
    assert.match(guard.signal.reason.message, /^the hub was silent for 0\.02 s/);
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
