/** The median of the latest values: what a step takes on a busy machine is now and then several times what it takes, and a mean believes that. */
export class RecentMedian {
  readonly #capacity: number;
  readonly #values: number[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get count(): number {
    return this.#values.length;
  }

  /** undefined while there is no value. */
  get value(): number | undefined {
    const sorted = this.#values.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  }

  push(value: number): void {
    this.#values.push(value);
    if (this.#values.length > this.#capacity) this.#values.shift();
  }

  clear(): void {
    this.#values.length = 0;
  }
}
