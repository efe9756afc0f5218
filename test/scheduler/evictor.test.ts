import assert from "node:assert/strict";
import { type Evictable, Evictor } from "../../src/scheduler/evictor.js";
import { SlotTable } from "../../src/scheduler/slot-table.js";
import { ManualClock } from "../support/manual-clock.js";

interface Setting {
  readonly slots?: number;
  readonly waiting?: number;
  readonly room?: number;
  readonly wasEvicted?: boolean;
}

/** Holders whose runs have been parked since a moment of the clock; undefined: not parked. */
function setUp(
  parkedSince: readonly (number | undefined)[],
  { slots = parkedSince.length, waiting = 1, room = 256, wasEvicted = false }: Setting,
) {
  const clock = new ManualClock();
  const table = new SlotTable<Evictable>(slots);
  const state = { waiting, room, since: [...parkedSince], wasEvicted };
  const epochMs = clock.nowMs();
  for (const index of parkedSince.keys()) {
    const parkedMs = (): number | undefined => {
      const since = state.since[index];
      return since === undefined ? undefined : clock.nowMs() - epochMs - since;
    };
    table.take({ parkedMs, wasEvicted: state.wasEvicted });
  }
  const evicted: number[] = [];
  const evictor = new Evictor({
    slots: table,
    wanted: () => state.waiting,
    room: () => state.room,
    clock,
    evict: (runId) => evicted.push(runId),
  });
  return { clock, table, state, evictor, evicted };
}

describe("Evictor", () => {
  it("takes nobody's slot while nobody waits", () => {
    const { clock, evictor, evicted } = setUp([0, 0], { waiting: 0 });
    clock.advance(1_000);
    evictor.makeRoom();
    assert.deepEqual(evicted, []);
    assert.equal(clock.pendingTimers, 0);
  });

  it("takes the slot of the longest parked, one for each waiter", () => {
    const { clock, evictor, evicted } = setUp([200, undefined, 100, 300], { waiting: 2 });
    clock.advance(1_000);
    evictor.makeRoom();
    assert.deepEqual(evicted, [3, 1]);
  });

  it("does not ask twice while the first is on its way out, and asks on when it is gone", () => {
    const { clock, table, state, evictor, evicted } = setUp([0, 0], {});
    clock.advance(1_000);
    evictor.makeRoom();
    evictor.makeRoom();
    assert.deepEqual(evicted, [1]);
    table.release(1);
    evictor.gone(1);
    table.take({ parkedMs: () => undefined, wasEvicted: false });
    state.waiting = 1;
    evictor.makeRoom();
    assert.deepEqual(evicted, [1, 2]);
  });

  it("waits until a reader has been behind for 100 ms, and looks again then", () => {
    const { clock, state, evictor, evicted } = setUp([0, 50], { waiting: 2 });
    clock.advance(60);
    evictor.makeRoom();
    assert.deepEqual(evicted, []);
    clock.advance(39);
    assert.deepEqual(evicted, []);
    clock.advance(1);
    assert.deepEqual(evicted, [1]);
    state.since[1] = undefined;
    clock.advance(50);
    assert.deepEqual(evicted, [1], "who has caught up meanwhile stays");
    assert.equal(clock.pendingTimers, 0);
  });

  it("gives no time to a reader that was behind before", () => {
    const { evictor, evicted } = setUp([0], { wasEvicted: true });
    evictor.makeRoom();
    assert.deepEqual(evicted, [1]);
  });

  it("keeps to the most that may be without a slot", () => {
    const { clock, evictor, evicted } = setUp([0, 0, 0], { waiting: 3, room: 1 });
    clock.advance(1_000);
    evictor.makeRoom();
    assert.deepEqual(evicted, [1]);
  });

  it("leaves no timer behind", () => {
    const { clock, evictor } = setUp([0], {});
    evictor.makeRoom();
    assert.equal(clock.pendingTimers, 1);
    evictor[Symbol.dispose]();
    assert.equal(clock.pendingTimers, 0);
  });
});
