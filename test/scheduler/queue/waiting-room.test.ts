import assert from "node:assert/strict";
import type { QueuePosition } from "../../../src/core/generation-event.js";
import type { Lane } from "../../../src/core/generation-request.js";
import type { Waiter } from "../../../src/scheduler/queue/lane-queue.js";
import { WaitingRoom } from "../../../src/scheduler/queue/waiting-room.js";
import { ManualClock } from "../../support/manual-clock.js";

class Guest implements Waiter {
  readonly name: string;
  readonly lane: Lane;
  readonly isNew: boolean;
  readonly grants: number;
  readonly told: QueuePosition[] = [];

  constructor(name: string, lane: Lane, { isNew = true, grants = 1 } = {}) {
    this.name = name;
    this.lane = lane;
    this.isNew = isNew;
    this.grants = grants;
  }

  tellPlace(place: QueuePosition): void {
    this.told.push(place);
  }

  get positions(): number[] {
    return this.told.map((place) => place.position);
  }
}

const NO_WAIT = { lowMs: 0, highMs: 0 };

function openRoom(): { room: WaitingRoom<Guest>; clock: ManualClock; guests: (lane: Lane, count: number) => Guest[] } {
  const clock = new ManualClock();
  const room = new WaitingRoom<Guest>({
    weights: { interactive: 3, batch: 1 },
    capacity: 1_000,
    forecast: (order) => order.map((_, index) => ({ lowMs: (index + 1) * 1_000, highMs: (index + 1) * 2_000 })),
    clock,
  });
  const guests = (lane: Lane, count: number): Guest[] =>
    Array.from({ length: count }, (_, index) => new Guest(`${lane.charAt(0)}${index + 1}`, lane));
  return { room, clock, guests };
}

