import assert from "node:assert/strict";
import type { QueuePlace } from "../../src/core/generation-event.js";
import type { Lane } from "../../src/core/lane.js";
import { ServiceTime } from "../../src/scheduler/service-time.js";
import { WaitForecast } from "../../src/scheduler/wait-forecast.js";
import { type Waiter, WaitingRoom } from "../../src/scheduler/waiting-room.js";
import { ManualClock } from "../support/manual-clock.js";

class Guest implements Waiter {
  readonly name: string;
  readonly lane: Lane;
  readonly isNew: boolean;
  readonly grants: number;
  readonly told: QueuePlace[] = [];

  constructor(name: string, lane: Lane, { isNew = true, grants = 1 } = {}) {
    this.name = name;
    this.lane = lane;
    this.isNew = isNew;
    this.grants = grants;
  }

  tellPlace(place: QueuePlace): void {
    this.told.push(place);
  }

  get positions(): number[] {
    return this.told.map((place) => place.position);
  }
}

function openRoom(): { room: WaitingRoom<Guest>; clock: ManualClock; guests: (lane: Lane, count: number) => Guest[] } {
  const clock = new ManualClock();
  const service = new ServiceTime();
  for (let sample = 0; sample < 100; sample++) service.observe(1_000);
  const room = new WaitingRoom<Guest>({
    weights: { interactive: 3, batch: 1 },
    capacity: 1_000,
    forecast: () => new WaitForecast(service, [0]),
    clock,
  });
  const guests = (lane: Lane, count: number): Guest[] =>
    Array.from({ length: count }, (_, index) => new Guest(`${lane.charAt(0)}${index + 1}`, lane));
  return { room, clock, guests };
}

describe("WaitingRoom", () => {
  it("serves the lanes by weight and each lane in order of arrival", () => {
    const { room, guests } = openRoom();
    for (const guest of [...guests("interactive", 6), ...guests("batch", 3)]) room.join(guest);
    const served = Array.from({ length: 10 }, () => room.serve()?.name);
    assert.deepEqual(served, ["i1", "b1", "i2", "i3", "i4", "b2", "i5", "i6", "b3", undefined]);
  });

  it("bounds the wait of one lane behind a full line of the other", () => {
    const { room, guests } = openRoom();
    for (const guest of guests("interactive", 100)) room.join(guest);
    for (let served = 0; served < 10; served++) room.serve();
    const latecomer = new Guest("late", "batch");
    room.join(latecomer);
    const next = Array.from({ length: 4 }, () => room.serve()?.name);
    assert.ok(next.includes("late"), next.join(" "));

    const other = openRoom();
    for (const guest of other.guests("batch", 100)) other.room.join(guest);
    for (let served = 0; served < 10; served++) other.room.serve();
    other.room.join(new Guest("late", "interactive"));
    assert.ok([other.room.serve()?.name, other.room.serve()?.name].includes("late"));
  });

  it("tells a place at once on joining, with the wait it stands for", () => {
    const { room, guests } = openRoom();
    const [first, second] = guests("batch", 2);
    assert.ok(first !== undefined && second !== undefined);
    room.join(first);
    room.join(second);
    assert.deepEqual([first.positions, second.positions], [[1], [2]]);
    assert.deepEqual(
      [...first.told, ...second.told].map((place) => Math.round(place.waitLowMs)),
      [1_000, 2_000],
    );
  });

  it("tells new places together, at most every 200 ms, and only to those who moved", () => {
    const { room, clock, guests } = openRoom();
    const line = guests("interactive", 5);
    const places = line.map((guest) => room.join(guest));
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

  it("estimates by who else is served before", () => {
    const { room, guests } = openRoom();
    for (const guest of guests("interactive", 20)) room.join(guest);
    assert.deepEqual(room.grantsFor("batch", 1), { earliest: 1, latest: 4 });
    assert.deepEqual(room.grantsFor("batch", 3), { earliest: 9, latest: 12 });
    assert.deepEqual(room.grantsFor("interactive", 4), { earliest: 4, latest: 4 });
    for (const guest of guests("batch", 2)) room.join(guest);
    assert.deepEqual(room.grantsFor("interactive", 4), { earliest: 5, latest: 6 });
    assert.deepEqual(room.grantsFor("interactive", 100), { earliest: 102, latest: 102 });
  });

  it("has no timer left once it is disposed", () => {
    const { room, clock, guests } = openRoom();
    const [guest] = guests("batch", 1);
    assert.ok(guest !== undefined);
    room.join(guest)[Symbol.dispose]();
    room[Symbol.dispose]();
    assert.equal(clock.pendingTimers, 0);
  });
});
