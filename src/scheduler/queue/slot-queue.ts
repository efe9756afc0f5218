import { type Lane, LANES } from "../../core/generation-request.js";
import type { Clock } from "../../sync/clock.js";
import type { WaitRange } from "../forecast/run-work.js";
import { FairShare, LaneQueue, type QueueEntry, type Waiter } from "./lane-queue.js";

/** Changed positions are told together, at most this often. Leaving therefore stays O(1) however long the queue is. */
const TELL_INTERVAL_MS = 200;
/** The most changed positions that are told together. Each costs a message, and ten thousand of them would hold up the running generations. */
const MOST_TOLD = 128;

export interface SlotQueueOptions<T> {
  readonly weights: Readonly<Record<Lane, number>>;
  /** The most new runs in each lane's queue. */
  readonly capacity: number;
  /** Returns the wait of each run, for all waiting runs in the order of service. */
  readonly forecast: (order: readonly T[]) => readonly WaitRange[];
  readonly clock: Clock;
}

/** The queue for slots: the lanes' queues, and whose turn it is. Each new run is told its position when it joins and after it has moved up. */
export class SlotQueue<T extends Waiter> implements Disposable {
  readonly capacity: number;
  readonly #fairShare: FairShare<Lane>;
  readonly #forecast: (order: readonly T[]) => readonly WaitRange[];
  readonly #clock: Clock;
  readonly #lanes: Readonly<Record<Lane, LaneQueue<T>>>;
  #tellTimer: Disposable | undefined;
  /** True if an entry was left or served since the positions were last compared. */
  #hasMoved = false;
  /** The changed positions that were found then and are not told yet. */
  #untold: MovedEntry<T>[] = [];

  constructor(options: SlotQueueOptions<T>) {
    this.capacity = options.capacity;
    this.#fairShare = new FairShare(options.weights);
    this.#forecast = options.forecast;
    this.#clock = options.clock;
    const onLeave = (): void => {
      this.#hasMoved = true;
      this.#tellSoon();
    };
    this.#lanes = { interactive: new LaneQueue(onLeave), batch: new LaneQueue(onLeave) };
  }

  /** The number of new runs that wait in the lane. */
  waiting(lane: Lane): number {
    return this.#lanes[lane].newRuns.size;
  }

  /** The number of runs that wait to return. */
  get returning(): number {
    return LANES.reduce((sum, lane) => sum + this.#lanes[lane].returning, 0);
  }

  /** Disposing the returned entry leaves the queue. The caller has checked the capacity, and knows the wait to expect. */
  join(waiter: T, wait: WaitRange): Disposable {
    const lane = this.#lanes[waiter.lane];
    const entry = lane.join(waiter);
    if (waiter.isNew) tell(entry, lane.newRuns.size, wait);
    return entry;
  }

  /** Takes the waiter whose turn it is out of its queue, and charges its lane. @param options.newOnly true leaves out returning runs. */
  serve({ newOnly = false } = {}): T | undefined {
    const lane = this.#fairShare.choose((candidate) => this.#lanes[candidate].canServe(newOnly));
    if (lane === undefined) return undefined;
    const waiter = this.#lanes[lane].serve(newOnly);
    this.#fairShare.charge(lane, waiter?.grants);
    return waiter;
  }

  /** Counts a slot that was given without waiting. */
  charge(lane: Lane): void {
    this.#fairShare.charge(lane);
    this.#lanes[lane].charge();
  }

  /** The order of service if nobody joins or leaves. With `newcomer`, undefined stands for a new run that joins that lane now. */
  order(): T[];
  order(newcomer: Lane): (T | undefined)[];
  order(newcomer?: Lane): (T | undefined)[] {
    const turns = this.#fairShare.copy();
    const waiting: Record<Lane, (T | undefined)[]> = {
      interactive: this.#lanes.interactive.order(newcomer === "interactive"),
      batch: this.#lanes.batch.order(newcomer === "batch"),
    };
    const served = { interactive: 0, batch: 0 };
    const order: (T | undefined)[] = [];
    for (;;) {
      const lane = turns.choose((candidate) => served[candidate] < waiting[candidate].length);
      if (lane === undefined) return order;
      const waiter = waiting[lane][served[lane]];
      turns.charge(lane, waiter?.grants);
      order.push(waiter);
      served[lane] += 1;
    }
  }

  /** The new runs, lane by lane, in each lane's order. */
  waiters(): T[] {
    return LANES.flatMap((lane) => Array.from(this.#lanes[lane].newRuns, (entry) => entry.item));
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
    for (const { entry, position, wait } of this.#untold.splice(0, MOST_TOLD)) {
      if (entry.queue !== undefined) tell(entry, position, wait);
    }
    if (this.#untold.length > 0 || this.#hasMoved) this.#tellSoon();
  }

  #moved(): MovedEntry<T>[] {
    this.#hasMoved = false;
    const order = this.order();
    const waits = new Map(this.#forecast(order).map((wait, index) => [order[index], wait]));
    const moved: MovedEntry<T>[] = [];
    for (const lane of LANES) {
      let position = 0;
      for (const entry of this.#lanes[lane].newRuns) {
        position += 1;
        const wait = waits.get(entry.item);
        if (position !== entry.toldPosition && wait !== undefined) moved.push({ entry, position, wait });
      }
    }
    return moved;
  }
}

interface MovedEntry<T extends Waiter> {
  readonly entry: QueueEntry<T>;
  readonly position: number;
  readonly wait: WaitRange;
}

function tell<T extends Waiter>(entry: QueueEntry<T>, position: number, { lowMs, highMs }: WaitRange): void {
  entry.toldPosition = position;
  entry.item.tellPosition({ position, waitLowMs: lowMs, waitHighMs: highMs });
}
