import { isBefore, type TenantTurn } from "./tenant-flow.js";

/** Holds turns with the first of them on top: a binary heap in the order of service. */
export class TurnHeap<T extends TenantTurn> {
  readonly #turns: T[] = [];

  get first(): T | undefined {
    return this.#turns[0];
  }

  add(turn: T): void {
    let index = this.#turns.push(turn) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfBefore(index, parent)) return;
      index = parent;
    }
  }

  /** Removes the first turn. */
  removeFirst(): void {
    const last = this.#turns.pop();
    if (last === undefined || this.#turns.length === 0) return;
    this.#turns[0] = last;
    this.sinkFirst();
  }

  /** Restores the order after the first turn was moved back. */
  sinkFirst(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const [leftTurn, rightTurn] = [this.#turns[left], this.#turns[left + 1]];
      if (leftTurn === undefined) return;
      const child = rightTurn !== undefined && isBefore(rightTurn, leftTurn) ? left + 1 : left;
      if (!this.#swapIfBefore(child, index)) return;
      index = child;
    }
  }

  #swapIfBefore(lower: number, upper: number): boolean {
    const [below, above] = [this.#turns[lower], this.#turns[upper]];
    if (below === undefined || above === undefined || !isBefore(below, above)) return false;
    this.#turns[lower] = above;
    this.#turns[upper] = below;
    return true;
  }
}
