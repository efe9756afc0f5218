import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { Deferred } from "../../src/sync/deferred.js";
import { untilAborted } from "../../src/sync/until-aborted.js";

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
