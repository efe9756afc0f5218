import assert from "node:assert/strict";
import fc from "fast-check";
import { LinkedQueue, type QueueEntry } from "../../../src/scheduler/queue/linked-queue.js";

const itemsOf = (queue: LinkedQueue<number>): number[] => Array.from(queue, (entry) => entry.item);

describe("LinkedQueue", () => {
  it("serves in order of arrival", () => {
    const queue = new LinkedQueue<number>(() => undefined);
    for (const item of [1, 2, 3]) queue.join(item);
    assert.deepEqual([queue.serve(), queue.serve(), queue.serve(), queue.serve()], [1, 2, 3, undefined]);
    assert.equal(queue.size, 0);
  });

  it("tells of each entry that is given up, once", () => {
    let left = 0;
    const queue = new LinkedQueue<number>(() => (left += 1));
    const entry = queue.join(1);
    queue.join(2);
    entry[Symbol.dispose]();
    entry[Symbol.dispose]();
    assert.equal(left, 1);
    queue.serve();
    assert.equal(left, 2);
  });

  it("ignores a entry that was served already", () => {
    const queue = new LinkedQueue<number>(() => undefined);
    const entry = queue.join(1);
    queue.serve();
    queue.join(2);
    entry[Symbol.dispose]();
    assert.deepEqual(itemsOf(queue), [2]);
  });

  it("holds just who joined and did not leave, in order, whatever the sequence of joins, leaves and serves", () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant("join" as const) }),
      fc.record({ type: fc.constant("leave" as const), which: fc.nat(20) }),
      fc.record({ type: fc.constant("serve" as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new LinkedQueue<number>(() => undefined);
        const expected: number[] = [];
        const entries: QueueEntry<number>[] = [];
        for (const each of steps) {
          if (each.type === "join") {
            expected.push(entries.length);
            entries.push(queue.join(entries.length));
          } else if (each.type === "serve") {
            assert.equal(queue.serve(), expected.shift());
          } else {
            const entry = entries[each.which];
            entry?.[Symbol.dispose]();
            if (expected.includes(each.which)) expected.splice(expected.indexOf(each.which), 1);
          }
          assert.deepEqual(itemsOf(queue), expected);
          assert.equal(queue.size, expected.length);
        }
      }),
    );
  });
});
