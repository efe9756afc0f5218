import type { ConnectionAccount } from "./connection-account.js";

/** A body that takes memory. */
export interface BodyHolder {
  readonly account: ConnectionAccount;
  /** Ends the call to make room for others. Called while its message is not whole. */
  readonly evict: () => void;
}

interface Held extends BodyHolder {
  bytes: number;
  isPending: boolean;
}

/**
 * The memory of all request bodies, by their streams: of those that are coming, and of messages that came and are not read in yet. Where it runs
 * short, the largest unfinished body of the connection that holds the most of them goes.
 */
export class RequestBytes {
  readonly maxBytes: number;
  readonly #held = new Map<object, Held>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** What they take now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Sets what an unfinished body holds. False: there is no room for it, and nothing has changed. */
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

  /** The message is whole: its bytes count on, and nothing ends it to make room. */
  settle(stream: object): void {
    const held = this.#held.get(stream);
    if (held?.isPending !== true) return;
    held.isPending = false;
    held.account.pendingBytes -= held.bytes;
  }

  /** The bytes are let go. A second call changes nothing. */
  release(stream: object): void {
    const held = this.#held.get(stream);
    if (held === undefined) return;
    this.#held.delete(stream);
    this.#bytes -= held.bytes;
    if (held.isPending) held.account.pendingBytes -= held.bytes;
  }

  /** The unfinished body that has to go before `asking`; undefined: `asking` is the largest itself, or alone. */
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
