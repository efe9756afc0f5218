import { type Automaton, DEAD, mergeClasses } from "./automaton.js";

/** The least automaton that accepts the same texts. Its states are numbered in the order in which a text may meet them. */
export function minimize(automaton: Automaton): Automaton {
  const trimmed = withoutDeadStates(automaton);
  const merged = mergeClasses(trimmed);
  const width = merged.alphabet.classes.length;
  const blockOf = equivalentStates(merged);
  const order: number[] = [0];
  const numberOf = new Map([[blockOf[0] ?? 0, 0]]);
  const next: number[] = [];
  for (const state of order) {
    for (let index = 0; index < width; index += 1) {
      const to = merged.next[state * width + index] ?? DEAD;
      if (to === DEAD) {
        next.push(DEAD);
        continue;
      }
      const block = blockOf[to] ?? 0;
      let target = numberOf.get(block);
      if (target === undefined) {
        target = order.length;
        numberOf.set(block, target);
        order.push(to);
      }
      next.push(target);
    }
  }
  return {
    alphabet: merged.alphabet,
    next: Int32Array.from(next),
    accepts: order.map((state) => merged.accepts[state] ?? false),
  };
}

/** The automaton in which each transition to a state that leads to no end is dead. */
function withoutDeadStates({ alphabet, next, accepts }: Automaton): Automaton {
  const width = alphabet.classes.length;
  const from = new Map<number, Set<number>>();
  for (let index = 0; index < next.length; index += 1) {
    const to = next[index] ?? DEAD;
    if (to === DEAD) continue;
    const states = from.get(to) ?? new Set<number>();
    from.set(to, states.add(Math.floor(index / width)));
  }
  const due = accepts.flatMap((accepted, state) => (accepted ? [state] : []));
  const alive = new Set(due);
  for (let state = due.pop(); state !== undefined; state = due.pop()) {
    for (const before of from.get(state) ?? []) {
      if (alive.has(before)) continue;
      alive.add(before);
      due.push(before);
    }
  }
  return { alphabet, next: next.map((to) => (alive.has(to) ? to : DEAD)), accepts };
}

/** The number of each state's class of equivalent states, by Hopcroft's algorithm. */
function equivalentStates({ alphabet, next, accepts }: Automaton): Int32Array {
  const width = alphabet.classes.length;
  // The dead state is a state like any other here.
  const count = accepts.length + 1;
  const dead = accepts.length;
  const sources = Array.from({ length: width }, (_, index) => sourcesOf(index));
  const partition = new Partition(count);
  for (let state = 0; state < count; state += 1) if (accepts[state] === true) partition.mark(state);
  const due: [block: number, symbol: number][] = [];
  const isDue = new Set<number>();
  const enqueue = (block: number, symbol: number): void => {
    isDue.add(block * width + symbol);
    due.push([block, symbol]);
  };
  partition.split(() => undefined);
  const smaller = partition.blocks === 1 || partition.sizeOf(0) <= partition.sizeOf(1) ? 0 : 1;
  for (let symbol = 0; symbol < width; symbol += 1) enqueue(smaller, symbol);
  for (let work = due.pop(); work !== undefined; work = due.pop()) {
    const [block, symbol] = work;
    isDue.delete(block * width + symbol);
    const { starts, states } = sources[symbol] ?? { starts: new Int32Array(0), states: new Int32Array(0) };
    for (const state of partition.members(block)) {
      for (let at = starts[state] ?? 0; at < (starts[state + 1] ?? 0); at += 1) partition.mark(states[at] ?? 0);
    }
    partition.split((old, created) => {
      const least = partition.sizeOf(old) <= partition.sizeOf(created) ? old : created;
      for (let other = 0; other < width; other += 1) enqueue(isDue.has(old * width + other) ? created : least, other);
    });
  }
  return partition.blockOf;

  /** The states before each state under one class of characters, one state's after the other's. */
  function sourcesOf(symbol: number): { starts: Int32Array; states: Int32Array } {
    const target = (state: number): number => {
      const to = state === dead ? DEAD : (next[state * width + symbol] ?? DEAD);
      return to === DEAD ? dead : to;
    };
    const starts = new Int32Array(count + 1);
    for (let state = 0; state < count; state += 1) starts[target(state) + 1] = (starts[target(state) + 1] ?? 0) + 1;
    for (let state = 0; state < count; state += 1) starts[state + 1] = (starts[state + 1] ?? 0) + (starts[state] ?? 0);
    const states = new Int32Array(count);
    const filled = starts.slice();
    for (let state = 0; state < count; state += 1) {
      const to = target(state);
      const at = filled[to] ?? 0;
      states[at] = state;
      filled[to] = at + 1;
    }
    return { starts, states };
  }
}

/** A partition of the numbers below a bound that is only refined. The members of a block stand beside each other, the marked ones first. */
class Partition {
  readonly blockOf: Int32Array;
  readonly #members: Int32Array;
  readonly #placeOf: Int32Array;
  readonly #firstOf: number[] = [0];
  readonly #endOf: number[];
  readonly #markedOf: number[] = [0];
  #touched: number[] = [];

  constructor(count: number) {
    this.blockOf = new Int32Array(count);
    this.#members = Int32Array.from({ length: count }, (_, index) => index);
    this.#placeOf = this.#members.slice();
    this.#endOf = [count];
  }

  get blocks(): number {
    return this.#firstOf.length;
  }

  sizeOf(block: number): number {
    return (this.#endOf[block] ?? 0) - (this.#firstOf[block] ?? 0);
  }

  members(block: number): Int32Array {
    return this.#members.slice(this.#firstOf[block], this.#endOf[block]);
  }

  mark(member: number): void {
    const block = this.blockOf[member] ?? 0;
    const marked = this.#markedOf[block] ?? 0;
    const place = this.#placeOf[member] ?? 0;
    const target = (this.#firstOf[block] ?? 0) + marked;
    if (place < target) return;
    if (marked === 0) this.#touched.push(block);
    const other = this.#members[target] ?? 0;
    this.#members[target] = member;
    this.#members[place] = other;
    this.#placeOf[member] = target;
    this.#placeOf[other] = place;
    this.#markedOf[block] = marked + 1;
  }

  /** Makes blocks of the marked members of each block, and unmarks them. */
  split(onSplit: (old: number, created: number) => void): void {
    const touched = this.#touched;
    this.#touched = [];
    for (const block of touched) {
      const marked = this.#markedOf[block] ?? 0;
      this.#markedOf[block] = 0;
      if (marked === this.sizeOf(block)) continue;
      const first = this.#firstOf[block] ?? 0;
      const created = this.#firstOf.length;
      this.#firstOf.push(first);
      this.#endOf.push(first + marked);
      this.#markedOf.push(0);
      this.#firstOf[block] = first + marked;
      for (let at = first; at < first + marked; at += 1) this.blockOf[this.#members[at] ?? 0] = created;
      onSplit(block, created);
    }
  }
}
