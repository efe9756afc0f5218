import type { GenerationEvent } from "../../core/generation-event.js";
import type { Clock } from "../../sync/clock.js";
import { Deferred } from "../../sync/deferred.js";

/** What is read: one reader at a time. */
export interface EventSource {
  /** Rejects with a GenerationError when there will be no more. */
  next(): Promise<GenerationEvent>;
  /** The next one if it waits already; never throws. */
  tryNext(): GenerationEvent | undefined;
}

/** Reads the events of one generation, with a limit of time where wanted, and without losing the one that came too late. Main thread, one user. */
export class EventReader {
  readonly #source: EventSource;
  readonly #clock: Clock;
  #waiting: Promise<GenerationEvent> | undefined;
  #unread: GenerationEvent | undefined;

  constructor(source: EventSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** The next event if there is one already: then nobody has to wait for a promise. */
  tryNext(): GenerationEvent | undefined {
    const unread = this.#unread;
    this.#unread = undefined;
    return unread ?? (this.#waiting === undefined ? this.#source.tryNext() : undefined);
  }

  async next(): Promise<GenerationEvent> {
    const event = await this.#read();
    this.#waiting = undefined;
    return event;
  }

  /** The next event, or undefined when `limitMs` passed first; then a later read gets it. */
  async nextWithin(limitMs: number): Promise<GenerationEvent | undefined> {
    const timeIsUp = new Deferred<undefined>();
    using _limit = this.#clock.startTimer(limitMs, () => timeIsUp.resolve(undefined));
    const event = await Promise.race([this.#read(), timeIsUp.promise]);
    if (event !== undefined) this.#waiting = undefined;
    return event;
  }

  /** Puts the event that was read last back in front. */
  unread(event: GenerationEvent): void {
    this.#unread = event;
  }

  #read(): Promise<GenerationEvent> {
    const unread = this.#unread;
    this.#unread = undefined;
    this.#waiting ??= unread === undefined ? this.#source.next() : Promise.resolve(unread);
    return this.#waiting;
  }
}
