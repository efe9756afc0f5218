import assert from "node:assert/strict";
import type { QueuePosition } from "../../../src/core/generation-message.js";
import type { Lane } from "../../../src/core/generation-request.js";
import { EQUAL_TENANTS } from "../../../src/core/tenant-policy.js";
import type { Waiter } from "../../../src/scheduler/queue/tenant-flow.js";
import { SlotQueue } from "../../../src/scheduler/queue/slot-queue.js";
import { ManualClock } from "../../support/manual-clock.js";

class Guest implements Waiter {
  readonly name: string;
  readonly lane: Lane;
  readonly isNew: boolean;
  readonly grants: number;
  readonly tenant = "";
  readonly priority = 0;
  readonly hasYielded = false;
  readonly expectedWork = 1;
  readonly told: QueuePosition[] = [];

  constructor(name: string, lane: Lane, { isNew = true, grants = 1 } = {}) {
    this.name = name;
    this.lane = lane;
    this.isNew = isNew;
    this.grants = grants;
  }

  tellPosition(position: QueuePosition): void {
    this.told.push(position);
  }

  get positions(): number[] {
    return this.told.map(({ position }) => position);
  }
}

const NO_WAIT = { lowMs: 0, highMs: 0 };

function openQueue(): { queue: SlotQueue<Guest>; clock: ManualClock; guests: (lane: Lane, count: number) => Guest[] } {
  const clock = new ManualClock();
  const queue = new SlotQueue<Guest>({
    weights: { interactive: 3, batch: 1 },
    policies: EQUAL_TENANTS,
    mayRun: () => true,
    capacity: 1_000,
    forecast: (order) => order.map((_, index) => ({ lowMs: (index + 1) * 1_000, highMs: (index + 1) * 2_000 })),
    clock,
  });
  const guests = (lane: Lane, count: number): Guest[] =>
    Array.from({ length: count }, (_, index) => new Guest(`${lane.charAt(0)}${index + 1}`, lane));
  return { queue, clock, guests };
}

