/** Few futures are enough for long lines, where luck evens out; with more, a long line would take long to look at. */
const FEW = 4;
const MANY = 16;
const LONG_LINE = 128;
/** Runs this far apart share their luck. */
const PERIOD = 128;

/**
 * How many futures to play out, and how lucky each run is in each of them. Every run meets every degree of luck once (a Latin square of a kind), so few
 * futures show how things spread; and the same question gets the same answer.
 */
class Scenarios {
  readonly #orders: readonly (readonly number[])[];
  readonly count: number;

  constructor(count: number) {
    this.count = count;
    this.#orders = Array.from({ length: PERIOD }, (_, seed) => shuffled(count, seed + 1));
  }

  /** The share of runs that need less than this one, above 0 and below 1. */
  share(scenario: number, run: number): number {
    return ((this.#orders[run % PERIOD]?.[scenario] ?? 0) + 0.5) / this.count;
  }

  /** That share of the values, one for each future, is below. */
  quantile(values: readonly number[], share: number): number {
    return values.toSorted((a, b) => a - b)[Math.round(share * (this.count - 1))] ?? 0;
  }
}

const few = new Scenarios(FEW);
const many = new Scenarios(MANY);

/** Those to look at so many runs with. */
export function scenariosFor(runs: number): Scenarios {
  return runs > LONG_LINE ? few : many;
}

/** 0 to count - 1 in an order that looks random and is always the same (xorshift). */
function shuffled(count: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  let state = Math.imul(seed, 0x9e3779b1);
  for (let last = count - 1; last > 0; last--) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const other = (state >>> 0) % (last + 1);
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}
