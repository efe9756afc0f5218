import assert from "node:assert/strict";
import fc from "fast-check";
import { LaneLine, type LinePlace } from "../../../src/scheduler/queue/lane-line.js";

const itemsOf = (line: LaneLine<number>): number[] => Array.from(line, (place) => place.item);

describe("LaneLine", () => {
  it("serves in order of arrival", () => {
    const line = new LaneLine<number>(() => undefined);
    for (const item of [1, 2, 3]) line.join(item);
    assert.deepEqual([line.serve(), line.serve(), line.serve(), line.serve()], [1, 2, 3, undefined]);
    assert.equal(line.size, 0);
  });

  it("tells of each place that is given up, once", () => {
    let left = 0;
    const line = new LaneLine<number>(() => (left += 1));
    const place = line.join(1);
    line.join(2);
    place[Symbol.dispose]();
    place[Symbol.dispose]();
    assert.equal(left, 1);
    line.serve();
    assert.equal(left, 2);
  });

  it("ignores a place that was served already", () => {
    const line = new LaneLine<number>(() => undefined);
    const place = line.join(1);
    line.serve();
    line.join(2);
    place[Symbol.dispose]();
    assert.deepEqual(itemsOf(line), [2]);
  });

  it("holds just who joined and did not leave, in order, whatever the sequence of joins, leaves and serves", () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant("join" as const) }),
      fc.record({ type: fc.constant("leave" as const), which: fc.nat(20) }),
      fc.record({ type: fc.constant("serve" as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const line = new LaneLine<number>(() => undefined);
        const expected: number[] = [];
        const places: LinePlace<number>[] = [];
        for (const each of steps) {
          if (each.type === "join") {
            expected.push(places.length);
            places.push(line.join(places.length));
          } else if (each.type === "serve") {
            assert.equal(line.serve(), expected.shift());
          } else {
            const place = places[each.which];
            place?.[Symbol.dispose]();
            if (expected.includes(each.which)) expected.splice(expected.indexOf(each.which), 1);
          }
          assert.deepEqual(itemsOf(line), expected);
          assert.equal(line.size, expected.length);
        }
      }),
    );
  });
});
