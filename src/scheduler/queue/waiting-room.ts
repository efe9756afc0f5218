import { type Lane, LANES } from "../../core/generation-request.js";
import type { Clock } from "../../sync/clock.js";
import { FairShare } from "./fair-share.js";
import type { LinePlace } from "./lane-line.js";
import { LaneQueue, type Waiter } from "./lane-queue.js";
import type { WaitRange } from "../forecast/run-forecast.js";

/** Changed positions are told together, at most this often: leaving stays O(1), however long the line. */
const TELL_INTERVAL_MS = 200;
/** And to so many at most: each costs a message, and ten thousand of them would hold up those who run. The others of a long line follow. */
const MOST_TOLD = 128;

export interface WaitingRoomOptions<T> {
  readonly weights: Readonly<Record<Lane, number>>;
  /** Most new waiters in each lane's line. */
  readonly capacity: number;
  /** How long each will wait, of all who wait in the order in which they are served. */
  readonly forecast: (order: readonly T[]) => readonly WaitRange[];
  readonly clock: Clock;
}

/** The lanes' queues, and whose turn it is. Each waiter is told its place when it joins and when it has moved up. */
export class WaitingRoom<T extends Waiter> implements Disposable {
  readonly capacity: number;
  readonly #fairShare: FairShare<Lane>;
  readonly #forecast: (order: readonly T[]) => readonly WaitRange[];
  readonly #clock: Clock;
  readonly #queues: Readonly<Record<Lane, LaneQueue<T>>>;
  #tellTimer: Disposable | undefined;
  /** Somebody has left since the line was last looked at. */
  #hasMoved = false;
  /** Moved, as that look found them, and not told yet. */
  #untold: Moved<T>[] = [];

  constructor(options: WaitingRoomOptions<T>) {
    this.capacity = options.capacity;
    this.#fairShare = new FairShare(options.weights);
    this.#forecast = options.forecast;
    this.#clock = options.clock;
    const onLeave = (): void => {
      this.#hasMoved = true;
      this.#tellSoon();
    };
    this.#queues = { interactive: new LaneQueue(onLeave), batch: new LaneQueue(onLeave) };
  }

  /** Those who are new. */
  waiting(lane: Lane): number {
    return this.#queues[lane].newcomers.size;
  }

  /** How many wait to come back. */
  get returning(): number {
    return LANES.reduce((sum, lane) => sum + this.#queues[lane].returning, 0);
  }

  /** Disposing the place leaves the line. The caller has seen to it that there is room, and knows what `wait` to expect. */
  join(waiter: T, wait: WaitRange): Disposable {
    const queue = this.#queues[waiter.lane];
    const place = queue.join(waiter);
    if (waiter.isNew) tell(place, queue.newcomers.size, wait);
    return place;
  }

  /** Takes the waiter whose turn it is out of its line and counts the slot for its lane. @param newOnly true: of the newcomers */
  serve({ newOnly = false } = {}): T | undefined {
    const lane = this.#fairShare.choose((candidate) => this.#queues[candidate].canServe(newOnly));
    if (lane === undefined) return undefined;
    const waiter = this.#queues[lane].serve(newOnly);
    this.#fairShare.charge(lane, waiter?.grants);
    return waiter;
  }

  /** Counts a slot that was given without waiting. */
  charge(lane: Lane): void {
    this.#fairShare.charge(lane);
    this.#queues[lane].charge();
  }

  /** Who is served when, if nobody comes or leaves. undefined in it: whoever joined `newcomer`'s line now. */
  order(): T[];
  order(newcomer: Lane): (T | undefined)[];
  order(newcomer?: Lane): (T | undefined)[] {
    const turns = this.#fairShare.copy();
    const lines: Record<Lane, (T | undefined)[]> = {
      interactive: this.#queues.interactive.order(newcomer === "interactive"),
      batch: this.#queues.batch.order(newcomer === "batch"),
    };
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

  /** Newcomers, lane by lane, in each lane's order. */
  waiters(): T[] {
    return LANES.flatMap((lane) => Array.from(this.#queues[lane].newcomers, (place) => place.item));
  }

  [Symbol.dispose](): void {
    this.#tellTimer?.[Symbol.dispose]();
    this.#tellTimer = undefined;
  }

  #tellSoon(): void {
    this.#tellTimer ??= this.#clock.startTimer(TELL_INTERVAL_MS, () => {
      this.#tellTimer = undefined;
      this.#tellSome();
    });
  }

  #tellSome(): void {
    if (this.#untold.length === 0) this.#untold = this.#moved();
    for (const { place, position, wait } of this.#untold.splice(0, MOST_TOLD)) {
      if (place.line !== undefined) tell(place, position, wait);
    }
    if (this.#untold.length > 0 || this.#hasMoved) this.#tellSoon();
  }

  #moved(): Moved<T>[] {
    this.#hasMoved = false;
    const order = this.order();
    const waits = new Map(this.#forecast(order).map((wait, index) => [order[index], wait]));
    const moved: Moved<T>[] = [];
    for (const lane of LANES) {
      let position = 0;
      for (const place of this.#queues[lane].newcomers) {
        position += 1;
        const wait = waits.get(place.item);
        if (position !== place.toldPosition && wait !== undefined) moved.push({ place, position, wait });
      }
    }
    return moved;
  }
}

interface Moved<T extends Waiter> {
  readonly place: LinePlace<T>;
  readonly position: number;
  readonly wait: WaitRange;
}

function tell<T extends Waiter>(place: LinePlace<T>, position: number, { lowMs, highMs }: WaitRange): void {
  place.toldPosition = position;
  place.item.tellPlace({ position, waitLowMs: lowMs, waitHighMs: highMs });
}
