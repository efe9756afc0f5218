import { GenerationError } from "../../core/generation-error.js";
import type { Clock } from "../../sync/clock.js";
import { type Share, SharedBudget } from "../connection/shared-budget.js";

/** The share of a tenant's calls that is reserved for its connections below their equal share. */
const RESERVED_SHARE = 1 / 4;
/** A tenant gets a further call or stream while it has no more than this many for each that stays free. */
const TAKEN_PER_FREE = 3;

/** The tenant and the connection that a call counts toward. */
export interface CallOwner {
  readonly connection: object;
  /** "" where the server knows no tenants. */
  readonly tenant: string;
}

/** The open calls of a tenant. */
interface TenantCalls {
  open: number;
  /** The open calls on each connection that has any. */
  readonly onConnections: Map<object, number>;
}

/**
 * Bounds the number of open calls in the process. A tenant may have three times the calls that it leaves free, so that alone it has three quarters of
 * all, and each further tenant finds some free. Calls without a tenant may take all. Of what a tenant may have, a single connection may take everything,
 * but the last quarter goes only to connections with less than their equal share.
 */
export class CallLimit {
  readonly #maxCalls: number;
  /** The tenants with open calls. */
  readonly #tenants = new Map<string, TenantCalls>();
  #open = 0;

  constructor(maxCalls: number) {
    this.#maxCalls = maxCalls;
  }

  /** The number of open calls. */
  get open(): number {
    return this.#open;
  }

  /** Counts a call, which `leave` ends, or returns the refusal. */
  tryEnter({ connection, tenant }: CallOwner): GenerationError | undefined {
    const known = this.#tenants.get(tenant);
    const { open, onConnections } = known ?? { open: 0, onConnections: new Map<object, number>() };
    const room = this.#roomOf(tenant, open);
    const mostOfTenant = open + room;
    const calls = onConnections.get(connection) ?? 0;
    const others = onConnections.size - (calls > 0 ? 1 : 0);
    const isShort = room <= mostOfTenant * RESERVED_SHARE;
    if (room <= 0 || (isShort && calls >= mostOfTenant / (others + 1))) return this.#refusal(room);
    this.#open += 1;
    this.#tenants.set(tenant, { open: open + 1, onConnections: onConnections.set(connection, calls + 1) });
    return undefined;
  }

  leave({ connection, tenant }: CallOwner): void {
    const known = this.#tenants.get(tenant);
    if (known === undefined) return;
    this.#open -= 1;
    known.open -= 1;
    const calls = (known.onConnections.get(connection) ?? 0) - 1;
    if (calls > 0) known.onConnections.set(connection, calls);
    else known.onConnections.delete(connection);
    if (known.open === 0) this.#tenants.delete(tenant);
  }