describe("SlotQueue", () => {
  it("serves the lanes by weight and each lane in order of arrival", () => {
    const { queue, guests } = openQueue();
    for (const guest of [...guests("interactive", 6), ...guests("batch", 3)]) queue.join(guest, NO_WAIT);
    const served = Array.from({ length: 10 }, () => queue.serve()?.name);
    assert.deepEqual(served, ["i1", "b1", "i2", "i3", "i4", "b2", "i5", "i6", "b3", undefined]);
  });

  it("lets new and returning runs take turns, and charges the tokens to be prefilled again", () => {
    const { queue } = openQueue();
    const join = (name: string, options: { isNew?: boolean; grants?: number }): void =>
      void queue.join(new Guest(name, "interactive", options), NO_WAIT);
    for (const name of ["r1", "r2", "r3"]) join(name, { isNew: false, grants: 2 });
    for (const name of ["n1", "n2", "n3"]) join(name, {});
    const order = queue.order().map((guest) => guest.name);
    const served = Array.from({ length: 6 }, () => queue.serve()?.name);
    assert.deepEqual(served, ["n1", "r1", "n2", "n3", "r2", "r3"]);
    assert.deepEqual(order, served);
  });

  it("passes returning runs by where only new runs may be served", () => {
    const { queue } = openQueue();
    for (const lane of ["interactive", "batch"] as const) queue.join(new Guest("r", lane, { isNew: false }), NO_WAIT);
    assert.equal(queue.serve({ newOnly: true }), undefined);
    queue.join(new Guest("n", "batch"), NO_WAIT);
    assert.equal(queue.serve({ newOnly: true })?.name, "n");
    // It would be the other kind's turn in that lane now.
    queue.join(new Guest("next", "batch"), NO_WAIT);
    assert.equal(queue.serve({ newOnly: true })?.name, "next");
    assert.equal(queue.serve()?.name, "r");
  });

  it("tells returning runs no position, and does not count them for the capacity", () => {
    const { queue } = openQueue();
    const returning = new Guest("r", "interactive", { isNew: false });
    queue.join(returning, NO_WAIT);
    const newcomer = new Guest("n", "interactive");
    queue.join(newcomer, NO_WAIT);
    assert.deepEqual([returning.positions, newcomer.positions], [[], [1]]);
    assert.deepEqual([queue.waiting("interactive"), queue.returning], [1, 1]);
  });

  it("bounds the wait of one lane behind a full queue of the other", () => {
    const { queue, guests } = openQueue();
    for (const guest of guests("interactive", 100)) queue.join(guest, NO_WAIT);
    for (let served = 0; served < 10; served++) queue.serve();
    const latecomer = new Guest("late", "batch");
    queue.join(latecomer, NO_WAIT);
    const next = Array.from({ length: 4 }, () => queue.serve()?.name);
    assert.ok(next.includes("late"), next.join(" "));

    const other = openQueue();
    for (const guest of other.guests("batch", 100)) other.queue.join(guest, NO_WAIT);
    for (let served = 0; served < 10; served++) other.queue.serve();
    other.queue.join(new Guest("late", "interactive"), NO_WAIT);
    assert.ok([other.queue.serve()?.name, other.queue.serve()?.name].includes("late"));
  });

  it("tells a position at once on joining, with the wait to expect", () => {
    const { queue, guests } = openQueue();
    const [first, second] = guests("batch", 2);
    assert.ok(first !== undefined && second !== undefined);
    queue.join(first, { lowMs: 10, highMs: 20 });
    queue.join(second, { lowMs: 30, highMs: 40 });
    assert.deepEqual(
      [...first.told, ...second.told],
      [
        { position: 1, waitLowMs: 10, waitHighMs: 20 },
        { position: 2, waitLowMs: 30, waitHighMs: 40 },
      ],
    );
  });

  it("tells new positions together, at most every 200 ms, and only to those who moved", () => {
    const { queue, clock, guests } = openQueue();
    const waiting = guests("interactive", 5);
    const entries = waiting.map((guest) => queue.join(guest, NO_WAIT));
    entries[1]?.[Symbol.dispose]();
    entries[2]?.[Symbol.dispose]();
    clock.advance(199);
    assert.deepEqual(
      waiting.map((guest) => guest.positions),
      [[1], [2], [3], [4], [5]],
    );
    clock.advance(1);
    assert.deepEqual(
      waiting.map((guest) => guest.positions),
      [[1], [2], [3], [4, 2], [5, 3]],
    );
    assert.equal(clock.pendingTimers, 0);
  });

  it("tells a long queue its new positions a part at a time, each once, and none to those who have left meanwhile", () => {
    const { queue, clock, guests } = openQueue();
    const waiting = guests("interactive", 300);
    const entries = waiting.map((guest) => queue.join(guest, NO_WAIT));
    queue.serve();
    const told = (): number => waiting.filter((guest) => guest.told.length === 2).length;
    clock.advance(200);
    assert.equal(told(), 128);
    entries[299]?.[Symbol.dispose]();
    clock.advance(200);
    assert.equal(told(), 256);
    clock.advance(200);
    assert.equal(told(), 298);
    // The last waiter left and moved nobody, so that there is nothing more to tell.
    clock.advance(1_000);
    assert.equal(clock.pendingTimers, 0);
    assert.deepEqual(
      waiting.slice(1, -1).map((guest) => guest.positions),
      waiting.slice(1, -1).map((_, index) => [index + 2, index + 1]),
    );
  });

  it("tells a new position with the wait for it, by who else is served before", () => {
    const { queue, clock, guests } = openQueue();
    const waiting = guests("interactive", 3);
    const [batch] = guests("batch", 1);
    assert.ok(batch !== undefined);
    for (const guest of [...waiting, batch]) queue.join(guest, NO_WAIT);
    queue.serve();
    clock.advance(200);
    // The batch lane's turn is next.
    assert.deepEqual(
      waiting.map((guest) => guest.told.at(-1)?.waitLowMs),
      [0, 2_000, 3_000],
    );
    assert.equal(batch.told.length, 1);
  });

  it("forecasts the order of service, with a newcomer's position in it, without changing it", () => {
    const { queue, guests } = openQueue();
    for (const guest of [...guests("interactive", 6), ...guests("batch", 2)]) queue.join(guest, NO_WAIT);
    queue.serve();
    const names = (order: readonly (Guest | undefined)[]): string[] => order.map((guest) => guest?.name ?? "new");
    assert.deepEqual(names(queue.order()), ["b1", "i2", "i3", "i4", "b2", "i5", "i6"]);
    assert.deepEqual(names(queue.order({ lane: "batch", tenant: "", priority: 0 })), [
      "b1",
      "i2",
      "i3",
      "i4",
      "b2",
      "i5",
      "i6",
      "new",
    ]);
    assert.deepEqual(names(queue.order({ lane: "interactive", tenant: "", priority: 0 })), [
      "b1",
      "i2",
      "i3",
      "i4",
      "b2",
      "i5",
      "i6",
      "new",
    ]);
    const served = Array.from({ length: 7 }, () => queue.serve()?.name);
    assert.deepEqual(served, ["b1", "i2", "i3", "i4", "b2", "i5", "i6"]);
  });

  it("has no timer left once it is disposed", () => {
    const { queue, clock, guests } = openQueue();
    const [guest] = guests("batch", 1);
    assert.ok(guest !== undefined);
    queue.join(guest, NO_WAIT)[Symbol.dispose]();
    queue[Symbol.dispose]();
    assert.equal(clock.pendingTimers, 0);
  });
});
