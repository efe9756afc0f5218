import assert from "node:assert/strict";
import { Deferred, Wakeup } from "../../src/sync/deferred.js";

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

/** Whether the promise has settled once every reaction that is due now has run. */
async function hasSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise(setImmediate);
  return settled;
}

describe("Wakeup", () => {
  it("keeps a notify that comes before the wait", async () => {
    const news = new Wakeup();
    news.notify();
    await news.wait();
  });

  it("counts several notifies as one", async () => {
    const news = new Wakeup();
    news.notify();
    news.notify();
    await news.wait();
    const second = news.wait();
    assert.equal(await hasSettled(second), false);
    news.notify();
    await second;
  });

  it("spends a notify on the wait that it ends", async () => {
    const news = new Wakeup();
    const first = news.wait();
    assert.equal(await hasSettled(first), false);
    news.notify();
    await first;
    assert.equal(await hasSettled(news.wait()), false);
  });

  it("wakes all who share one wait", async () => {
    const news = new Wakeup();
    const both = Promise.all([news.wait(), news.wait()]);
    news.notify();
    await both;
  });
});
