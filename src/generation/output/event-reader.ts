import type { GenerationEvent } from "../../core/generation-message.js";
import type { Credit, Piece } from "../../core/piece.js";
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

interface GatherOptions {
  /** How long the first pieces may wait for others; 0: not at all. */
  readonly maxDelayMs: number;
  /** The run's whole window. Once the pieces fill it, no more can come until the reader has taken some. */
  readonly window: Credit;
  readonly clock: Clock;
}

/** Gathers the pieces of one chunk: the first ones, and all that join them within the delay. They stay in order; none is lost and none comes twice. */
export async function gatherPieces(
  first: readonly Piece[],
  reader: EventReader,
  { maxDelayMs, window, clock }: GatherOptions,
): Promise<readonly Piece[]> {
  const pieces = [...first];
  const dueMs = clock.nowMs() + maxDelayMs;
  for (let leftMs = maxDelayMs; leftMs > 0 && !fills(window, pieces); leftMs = dueMs - clock.nowMs()) {
    const event = await reader.nextWithin(leftMs);
    if (event === undefined) break;
    if (event.type !== "pieces") {
      reader.unread(event);
      break;
    }
    pieces.push(...event.pieces);
  }
  return pieces;
}

function fills(window: Credit, pieces: readonly Piece[]): boolean {
  const bytes = pieces.reduce((sum, piece) => sum + piece.textBytes, 0);
  return pieces.length >= window.pieces || bytes >= window.bytes;
}
