import { type Share, SharedBudget } from "../connection/shared-budget.js";

/** The owner of a request body. */
export type BodyOwner = Pick<Share, "connection" | "evict">;

/**
 * Counts the memory of all request bodies by stream: of incomplete bodies, and of complete messages that are not decoded yet. If memory runs short,
 * the connection with the most bytes of incomplete bodies loses the largest of them, or the body that grows is refused.
 */
export class RequestBytes {
  readonly maxBytes: number;
  readonly #bodies: SharedBudget<Share>;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.#bodies = new SharedBudget(maxBytes);
  }

  /** The bytes that all bodies hold now. */
  get bytes(): number {
    return this.#bodies.total;
  }

  /** Sets the size of an incomplete body. Returns false, without a change, if there is no room. */
  hold(stream: object, { connection, evict }: BodyOwner, bytes: number): boolean {
    const body = this.#bodies.get(stream) ?? { holder: stream, connection, evict, amount: 0 };
    return this.#bodies.tryHold(body, bytes, (largest) => this.#largestBut(body, largest));
  }

  /** Marks a body as complete. Its bytes still count, but it cannot lose its room. */
  settle(stream: object): void {
    this.#bodies.settle(stream);
  }

  /** Releases the bytes of a body. It may be called twice. */
  release(stream: object): void {
    this.#bodies.release(stream);
  }

  /** The largest body, or undefined if that is the growing one. The other bodies of the same connection never give way to it. */
  #largestBut(growing: Share, bodies: Iterable<Share>): Share | undefined {
    let largest = this.#bodies.holdsMost(growing.connection) ? growing : undefined;
    for (const body of bodies) {
      if (body.connection === growing.connection) continue;
      if (largest === undefined || body.amount > largest.amount) largest = body;
    }
    return largest === growing ? undefined : largest;
  }
}