describe("WaitingRoom", () => {
  it("serves the lanes by weight and each lane in order of arrival", () => {
    const { room, guests } = openRoom();
    for (const guest of [...guests("interactive", 6), ...guests("batch", 3)]) room.join(guest, NO_WAIT);
    const served = Array.from({ length: 10 }, () => room.serve()?.name);
    assert.deepEqual(served, ["i1", "b1", "i2", "i3", "i4", "b2", "i5", "i6", "b3", undefined]);
  });

  it("lets newcomers and those who come back take turns, and charges what is to be read in again", () => {
    const { room } = openRoom();
    const join = (name: string, options: { isNew?: boolean; grants?: number }): void =>
      void room.join(new Guest(name, "interactive", options), NO_WAIT);
    for (const name of ["r1", "r2", "r3"]) join(name, { isNew: false, grants: 2 });
    for (const name of ["n1", "n2", "n3"]) join(name, {});
    const order = room.order().map((guest) => guest.name);
    const served = Array.from({ length: 6 }, () => room.serve()?.name);
    assert.deepEqual(served, ["n1", "r1", "n2", "n3", "r2", "r3"]);
    assert.deepEqual(order, served);
  });

  it("passes those who come back by where only newcomers may be served", () => {
    const { room } = openRoom();
    for (const lane of ["interactive", "batch"] as const) room.join(new Guest("r", lane, { isNew: false }), NO_WAIT);
    assert.equal(room.serve({ newOnly: true }), undefined);
    room.join(new Guest("n", "batch"), NO_WAIT);
    assert.equal(room.serve({ newOnly: true })?.name, "n");
    // It would be the other kind's turn in that lane now.
    room.join(new Guest("next", "batch"), NO_WAIT);
    assert.equal(room.serve({ newOnly: true })?.name, "next");
    assert.equal(room.serve()?.name, "r");
  });

  it("tells those who come back no place, and counts them for no capacity", () => {
    const { room } = openRoom();
    const returning = new Guest("r", "interactive", { isNew: false });
    room.join(returning, NO_WAIT);
    const newcomer = new Guest("n", "interactive");
    room.join(newcomer, NO_WAIT);
    assert.deepEqual([returning.positions, newcomer.positions], [[], [1]]);
    assert.deepEqual([room.waiting("interactive"), room.returning], [1, 1]);
  });

  it("bounds the wait of one lane behind a full line of the other", () => {
    const { room, guests } = openRoom();
    for (const guest of guests("interactive", 100)) room.join(guest, NO_WAIT);
    for (let served = 0; served < 10; served++) room.serve();
    const latecomer = new Guest("late", "batch");
    room.join(latecomer, NO_WAIT);
    const next = Array.from({ length: 4 }, () => room.serve()?.name);
    assert.ok(next.includes("late"), next.join(" "));

    const other = openRoom();
    for (const guest of other.guests("batch", 100)) other.room.join(guest, NO_WAIT);
    for (let served = 0; served < 10; served++) other.room.serve();
    other.room.join(new Guest("late", "interactive"), NO_WAIT);
    assert.ok([other.room.serve()?.name, other.room.serve()?.name].includes("late"));
  });

  it("tells a place at once on joining, with the wait to expect", () => {
    const { room, guests } = openRoom();
    const [first, second] = guests("batch", 2);
    assert.ok(first !== undefined && second !== undefined);
    room.join(first, { lowMs: 10, highMs: 20 });
    room.join(second, { lowMs: 30, highMs: 40 });
    assert.deepEqual(
      [...first.told, ...second.told],
      [
        { position: 1, waitLowMs: 10, waitHighMs: 20 },
        { position: 2, waitLowMs: 30, waitHighMs: 40 },
      ],
    );
  });

  it("tells new places together, at most every 200 ms, and only to those who moved", () => {
    const { room, clock, guests } = openRoom();
    const line = guests("interactive", 5);
    const places = line.map((guest) => room.join(guest, NO_WAIT));
    places[1]?.[Symbol.dispose]();
    places[2]?.[Symbol.dispose]();
    clock.advance(199);
    assert.deepEqual(
      line.map((guest) => guest.positions),
      [[1], [2], [3], [4], [5]],
    );
    clock.advance(1);
    assert.deepEqual(
      line.map((guest) => guest.positions),
      [[1], [2], [3], [4, 2], [5, 3]],
    );
    assert.equal(clock.pendingTimers, 0);
  });

  it("tells a long line its new places a part at a time, each once, and none to those who have left meanwhile", () => {
    const { room, clock, guests } = openRoom();
    const line = guests("interactive", 300);
    const places = line.map((guest) => room.join(guest, NO_WAIT));
    room.serve();
    const told = (): number => line.filter((guest) => guest.told.length === 2).length;
    clock.advance(200);
    assert.equal(told(), 128);
    places[299]?.[Symbol.dispose]();
    clock.advance(200);
    assert.equal(told(), 256);
    clock.advance(200);
    assert.equal(told(), 298);
    // Who left last has moved nobody: another look finds nothing to tell.
    clock.advance(1_000);
    assert.equal(clock.pendingTimers, 0);
    assert.deepEqual(
      line.slice(1, -1).map((guest) => guest.positions),
      line.slice(1, -1).map((_, index) => [index + 2, index + 1]),
    );
  });

  it("tells a new place with the wait for it, by who else is served before", () => {
    const { room, clock, guests } = openRoom();
    const line = guests("interactive", 3);
    const [batch] = guests("batch", 1);
    assert.ok(batch !== undefined);
    for (const guest of [...line, batch]) room.join(guest, NO_WAIT);
    room.serve();
    clock.advance(200);
    // The batch lane's turn is next.
    assert.deepEqual(
      line.map((guest) => guest.told.at(-1)?.waitLowMs),
      [0, 2_000, 3_000],
    );
    assert.equal(batch.told.length, 1);
  });

  it("foretells the order of service, a newcomer's place in it included, without changing it", () => {
    const { room, guests } = openRoom();
    for (const guest of [...guests("interactive", 6), ...guests("batch", 2)]) room.join(guest, NO_WAIT);
    room.serve();
    const names = (order: readonly (Guest | undefined)[]): string[] => order.map((guest) => guest?.name ?? "new");
    assert.deepEqual(names(room.order()), ["b1", "i2", "i3", "i4", "b2", "i5", "i6"]);
    assert.deepEqual(names(room.order("batch")), ["b1", "i2", "i3", "i4", "b2", "i5", "i6", "new"]);
    assert.deepEqual(names(room.order("interactive")), ["b1", "i2", "i3", "i4", "b2", "i5", "i6", "new"]);
    const served = Array.from({ length: 7 }, () => room.serve()?.name);
    assert.deepEqual(served, ["b1", "i2", "i3", "i4", "b2", "i5", "i6"]);
  });

  it("has no timer left once it is disposed", () => {
    const { room, clock, guests } = openRoom();
    const [guest] = guests("batch", 1);
    assert.ok(guest !== undefined);
    room.join(guest, NO_WAIT)[Symbol.dispose]();
    room[Symbol.dispose]();
    assert.equal(clock.pendingTimers, 0);
  });
});
