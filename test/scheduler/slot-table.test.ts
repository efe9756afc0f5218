import assert from "node:assert/strict";
import { SlotTable } from "../../src/scheduler/slot-table.js";

describe("SlotTable", () => {
  it("gives no more slots than there are, and no run id twice", () => {
    const slots = new SlotTable<string>(2);
    const first = slots.take("a", 0);
    const second = slots.take("b", 0);
    assert.throws(() => slots.take("c", 0), /all 2 slots are held/);
    assert.equal(slots.release(first, 5), 5);
    const third = slots.take("c", 5);
    assert.equal(new Set([first, second, third]).size, 3);
    assert.deepEqual(slots.holders(), ["b", "c"]);
  });

  it("releases a slot once, however often it is told to", () => {
    const slots = new SlotTable<string>(1);
    const runId = slots.take("a", 0);
    slots.release(runId, 1);
    slots.take("b", 1);
    assert.equal(slots.release(runId, 2), undefined);
    assert.equal(slots.busy, 1);
    assert.equal(slots.hasFree, false);
  });

  it("tells for each slot how long it has been held", () => {
    const slots = new SlotTable<string>(3);
    slots.take("a", 10);
    slots.take("b", 40);
    assert.deepEqual(slots.heldMs(100), [90, 60, undefined]);
    slots.clear();
    assert.deepEqual(slots.heldMs(100), [undefined, undefined, undefined]);
  });
});