  /** The calls that a tenant with `open` calls may have besides them. */
  #roomOf(tenant: string, open: number): number {
    return roomOf({ tenant, taken: open, free: this.#maxCalls - this.#open });
  }

  #refusal(room: number): GenerationError {
    let text = `the server has few free calls, and this connection has its equal share of ${this.#maxCalls}`;
    if (this.#open >= this.#maxCalls) text = `the server has ${this.#maxCalls} open calls, which is its limit`;
    else if (room <= 0) text = `the server has few free calls, and this tenant has its share of ${this.#maxCalls}`;
    return new GenerationError("TOO_MANY_CALLS", text, {
      retryAfterMs: 1_000,
      facts: { max_calls: String(this.#maxCalls) },
    });
  }
}

/** Returns how much a tenant may take besides what it has taken, where `free` are left. Without a tenant it may take everything. */
function roomOf({ tenant, taken, free }: { tenant: string; taken: number; free: number }): number {
  if (tenant === "") return free;
  const room = Math.max(0, Math.floor((TAKEN_PER_FREE * free - taken) / (TAKEN_PER_FREE + 1)));
  return taken === 0 && free > 0 ? Math.max(1, room) : room;
}

/** Bounds the number of concurrent streams that have no end of their own. A tenant may have three times the streams that it leaves free. */
export class WatcherLimit {
  readonly #max: number;
  readonly #what: string;
  readonly #takenBy = new Map<string, number>();
  #taken = 0;

  /** @param what the name of the streams, for the refusal */
  constructor(max: number, what: string) {
    this.#max = max;
    this.#what = what;
  }

  /**
   * Counts a stream until the result is disposed.
   * @param tenant the tenant of the stream, or "" where there is none
   * @throws GenerationError TOO_MANY_WATCHERS
   */
  take(tenant: string): Disposable {
    const taken = this.#takenBy.get(tenant) ?? 0;
    if (roomOf({ tenant, taken, free: this.#max - this.#taken }) <= 0) throw this.#refusal();
    this.#taken++;
    this.#takenBy.set(tenant, taken + 1);
    return { [Symbol.dispose]: () => this.#giveBack(tenant) };
  }

  #giveBack(tenant: string): void {
    this.#taken--;
    const left = (this.#takenBy.get(tenant) ?? 0) - 1;
    if (left > 0) this.#takenBy.set(tenant, left);
    else this.#takenBy.delete(tenant);
  }

  #refusal(): GenerationError {
    const text =
      this.#taken >= this.#max
        ? `the server has ${this.#max} ${this.#what}, which is its limit`
        : `the tenant has its share of the server's ${this.#max} ${this.#what}`;
    return new GenerationError("TOO_MANY_WATCHERS", text, { facts: { max_watchers: String(this.#max) } });
  }
}

/** Responses up to this size are counted and never refused, so that health and cancels still work. `max-calls` bounds their number. */
const SMALL_RESPONSE_BYTES = 16 * 1024;
/** A response that was sent this long ago has a reader that does not take it. */
const UNREAD_AFTER_MS = 1_000;

/** The call whose request or response takes the bytes. */
type ByteOwner = Pick<Share, "connection" | "evict">;

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
  hold(stream: object, { connection, evict }: ByteOwner, bytes: number): boolean {
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

interface CountedResponse extends Share {
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
  readonly #responses: SharedBudget<CountedResponse>;

  constructor(maxBytes: number, clock: Clock) {
    this.#maxBytes = maxBytes;
    this.#clock = clock;
    this.#responses = new SharedBudget(maxBytes);
  }

  /** The bytes held now. */
  get bytes(): number {
    return this.#responses.total;
  }

  /**
   * Counts bytes until they are disposed.
   * @throws GenerationError TOO_MANY_RESPONSE_BYTES
   */
  hold(bytes: number, owner: ByteOwner): HeldResponse {
    const { connection, evict } = owner;
    const held: CountedResponse = { holder: owner, connection, evict, amount: 0, sentMs: undefined };
    this.#resize(held, bytes);
    return {
      resize: (wanted) => {
        if (this.#responses.get(owner) !== undefined) this.#resize(held, wanted);
      },
      sent: () => {
        held.sentMs = this.#clock.nowMs();
      },
      [Symbol.dispose]: () => this.#responses.release(owner),
    };
  }

  #resize(held: CountedResponse, wanted: number): void {
    if (wanted <= held.amount || wanted <= SMALL_RESPONSE_BYTES) this.#responses.hold(held, wanted);
    else if (!this.#responses.tryHold(held, wanted, (largest) => this.#oldestUnread(held, largest)))
      throw this.#refusal();
  }

  /** The oldest unread response of the connection that holds the most, or undefined if there is none or if that is the asking connection. */
  #oldestUnread(asking: CountedResponse, largest: Iterable<CountedResponse>): CountedResponse | undefined {
    if (this.#responses.holdsMost(asking.connection)) return undefined;
    const sentBeforeMs = this.#clock.nowMs() - UNREAD_AFTER_MS;
    let connection: object | undefined;
    for (const held of largest) {
      connection ??= held.connection;
      if (held.connection === connection && held.sentMs !== undefined && held.sentMs <= sentBeforeMs) return held;
    }
    return undefined;
  }

  #refusal(): GenerationError {
    const text = `responses that wait for their readers take ${this.bytes} bytes; with this one they would exceed ${this.#maxBytes}`;
    return new GenerationError("TOO_MANY_RESPONSE_BYTES", text, {
      facts: { response_bytes: String(this.bytes), max_total_response_bytes: String(this.#maxBytes) },
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
