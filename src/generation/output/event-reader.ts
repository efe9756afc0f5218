import type { GenerationEvent } from "../../core/generation-event.js";
import type { Clock } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";

/** What is read: one reader at a time. Each throws, or rejects with, a GenerationError when there will be no more. */
export interface EventSource {
  next(): Promise<GenerationEvent>;
  /** The next one if it waits already. */
  tryNext(): GenerationEvent | undefined;
  /** Until `tryNext` is worth another look. */
  changed(): Promise<void>;
}

/** Reads the events of one generation, with a limit of time where wanted, and lets one be put back. Main thread, one user. */
export class EventReader implements Omit<EventSource, "changed"> {
  readonly #source: EventSource;
  readonly #clock: Clock;
  #unread: GenerationEvent | undefined;

  constructor(source: EventSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  tryNext(): GenerationEvent | undefined {
    const unread = this.#unread;
    this.#unread = undefined;
    return unread ?? this.#source.tryNext();
  }

  next(): Promise<GenerationEvent> {
    const unread = this.#unread;
    this.#unread = undefined;
    return unread === undefined ? this.#source.next() : Promise.resolve(unread);
  }

  /** The next event, or undefined when `limitMs` passed first; then a later read gets it. */
  async nextWithin(limitMs: number): Promise<GenerationEvent | undefined> {
    const timeIsUp = new Deferred<boolean>();
    using _limit = this.#clock.startTimer(limitMs, () => timeIsUp.resolve(true));
    let late = false;
    for (;;) {
      const event = this.tryNext();
      if (event !== undefined || late) return event;
      late = await Promise.race([this.#source.changed().then(() => false), timeIsUp.promise]);
    }
  }

  /** Puts the event that was read last back in front. */
  unread(event: GenerationEvent): void {
    this.#unread = event;
  }
}
