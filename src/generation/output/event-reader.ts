import type { GenerationEvent } from "../../core/generation-message.js";
import type { Clock } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";

/** A source of events with one reader. If no more events will come, `next` rejects and `tryNext` throws, with a GenerationError. */
export interface EventSource {
  next(): Promise<GenerationEvent>;
  /** Returns the next event if one waits already. */
  tryNext(): GenerationEvent | undefined;
  /** Resolves when `tryNext` may have an event. */
  changed(): Promise<void>;
}

/** Reads the events of one generation, within a time limit if asked to, and lets one event be put back. Main thread, one user. */
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

  /** Resolves with the next event, or with undefined if `limitMs` passed first; then a later read gets the event. */
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

  /** Puts the last event that was read back in front. */
  unread(event: GenerationEvent): void {
    this.#unread = event;
  }
}
