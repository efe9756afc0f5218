import type { Clock } from "./clock.js";

export interface RecentMapOptions<Value> {
  readonly maxEntries: number;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly clock: Clock;
  /** Called for each entry when it is forgotten. */
  readonly onForgotten?: (key: string, value: Value) => void;
}

interface RecentEntry<Value> {
  value: Value;
  readonly addedAtMs: number;
  readonly bytes: number;
}

/**
 * A map of the entries that were added last, within bounds of number, age and size. Every addition and look-up first forgets the oldest entries
 * beyond a bound, in O(1) each. So no entry is found beyond its age, and no timer is needed.
 */
export class RecentMap<Value> {
  readonly #options: RecentMapOptions<Value>;
  readonly #entries = new Map<string, RecentEntry<Value>>();
  #bytes = 0;

  constructor(options: RecentMapOptions<Value>) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds an entry. An entry with the same key is forgotten first. */
  add(key: string, value: Value, bytes: number): void {
    this.#forget(key);
    this.#entries.set(key, { value, addedAtMs: this.#options.clock.nowMs(), bytes });
    this.#bytes += bytes;
    this.#forgetOld();
  }

  /** Replaces the value of a key, whose age stays. Does nothing if the map has no such key. */
  replace(key: string, value: Value): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.value = value;
  }

  find(key: string): Value | undefined {
    this.#forgetOld();
    return this.#entries.get(key)?.value;
  }

  #forgetOld(): void {
    const { maxEntries, maxAgeMs, maxBytes, clock } = this.#options;
    const oldestMs = clock.nowMs() - maxAgeMs;
    for (const [key, { addedAtMs }] of this.#entries) {
      if (addedAtMs > oldestMs && this.#entries.size <= maxEntries && this.#bytes <= maxBytes) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    this.#options.onForgotten?.(key, entry.value);
  }
}
