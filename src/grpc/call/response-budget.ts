import { GenerationError } from "../../core/generation-error.js";
import type { Clock } from "../../sync/clock.js";

/** Responses up to this size are counted and never refused, so that health and cancels still work. `max-calls` bounds their number. */
const SMALL_RESPONSE_BYTES = 16 * 1024;

/** A response that was sent this long ago has a reader that does not take it. */
const UNREAD_AFTER_MS = 1_000;

/** The call of a response. */
export interface ResponseOwner {
  /** The connection of the call. */
  readonly connection: object;
  /** Ends the call, whose response nobody takes, to make room for others. */
  readonly evict: () => void;
}

interface CountedResponse extends ResponseOwner {
  bytes: number;
  /** The time at which the response was sent, or undefined while it is being created. */
  sentMs: number | undefined;
}

/**
 * Bounds the bytes of all unary responses that are being created or wait for their readers. At the bound, the connection that holds the most yields:
 * its oldest unread response ends, or the new one is refused if it would make its own connection the largest. One per process.
 */
export class ResponseBudget {
  readonly #maxBytes: number;
  readonly #clock: Clock;
  /** The responses, oldest first. */
  readonly #responses = new Set<CountedResponse>();
  #bytes = 0;

  constructor(maxBytes: number, clock: Clock) {
    this.#maxBytes = maxBytes;
    this.#clock = clock;
  }

  /** The bytes held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Counts bytes until they are disposed.
   * @throws GenerationError TOO_MANY_RESPONSE_BYTES
   */
  hold(bytes: number, owner: ResponseOwner): HeldResponse {
    const held: CountedResponse = { ...owner, bytes: 0, sentMs: undefined };
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

  #resize(held: CountedResponse, wanted: number): void {
    const more = wanted - held.bytes;
    if (more > 0 && wanted > SMALL_RESPONSE_BYTES) this.#makeRoom(held, more);
    this.#bytes += more;
    held.bytes = wanted;
  }

  #release(held: CountedResponse): void {
    if (this.#responses.delete(held)) this.#bytes -= held.bytes;
  }

  #makeRoom(held: CountedResponse, more: number): void {
    while (this.#bytes + more > this.#maxBytes) {
      const victim = this.#oldestUnread(held, more);
      if (victim === undefined) throw this.#refusal();
      this.#release(victim);
      victim.evict();
    }
  }

  /** The oldest unread response of the connection that holds the most, or undefined if there is none or if that would be the asking connection. */
  #oldestUnread(asking: CountedResponse, more: number): CountedResponse | undefined {
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
    const text = `responses that wait for their readers take ${this.#bytes} bytes; with this one they would exceed ${this.#maxBytes}`;
    return new GenerationError("TOO_MANY_RESPONSE_BYTES", text, {
      facts: { response_bytes: String(this.#bytes), max_total_response_bytes: String(this.#maxBytes) },
    });
  }
}

/** The bytes of one response. Disposing it releases them for good. */
export interface HeldResponse extends Disposable {
  /**
   * Replaces the counted bytes.
   * @throws GenerationError TOO_MANY_RESPONSE_BYTES, and the old bytes stay counted
   */
  resize(bytes: number): void;
  /** Marks the response as sent. From now on it waits for its reader. */
  sent(): void;
}
