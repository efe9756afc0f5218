import assert from "node:assert/strict";
import { Deferred } from "../../src/sync/deferred.js";

describe("Deferred", () => {
  it("settles its promise from outside, once", async () => {
    const answer = new Deferred<number>();
    answer.resolve(1);
    answer.resolve(2);
    answer.reject(new Error("too late"));
    assert.equal(await answer.promise, 1);
  });

  it("rejects with the reason it was given", async () => {
    const answer = new Deferred<number>();
    const reason = new Error("no");
    answer.reject(reason);
    await assert.rejects(answer.promise, reason);
  });
});
