import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { onAbort, untilAborted } from "../../src/sync/abort.js";
import { Deferred } from "../../src/sync/deferred.js";

describe("onAbort", () => {
  it("tells the reason once, in the moment of the abort", () => {
    const controller = new AbortController();
    const reasons: unknown[] = [];
    onAbort(controller.signal, (reason) => reasons.push(reason));
    assert.deepEqual(reasons, []);
    controller.abort("gone");
    controller.abort("gone again");
    assert.deepEqual(reasons, ["gone"]);
  });

  it("tells at once when the signal has aborted before", () => {
    const reasons: unknown[] = [];
    onAbort(AbortSignal.abort("gone"), (reason) => reasons.push(reason));
    assert.deepEqual(reasons, ["gone"]);
  });

  it("keeps nothing at the signal once it is disposed", () => {
    const controller = new AbortController();
    const reasons: unknown[] = [];
    const hook = onAbort(controller.signal, (reason) => reasons.push(reason));
    assert.equal(getEventListeners(controller.signal, "abort").length, 1);
    hook[Symbol.dispose]();
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
    controller.abort("gone");
    assert.deepEqual(reasons, []);
  });
});

describe("untilAborted", () => {
  it("gives what the promise comes to, and leaves nothing at the signal", async () => {
    const { signal } = new AbortController();
    assert.equal(await untilAborted(Promise.resolve(7), signal), 7);
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  it("rejects with the signal's reason when that comes first", async () => {
    const controller = new AbortController();
    const never = new Deferred<void>();
    const waiting = untilAborted(never.promise, controller.signal);
    const reason = new Error("too late");
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    await assert.rejects(untilAborted(never.promise, controller.signal), reason);
  });
});
