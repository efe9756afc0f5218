import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { WorkPace } from "../../src/sync/work-pace.js";

function workFor(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("A work pace", () => {
  it("lets a turn of the event loop pass between slices, however much work there is", async () => {
    const pace = new WorkPace();
    let done = 0;
    const all = Array.from({ length: 40 }, () =>
      pace.run(() => {
        workFor(1);
        done++;
      }),
    );
    const doneByTurn: number[] = [];
    while (done < all.length) {
      await nextTurn();
      doneByTurn.push(done - doneByTurn.reduce((sum, each) => sum + each, 0));
    }
    await Promise.all(all);
    assert.ok(Math.max(...doneByTurn) <= 5, doneByTurn.join(", "));
  });

  it("runs the work of all callers in the order in which it came", async () => {
    const pace = new WorkPace();
    const order: string[] = [];
    const caller = async (name: string): Promise<void> => {
      for (let piece = 1; piece <= 3; piece++) await pace.run(() => order.push(`${name}${piece}`));
    };
    await Promise.all([caller("a"), caller("b")]);
    assert.deepEqual(order, ["a1", "b1", "a2", "b2", "a3", "b3"]);
  });

  it("hands on what work gives and what it throws, and goes on", async () => {
    const pace = new WorkPace();
    const failed = pace.run(() => {
      throw new Error("no such thing");
    });
    const next = pace.run(() => 7);
    await assert.rejects(failed, /no such thing/);
    assert.equal(await next, 7);
  });
});
