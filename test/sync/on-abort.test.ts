import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { onAbort } from "../../src/sync/on-abort.js";

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
