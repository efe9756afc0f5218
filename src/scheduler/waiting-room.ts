import type { QueuePlace } from "../core/generation-event.js";
import { type Lane, LANES } from "../core/lane.js";
import type { Clock } from "../sync/clock.js";
import { FairShare } from "./fair-share.js";
import { LaneLine, type LinePlace } from "./lane-line.js";
import type { WaitRange } from "./run-forecast.js";

/** Changed positions are told together, at most this often: leaving stays O(1), however long the line. */
const TELL_INTERVAL_MS = 200;

/** Who waits, as the room needs to know it. */
export interface Waiter {
  readonly lane: Lane;
  /** Not accepted before: these alone are held to the capacity. */
  readonly isNew: boolean;
  /** What its turn counts for, in grants of its lane. */
  readonly grants: number;
  tellPlace(place: QueuePlace): void;
}

export interface WaitingRoomOptions<T> {
  readonly weights: Readonly<Record<Lane, number>>;
  /** Most new waiters in each lane's line. */
  readonly capacity: number;
  /** How long each will wait, of all who wait in the order in which they are served. */
  readonly forecast: (order: readonly T[]) => readonly WaitRange[];
  readonly clock: Clock;
}

/** The lanes' lines, and whose turn it is. Each waiter is told its place when it joins and when it has moved up. */
export class WaitingRoom<T extends Waiter> implements Disposable {
  readonly capacity: number;
  readonly #fairShare: FairShare;
  readonly #forecast: (order: readonly T[]) => readonly WaitRange[];
  readonly #clock: Clock;
  readonly #lines: Readonly<Record<Lane, LaneLine<T>>>;
  readonly #newcomers: Record<Lane, number> = { interactive: 0, batch: 0 };
  #tellTimer: Disposable | undefined;

  constructor(options: WaitingRoomOptions<T>) {
    this.capacity = options.capacity;
    this.#fairShare = new FairShare(options.weights);
    this.#forecast = options.forecast;
    this.#clock = options.clock;
    const onLeave = (waiter: T): void => {
      if (waiter.isNew) this.#newcomers[waiter.lane] -= 1;
      this.#tellSoon();
    };
    this.#lines = { interactive: new LaneLine(onLeave), batch: new LaneLine(onLeave) };
  }

  /** Those who are new. */
  waiting(lane: Lane): number {
    return this.#newcomers[lane];
  }

  /** All in line. */
  get size(): number {
    return LANES.reduce((sum, lane) => sum + this.#lines[lane].size, 0);
  }

  /** Disposing the place leaves the line. The caller has seen to it that there is room, and knows what `wait` to expect. */
  join(waiter: T, wait: WaitRange): Disposable {
    const line = this.#lines[waiter.lane];
    if (waiter.isNew) this.#newcomers[waiter.lane] += 1;
    const place = line.join(waiter);
    tell(place, line.size, wait);
    return place;
  }

  /** Takes the waiter whose turn it is out of its line and counts the slot for its lane. */
  serve(): T | undefined {
    const lane = this.#fairShare.choose((candidate) => this.#lines[candidate].size > 0);
    if (lane === undefined) return undefined;
    const waiter = this.#lines[lane].serve();
    this.#fairShare.charge(lane, waiter?.grants);
    return waiter;
  }

  /** Counts a slot that was given without waiting. */
  charge(lane: Lane): void {
    this.#fairShare.charge(lane);
  }

  /** Who is served when, if nobody comes or leaves. undefined in it: whoever joined `newcomer`'s line now. */
  order(): T[];
  order(newcomer: Lane): (T | undefined)[];
  order(newcomer?: Lane): (T | undefined)[] {
    const turns = this.#fairShare.copy();
    const lines: Record<Lane, (T | undefined)[]> = {
      interactive: Array.from(this.#lines.interactive, (place) => place.item),
      batch: Array.from(this.#lines.batch, (place) => place.item),
    };
    if (newcomer !== undefined) lines[newcomer].push(undefined);
    const served = { interactive: 0, batch: 0 };
    const order: (T | undefined)[] = [];
    for (;;) {
      const lane = turns.choose((candidate) => served[candidate] < lines[candidate].length);
      if (lane === undefined) return order;
      const waiter = lines[lane][served[lane]];
      turns.charge(lane, waiter?.grants);
      order.push(waiter);
      served[lane] += 1;
    }
  }

  /** Lane by lane, in each lane's order. */
  waiters(): T[] {
    return LANES.flatMap((lane) => Array.from(this.#lines[lane], (place) => place.item));
  }

  [Symbol.dispose](): void {
    this.#tellTimer?.[Symbol.dispose]();
    this.#tellTimer = undefined;
  }

  #tellSoon(): void {
    this.#tellTimer ??= this.#clock.startTimer(TELL_INTERVAL_MS, () => {
      this.#tellTimer = undefined;
      this.#tellMoved();
    });
  }

  #tellMoved(): void {
    const order = this.order();
    const waits = new Map(this.#forecast(order).map((wait, index) => [order[index], wait]));
    for (const lane of LANES) {
      let position = 0;
      for (const place of this.#lines[lane]) {
        position += 1;
        const wait = waits.get(place.item);
        if (position !== place.toldPosition && wait !== undefined) tell(place, position, wait);
      }
    }
  }
}

function tell<T extends Waiter>(place: LinePlace<T>, position: number, { lowMs, highMs }: WaitRange): void {
  place.toldPosition = position;
  place.item.tellPlace({ position, waitLowMs: lowMs, waitHighMs: highMs });
}
