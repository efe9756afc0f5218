import type { ConnectionAccount } from "./connection-account.js";

/** The owner of a request body. */
export interface BodyHolder {
  readonly account: ConnectionAccount;
  /** Ends the call to make room for others. It is called only while the message is incomplete. */
  readonly evict: () => void;
}

interface HeldBody extends BodyHolder {
  bytes: number;
  isPending: boolean;
}

/**
 * Counts the memory of all request bodies by stream: of incomplete bodies, and of complete messages that are not decoded yet. If memory runs short,
 * the connection that holds the most loses its largest incomplete body.
 */
export class RequestBytes {
  readonly maxBytes: number;
  readonly #held = new Map<object, HeldBody>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** The bytes that all bodies hold now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Sets the size of an incomplete body. Returns false, without a change, if there is no room. */
  hold(stream: object, { account, evict }: BodyHolder, bytes: number): boolean {
    const more = bytes - (this.#held.get(stream)?.bytes ?? 0);
    while (this.#bytes + more > this.maxBytes) {
      const victim = this.#largestBut(stream, { total: account.pendingBytes + more, bytes });
      if (victim === undefined) return false;
      this.#held.get(victim)?.evict();
      this.release(victim);
    }
    this.#bytes += more;
    account.pendingBytes += more;
    this.#held.set(stream, { account, evict, bytes, isPending: true });
    return true;
  }

  /** Marks a body as complete. Its bytes still count, but it cannot lose its room. */
  settle(stream: object): void {
    const held = this.#held.get(stream);
    if (held?.isPending !== true) return;
    held.isPending = false;
    held.account.pendingBytes -= held.bytes;
  }

  /** Releases the bytes of a body. It may be called twice. */
  release(stream: object): void {
    const held = this.#held.get(stream);
    if (held === undefined) return;
    this.#held.delete(stream);
    this.#bytes -= held.bytes;
    if (held.isPending) held.account.pendingBytes -= held.bytes;
  }

  /** The incomplete body that must yield to `asking`, or undefined if `asking` is the largest itself or the only one. */
  #largestBut(asking: object, asked: { readonly total: number; readonly bytes: number }): object | undefined {
    let largest = { stream: asking, ...asked };
    for (const [stream, { account, bytes, isPending }] of this.#held) {
      if (!isPending || stream === asking) continue;
      const total = account.pendingBytes;
      if (total > largest.total || (total === largest.total && bytes > largest.bytes))
        largest = { stream, total, bytes };
    }
    return largest.stream === asking ? undefined : largest.stream;
  }
}
