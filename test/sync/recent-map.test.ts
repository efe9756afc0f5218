import assert from "node:assert/strict";
import { RecentMap } from "../../src/sync/recent-map.js";
import { ManualClock } from "../support/manual-clock.js";

describe("RecentMap", () => {
  let clock: ManualClock;
  let forgotten: string[];

  beforeEach(() => {
    clock = new ManualClock();
    forgotten = [];
  });

  const create = (): RecentMap<number> =>
    new RecentMap({ maxEntries: 3, maxAgeMs: 100, maxBytes: 10, clock, onForgotten: (key) => forgotten.push(key) });

  it("forgets the oldest beyond its entries, its bytes and its age, and says so", () => {
    const map = create();
    for (const [index, key] of ["a", "b", "c", "d"].entries()) map.add(key, index, 2);
    assert.deepEqual(forgotten, ["a"]);
    map.add("e", 4, 8);
    assert.deepEqual([forgotten, map.size, map.bytes], [["a", "b", "c"], 2, 10]);
    clock.advance(99);
    assert.equal(map.find("e"), 4);
    clock.advance(1);
    assert.deepEqual([map.find("e"), map.size, map.bytes], [undefined, 0, 0]);
  });

  it("forgets at once what alone is more than its bytes", () => {
    const map = create();
    map.add("a", 1, 11);
    assert.deepEqual([map.find("a"), map.bytes], [undefined, 0]);
  });

  it("makes a key that is added again the newest, and one that is replaced no younger", () => {
    const map = create();
    map.add("a", 1, 1);
    map.add("b", 2, 1);
    map.add("c", 3, 1);
    map.add("a", 4, 2);
    map.replace("b", 5);
    map.add("d", 6, 1);
    assert.deepEqual(
      ["a", "b", "c", "d"].map((key) => map.find(key)),
      [4, undefined, 3, 6],
    );
    assert.equal(map.bytes, 4);
  });
});
