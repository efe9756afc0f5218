import { median } from "./median.js";

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
    return median(this.#values);
  }

  push(value: number): void {
    this.#values.push(value);
    if (this.#values.length > this.#capacity) this.#values.shift();
  }

  clear(): void {
    this.#values.length = 0;
  }
}
