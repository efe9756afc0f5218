import assert from "node:assert/strict";
import { SlotTable } from "../../src/scheduler/slot-table.js";

describe("SlotTable", () => {
  it("gives no more slots than there are, and no run id twice", () => {
    const slots = new SlotTable<string>(2);
    const first = slots.take("a");
    const second = slots.take("b");
    assert.throws(() => slots.take("c"), /all 2 slots are held/);
    slots.release(first);
    const third = slots.take("c");
    assert.equal(new Set([first, second, third]).size, 3);
    assert.deepEqual(slots.holders(), ["b", "c"]);
  });

  it("releases a slot once, however often it is told to", () => {
    const slots = new SlotTable<string>(1);
    const runId = slots.take("a");
    slots.release(runId);
    slots.take("b");
    slots.release(runId);
    assert.equal(slots.busy, 1);
    assert.equal(slots.hasFree, false);
  });

  it("is empty once the engine is gone", () => {
    const slots = new SlotTable<string>(2);
    const runId = slots.take("a");
    assert.equal(slots.holderOf(runId), "a");
    slots.clear();
    assert.deepEqual([slots.holders(), slots.busy, slots.holderOf(runId)], [[], 0, undefined]);
  });
});
