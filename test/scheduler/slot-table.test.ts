import assert from "node:assert/strict";
import { type Preemptable, Preemptor, SlotTable } from "../../src/scheduler/slot-table.js";
import { ManualClock } from "../support/manual-clock.js";

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

interface Setting {
  readonly slots?: number;
  readonly waiting?: number;
  readonly capacity?: number;
  readonly wasPreempted?: boolean;
  /** Default: none. */
  readonly own?: ReadonlyMap<string, number>;
}

/** Holders whose runs have been parked since a moment of the clock; undefined: not parked. */
function setUp(
  parkedSince: readonly (number | undefined)[],
  {
    slots = parkedSince.length,
    waiting = 1,
    capacity = 256,
    wasPreempted = false,
    own = new Map<string, number>(),
  }: Setting,
) {
  const clock = new ManualClock();
  const table = new SlotTable<Preemptable>(slots);
  const state = { waiting, capacity, since: [...parkedSince], wasPreempted, own };
  const epochMs = clock.nowMs();
  for (const index of parkedSince.keys()) {
    const parkedMs = (): number | undefined => {
      const since = state.since[index];
      return since === undefined ? undefined : clock.nowMs() - epochMs - since;
    };
    table.take({ parkedMs, wasPreempted: state.wasPreempted, identity: { tenant: `t${index}` } });
  }
  const preempted: number[] = [];
  const preemptor = new Preemptor({
    slots: table,
    wanted: () => ({ any: state.waiting, own: state.own }),
    capacity: () => state.capacity,
    clock,
    preempt: (runId) => preempted.push(runId),
  });
  return { clock, table, state, preemptor, preempted };
}

describe("Preemptor", () => {
  it("takes nobody's slot while nobody waits", () => {
    const { clock, preemptor, preempted } = setUp([0, 0], { waiting: 0 });
    clock.advance(1_000);
    preemptor.makeRoom();
    assert.deepEqual(preempted, []);
    assert.equal(clock.pendingTimers, 0);
  });

  it("takes the slot of the longest parked, one for each waiter", () => {
    const { clock, preemptor, preempted } = setUp([200, undefined, 100, 300], { waiting: 2 });
    clock.advance(1_000);
    preemptor.makeRoom();
    assert.deepEqual(preempted, [3, 1]);
  });

  it("does not ask twice while the first is on its way out, and asks on when it is gone", () => {
    const { clock, table, state, preemptor, preempted } = setUp([0, 0], {});
    clock.advance(1_000);
    preemptor.makeRoom();
    preemptor.makeRoom();
    assert.deepEqual(preempted, [1]);
    table.release(1);
    preemptor.gone(1);
    table.take({ parkedMs: () => undefined, wasPreempted: false, identity: { tenant: "t2" } });
    state.waiting = 1;
    preemptor.makeRoom();
    assert.deepEqual(preempted, [1, 2]);
  });

  it("waits until a reader has been behind for 100 ms, and looks again then", () => {
    const { clock, state, preemptor, preempted } = setUp([0, 50], { waiting: 2 });
    clock.advance(60);
    preemptor.makeRoom();
    assert.deepEqual(preempted, []);
    clock.advance(39);
    assert.deepEqual(preempted, []);
    clock.advance(1);
    assert.deepEqual(preempted, [1]);
    state.since[1] = undefined;
    clock.advance(50);
    assert.deepEqual(preempted, [1], "who has caught up meanwhile stays");
    assert.equal(clock.pendingTimers, 0);
  });

  it("gives no time to a reader that was behind before", () => {
    const { preemptor, preempted } = setUp([0], { wasPreempted: true });
    preemptor.makeRoom();
    assert.deepEqual(preempted, [1]);
  });

  it("keeps to the most that may be without a slot", () => {
    const { clock, preemptor, preempted } = setUp([0, 0, 0], { waiting: 3, capacity: 1 });
    clock.advance(1_000);
    preemptor.makeRoom();
    assert.deepEqual(preempted, [1]);
  });

  it("takes only a tenant's own slots for those of its waiters that its bound holds back", () => {
    const own = new Map([["t1", 1]]);
    const { clock, preemptor, preempted } = setUp([0, 50, 0], { waiting: 0, own });
    clock.advance(1_000);
    preemptor.makeRoom();
    preemptor.makeRoom();
    assert.deepEqual(preempted, [2]);
  });

  it("leaves no timer behind", () => {
    const { clock, preemptor } = setUp([0], {});
    preemptor.makeRoom();
    assert.equal(clock.pendingTimers, 1);
    preemptor[Symbol.dispose]();
    assert.equal(clock.pendingTimers, 0);
  });
});
