import type { QueuePlace } from "../core/generation-event.js";
import { type Lane, LANES } from "../core/lane.js";
import type { Clock } from "../sync/clock.js";
import { FairShare } from "./fair-share.js";
import { LaneLine, type LinePlace } from "./lane-line.js";
import type { GrantRange, WaitForecast } from "./wait-forecast.js";

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

export interface WaitingRoomOptions {
  readonly weights: Readonly<Record<Lane, number>>;
  /** Most new waiters in each lane's line. */
  readonly capacity: number;
  readonly forecast: () => WaitForecast;
  readonly clock: Clock;
}

/** The lanes' lines, and whose turn it is. Each waiter is told its place when it joins and when it has moved up. */
export class WaitingRoom<T extends Waiter> implements Disposable {
  readonly capacity: number;
  readonly #weights: Readonly<Record<Lane, number>>;
  readonly #fairShare: FairShare;
  readonly #forecast: () => WaitForecast;
  readonly #clock: Clock;
  readonly #lines: Readonly<Record<Lane, LaneLine<T>>>;
  readonly #newcomers: Record<Lane, number> = { interactive: 0, batch: 0 };
  #tellTimer: Disposable | undefined;

  constructor(options: WaitingRoomOptions) {
    this.capacity = options.capacity;
    this.#weights = options.weights;
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

  /** What whoever joined now would get. */
  grantsForNext(lane: Lane): GrantRange {
    return this.grantsFor(lane, this.#lines[lane].size + 1);
  }

  /** Disposing the place leaves the line. The caller has seen to it that there is room. */
  join(waiter: T): Disposable {
    const line = this.#lines[waiter.lane];
    if (waiter.isNew) this.#newcomers[waiter.lane] += 1;
    const place = line.join(waiter);
    this.#tell(place, line.size, this.#forecast());
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

  /** Which grant a place gets, given who waits now in the other lane. */
  grantsFor(lane: Lane, position: number): GrantRange {
    const other: Lane = lane === "interactive" ? "batch" : "interactive";
    const rivals = this.#lines[other].size;
    const rivalsPerGrant = this.#weights[other] / this.#weights[lane];
    return {
      earliest: position + Math.min(rivals, Math.floor((position - 1) * rivalsPerGrant)),
      latest: position + Math.min(rivals, Math.ceil(position * rivalsPerGrant)),
    };
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
    const forecast = this.#forecast();
    for (const lane of LANES) {
      let position = 0;
      for (const place of this.#lines[lane]) {
        position += 1;
        if (position !== place.toldPosition) this.#tell(place, position, forecast);
      }
    }
  }

  #tell(place: LinePlace<T>, position: number, forecast: WaitForecast): void {
    place.toldPosition = position;
    const { lowMs, highMs } = forecast.waitFor(this.grantsFor(place.item.lane, position));
    place.item.tellPlace({ position, waitLowMs: lowMs, waitHighMs: highMs });
  }
}
