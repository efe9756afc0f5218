/** The part of a shared budget that one call holds. */
export interface Share {
  /** The object by which the budget finds the share, such as the stream of the call. */
  readonly holder: object;
  /** The connection of the call. */
  readonly connection: object;
  /** The size of the share: bytes, or 1 in a budget of calls. Only the budget sets it. */
  amount: number;
  /** Ends the call to make room for others. The call has lost its share already. */
  readonly evict: () => void;
}

/**
 * Chooses the share that makes room, or undefined if none may.
 * @param largest the shares of the connection that holds the most, or of several that hold equally much, oldest first
 */
export type ChooseVictim<OneShare extends Share> = (largest: Iterable<OneShare>) => OneShare | undefined;

/**
 * A bounded total that all connections share, such as the bytes of all request bodies. Beyond the bound, the connection that holds the most gives way:
 * its calls lose their shares until the total fits. One connection thus cannot take the room of all others, however much it asks for.
 */
export class SharedBudget<OneShare extends Share> {
  readonly #max: number;
  /** The shares, oldest first. */
  readonly #shares = new Map<object, OneShare>();
  /** The amounts that count toward no connection, by holder. */
  readonly #settled = new Map<object, number>();
  readonly #sums = new Map<object, number>();
  #total = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** The total of all shares. */
  get total(): number {
    return this.#total;
  }

  /** Returns the share of a holder, unless it is settled or released. */
  get(holder: object): OneShare | undefined {
    return this.#shares.get(holder);
  }

  /** Adds a share, or sets the amount of one, even beyond the bound. */
  hold(share: OneShare, amount: number): void {
    const heldBefore = this.#shares.get(share.holder)?.amount ?? 0;
    this.#shares.set(share.holder, share);
    share.amount = amount;
    this.#total += amount - heldBefore;
    this.#addTo(share.connection, amount - heldBefore);
  }

  /** Adds a share, or sets the amount of one, and makes room for it. Returns false, with the share as it was before, if there is no room. */
  tryHold(share: OneShare, amount: number, choose: ChooseVictim<OneShare>): boolean {
    const heldBefore = this.#shares.get(share.holder)?.amount;
    this.hold(share, amount);
    if (this.makeRoom(choose)) return true;
    if (heldBefore === undefined) this.release(share.holder);
    else this.hold(share, heldBefore);
    return false;
  }

  /** Takes shares from the connection that holds the most until the total is within the bound. Returns false if that is impossible. */
  makeRoom(choose: ChooseVictim<OneShare>): boolean {
    while (this.#total > this.#max) {
      const victim = choose(this.#largest());
      if (victim === undefined) return false;
      this.release(victim.holder);
      victim.evict();
    }
    return true;
  }

  /** Whether no connection holds more than this one. */
  holdsMost(connection: object): boolean {
    return this.#sumOf(connection) === this.#most();
  }

  /** Counts a share only toward the total from now on, so that it cannot be taken. */
  settle(holder: object): void {
    const share = this.#shares.get(holder);
    if (share === undefined) return;
    this.#shares.delete(holder);
    this.#addTo(share.connection, -share.amount);
    this.#settled.set(holder, share.amount);
  }

  /** Releases a share. It may be called twice. */
  release(holder: object): void {
    const share = this.#shares.get(holder);
    this.#total -= share?.amount ?? this.#settled.get(holder) ?? 0;
    this.#settled.delete(holder);
    if (share === undefined) return;
    this.#shares.delete(holder);
    this.#addTo(share.connection, -share.amount);
  }

  *#largest(): Iterable<OneShare> {
    const most = this.#most();
    for (const share of this.#shares.values()) if (this.#sumOf(share.connection) === most) yield share;
  }

  #most(): number {
    let most = 0;
    for (const sum of this.#sums.values()) if (sum > most) most = sum;
    return most;
  }

  #sumOf(connection: object): number {
    return this.#sums.get(connection) ?? 0;
  }

  #addTo(connection: object, amount: number): void {
    const sum = this.#sumOf(connection) + amount;
    if (sum > 0) this.#sums.set(connection, sum);
    else this.#sums.delete(connection);
  }
}
