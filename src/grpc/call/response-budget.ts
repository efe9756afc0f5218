import { GenerationError } from "../../core/generation-error.js";
import type { Clock } from "../../sync/clock.js";

/** A response of up to this size is counted and never refused, so that health, cancels and the like are answered. `max-calls` bounds their number. */
const SMALL_RESPONSE_BYTES = 16 * 1024;

/** A response that was sent this long ago has a reader that does not take it. */
const UNREAD_AFTER_MS = 1_000;

/** Whose response it is. */
export interface ResponseOwner {
  /** The connection that the response goes out on. */
  readonly connection: object;
  /** Ends the call, whose response nobody takes, to make room for others. */
  readonly evict: () => void;
}

interface Held extends ResponseOwner {
  bytes: number;
  /** undefined: it is being made. */
  sentMs: number | undefined;
}

/**
 * The bytes of all unary responses that are being made or wait for their readers, held within a bound. Where it is reached, the connection that holds the
 * most gives way: its oldest unread response, or the newcomer where that would make its own connection the largest. One for the process.
 */
export class ResponseBudget {
  readonly #maxBytes: number;
  readonly #clock: Clock;
  /** In the order of their making. */
  readonly #responses = new Set<Held>();
  #bytes = 0;

  constructor(maxBytes: number, clock: Clock) {
    this.#maxBytes = maxBytes;
    this.#clock = clock;
  }

  /** Bytes that are held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts these bytes until they are disposed of. @throws GenerationError TOO_MANY_RESPONSE_BYTES */
  hold(bytes: number, owner: ResponseOwner): HeldResponse {
    const held: Held = { ...owner, bytes: 0, sentMs: undefined };
    this.#resize(held, bytes);
    this.#responses.add(held);
    return {
      resize: (wanted) => {
        if (this.#responses.has(held)) this.#resize(held, wanted);
      },
      sent: () => {
        held.sentMs = this.#clock.nowMs();
      },
      [Symbol.dispose]: () => this.#release(held),
    };
  }

  #resize(held: Held, wanted: number): void {
    const more = wanted - held.bytes;
    if (more > 0 && wanted > SMALL_RESPONSE_BYTES) this.#makeRoom(held, more);
    this.#bytes += more;
    held.bytes = wanted;
  }

  #release(held: Held): void {
    if (this.#responses.delete(held)) this.#bytes -= held.bytes;
  }

  #makeRoom(held: Held, more: number): void {
    while (this.#bytes + more > this.#maxBytes) {
      const victim = this.#oldestUnread(held, more);
      if (victim === undefined) throw this.#refusal();
      this.#release(victim);
      victim.evict();
    }
  }

  /** Of the connection that holds the most, unless that would be the asking one's; undefined: there is none. */
  #oldestUnread(asking: Held, more: number): Held | undefined {
    const totals = new Map<object, number>([[asking.connection, more]]);
    for (const { connection, bytes } of this.#responses) totals.set(connection, (totals.get(connection) ?? 0) + bytes);
    let largest = asking.connection;
    for (const [connection, total] of totals) if (total > (totals.get(largest) ?? 0)) largest = connection;
    if (largest === asking.connection) return undefined;
    const sentBeforeMs = this.#clock.nowMs() - UNREAD_AFTER_MS;
    for (const held of this.#responses) {
      if (held.connection === largest && held.sentMs !== undefined && held.sentMs <= sentBeforeMs) return held;
    }
    return undefined;
  }

  #refusal(): GenerationError {
    const text = `responses that wait for their readers take ${this.#bytes} bytes; with this one it would be more than ${this.#maxBytes}`;
    return new GenerationError("TOO_MANY_RESPONSE_BYTES", text, {
      facts: { response_bytes: String(this.#bytes), max_total_response_bytes: String(this.#maxBytes) },
    });
  }
}

/** The share of one response. Disposing gives it back; afterwards it stays at nothing. */
export interface HeldResponse extends Disposable {
  /** Counts this many bytes in place of those before. @throws GenerationError TOO_MANY_RESPONSE_BYTES, and the bytes before stay counted */
  resize(bytes: number): void;
  /** The response was written: from now on it waits for its reader. */
  sent(): void;
}
